#include "tests/core/mpu/mpu_grids.h"

namespace gridlock::test {
namespace {

std::shared_ptr<const Plan> plan(ProcessTopology topology, Recipe recipe, RankId offset, RankId world_size) {
  const RankId size = topology.world_size();
  return std::make_shared<const Plan>(
      GridSpec{std::move(topology), std::move(recipe), RankMapping::offset(size, offset)}, world_size);
}

ProcessTopology areal_topology(std::int64_t pipe, std::int64_t data, std::int64_t tensor) {
  return ProcessTopology({"pipe", "data", "tensor"}, {pipe, data, tensor});
}

}  // namespace

ParallelGrid areal_grid(RankId rank) {
  return ParallelGrid(plan(areal_topology(2, 2, 2), areal_recipe(), 0, 8), rank);
}

ParallelGrid deepspeed_grid(RankId rank) {
  return ParallelGrid(plan(ProcessTopology({"pipe", "data", "model"}, {2, 2, 2}), deepspeed_recipe(), 0, 8),
                      rank);
}

ParallelGrid areal_grid_at_8(RankId rank) {
  return ParallelGrid(plan(areal_topology(2, 2, 2), areal_recipe(), 8, 16), rank);
}

std::vector<ParallelGrid> areal_world(std::int64_t pipe, std::int64_t data, std::int64_t tensor,
                                      RankId offset, RankId world_size) {
  const auto shared = plan(areal_topology(pipe, data, tensor), areal_recipe(), offset, world_size);
  std::vector<ParallelGrid> grids;
  for (RankId rank = 0; rank < world_size; ++rank) grids.emplace_back(shared, rank);
  return grids;
}

}  // namespace gridlock::test
