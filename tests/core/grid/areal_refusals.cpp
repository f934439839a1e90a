#include "tests/core/grid/areal_refusals.h"

#include "core/grid/factors.h"
#include "core/grid/fake_grid.h"
#include "core/grid/group_registry.h"
#include "core/grid/named_topology.h"
#include "core/grid/parallel_grid.h"

namespace gridlock::testing {
namespace {

const ProcessTopology kCube = pipe_data_tensor({2, 2, 2});

using Sizes = std::vector<std::int64_t>;

Json world_size_of(std::vector<std::string> axes, const Sizes& sizes) {
  return answer_or_refusal([&] { return ProcessTopology(std::move(axes), sizes).world_size(); });
}

Json rank_at(const std::vector<AxisIndex>& coordinate) {
  return answer_or_refusal([&] { return kCube.get_rank(coordinate); });
}

Json filtered(const std::vector<AxisIndex>& filter) {
  return answer_or_refusal([&] { return kCube.filter_match(filter).to_vector(); });
}

ParallelGrid grid_on(const RankMapping& mapping, RankId world_size, RankId rank) {
  return {std::make_shared<const Plan>(GridSpec{kCube, areal_recipe(), mapping}, world_size), rank};
}

// A mapping of the cube by pairs; the answer is the number of requests of the grid that it makes.
Json requests_with(const std::vector<RankMapping::Entry>& entries) {
  return answer_or_refusal(
      [&] { return grid_on(RankMapping::entries(8, entries), 8, 0).plan().request_count(); });
}

std::vector<RankMapping::Entry> identity_entries(RankId count) {
  std::vector<RankMapping::Entry> entries;
  for (RankId rank = 0; rank < count; ++rank) entries.push_back({rank, rank});
  return entries;
}

std::vector<RankMapping::Entry> both_on_six() {
  std::vector<RankMapping::Entry> entries = identity_entries(8);
  entries[7].world_rank = 6;
  return entries;
}

Json pipe_pairs_with_list() {
  Json pairs = Json::array();
  const ParallelGrid grid = grid_on(RankMapping::list({0, 1, 2, 3, 4, 5, 6, 7}), 8, 0);
  for (RankId rank = 0; rank < 8; ++rank)
    pairs.push_back({grid.p2p_group(rank).rank, grid.p2p_group(rank).next});
  return pairs;
}

Json same_group_in_any_order() {
  GroupRegistry registry;
  const std::vector<RankId> one_order{3, 1, 2};
  const std::vector<RankId> other_order{2, 3, 1};
  const Members first = Members::checked(one_order, 8, "ranks");
  const auto made = registry.new_or_get_group(first, BackendKind::nccl);
  const auto found = registry.new_or_get_group(Members::checked(other_order, 8, "ranks"), BackendKind::nccl);
  return {made.creation == found.creation, first.to_vector(), registry.creation_count()};
}

Json group_of(const std::vector<RankId>& ranks) {
  return answer_or_refusal([&] { return Members::checked(ranks, 8, "ranks").to_vector(); });
}

template <typename Read>
Json fake(RankId rank, Read&& read) {
  return answer_or_refusal([&] { return read(FakeGrid(rank, kCube)); });
}

void add_topology_cases(std::map<std::string, EdgeCase>& cases) {
  cases["axes-unregistered"] = {world_size_of({"x", "y"}, {2, 3}), "axes", 6};
  cases["axes-model"] = {world_size_of({"pipe", "data", "model"}, {2, 2, 2}), "axes", 8};
  cases["axes-pipe-data"] = {world_size_of({"pipe", "data"}, {2, 2}), "axes", 4};
  cases["dims-short"] = {world_size_of({"pipe", "data", "tensor"}, {2, 2}), ""};
  cases["dims-long"] = {world_size_of({"pipe", "data", "tensor"}, {2, 2, 2, 2}), "dims-unchecked",
                        "!every axis needs one size: 3 axes, 4 sizes"};
  const std::string zero = "!the size of axis 'data' must be 1 or more, got 0";
  cases["dims-zero"] = {world_size_of({"pipe", "data", "tensor"}, {2, 0, 2}), "dims-unchecked", zero};
  cases["dims-zero-grid"] = {world_size_of({"pipe", "data", "tensor"}, {2, 0, 2}), ""};
  cases["dims-negative"] = {world_size_of({"pipe", "data", "tensor"}, {2, -1, 2}), "dims-unchecked",
                            "!the size of axis 'data' must be 1 or more, got -1"};
  const auto hashes_like = [](const ProcessTopology& other) { return kCube.hash() == other.hash(); };
  cases["hash-topology"] = {Json(std::vector<bool>{hashes_like(pipe_data_tensor({2, 2, 2})),
                                                   hashes_like(data_pipe_tensor({2, 2, 2}))}),
                            "topology-eq", Json(std::vector<bool>{true, false})};
  cases["eq-other-axis-order"] = {kCube == data_pipe_tensor({2, 2, 2}), "topology-eq", false};
  cases["eq-swapped-dims"] = {pipe_data_tensor({2, 3, 1}) == data_pipe_tensor({3, 2, 1}), "topology-eq",
                              false};
  TopologyOptions sequence_parallel;
  sequence_parallel.sequence_parallel = true;
  cases["eq-other-flags"] = {kCube == pipe_data_tensor({2, 2, 2}, sequence_parallel), ""};
  cases["coord-eq"] = {kCube.get_coord(2) == data_pipe_tensor({2, 2, 2}).get_coord(2), ""};
}

void add_query_cases(std::map<std::string, EdgeCase>& cases) {
  cases["get_rank-partial"] = {rank_at({{"pipe", 0}, {"data", 0}}), ""};
  cases["get_rank-badname"] = {rank_at({{"pipe", 0}, {"data", 0}, {"model", 0}}), ""};
  cases["get_rank-range"] = {rank_at({{"pipe", 2}, {"data", 0}, {"tensor", 0}}), ""};
  cases["get_rank-negative"] = {rank_at({{"pipe", -1}, {"data", 0}, {"tensor", 0}}), ""};
  cases["get_coord-range"] = {answer_or_refusal([] { return kCube.get_coord(8); }), ""};
  cases["get_coord-negative"] = {answer_or_refusal([] { return kCube.get_coord(-1); }), ""};
  cases["get_dim-unknown"] = {kCube.get_dim("model"), ""};
  cases["get_axis_comm_lists-unknown"] = {lists_of(kCube.get_axis_comm_lists("jeff")), ""};
  cases["get_axis_list-unknown"] = {
      answer_or_refusal([] { return kCube.get_axis_list("jeff", 0).to_vector(); }), ""};
  cases["get_axis_list-range"] = {kCube.get_axis_list("pipe", 2).to_vector(), ""};
  cases["filter_match-unknown"] = {filtered({{"jeff", 0}}), ""};
  cases["filter_match-empty"] = {filtered({}), ""};
  cases["filter_match-range"] = {filtered({{"pipe", 9}}), ""};
  RankReprStyle omit_all;
  omit_all.omit_axes = kCube.get_axis_names();
  cases["get_rank_repr-range"] = {answer_or_refusal([] { return kCube.get_rank_repr(8); }), ""};
  cases["get_rank_repr-range-omit-all"] = {
      answer_or_refusal([&] { return kCube.get_rank_repr(99, omit_all); }), "rank-repr",
      "!rank 99 is not in the topology, whose ranks are 0 to 7"};
}

void add_grid_cases(std::map<std::string, EdgeCase>& cases) {
  cases["map-missing-key"] = {requests_with(identity_entries(7)), "map-unchecked",
                              "!the mapping of a model of 8 ranks lacks key 7"};
  cases["map-extra-key"] = {requests_with(identity_entries(9)), "map-unchecked",
                            "!key 8 is not a rank of the model, whose ranks are 0 to 7"};
  cases["map-not-injective"] = {requests_with(both_on_six()), "map-unchecked",
                                "!model ranks 6 and 7 are both mapped to rank 6"};
  cases["map-list"] = {pipe_pairs_with_list(), ""};
  cases["pg-larger"] = {
      answer_or_refusal([] { return grid_on(RankMapping::identity(10), 10, 9).global_rank(); }), ""};
  cases["pg-smaller"] = {
      answer_or_refusal([] { return grid_on(RankMapping::identity(4), 4, 3).global_rank(); }), "grid-valid",
      "!the topology has 8 ranks, the mapping places 4"};
  cases["nonmember-ds_model_world_size"] = {
      grid_on(RankMapping::identity(8), 9, 8).get_model_parallel_world_size(), "nonmember-raise", 4};
  cases["p2p-mapping-lazy"] = {same_group_in_any_order(), ""};
  cases["dup-ranks"] = {group_of({1, 1}), "group-ranks-unchecked", "!rank 1 is named twice in one group"};
  cases["empty-ranks"] = {group_of({}), "group-ranks-unchecked",
                          "!a group needs at least one rank, got an empty list"};
}

void add_other_cases(std::map<std::string, EdgeCase>& cases) {
  cases["fake-range"] = {fake(8, [](const FakeGrid& grid) { return grid.rank(); }), ""};
  cases["fake-global_rank"] = {fake(5, [](const FakeGrid& grid) { return grid.global_rank(); }), "fakegrid",
                               5};
  cases["fake-topology"] = {fake(5, [](const FakeGrid& grid) { return grid.topology().to_string(); }),
                            "fakegrid", kCube.to_string()};
  // Ranks 0, 1, 4 and 5 share data index 0: rank 5 is the last of them.
  cases["fake-mp-rank"] = {fake(5, [](const FakeGrid& grid) { return grid.get_model_parallel_rank(); }),
                           "fakegrid", 3};
  cases["decompose-0"] = {answer_or_refusal([] { return decompose_to_three_factors(0); }), ""};
  cases["decompose-neg"] = {answer_or_refusal([] { return decompose_to_three_factors(-8); }), ""};
  cases["prime-0"] = {answer_or_refusal([] { return prime_factors(0); }), ""};
}

}  // namespace

std::map<std::string, EdgeCase> edge_cases() {
  std::map<std::string, EdgeCase> cases;
  add_topology_cases(cases);
  add_query_cases(cases);
  add_grid_cases(cases);
  add_other_cases(cases);
  return cases;
}

}  // namespace gridlock::testing
