#include "core/grid/fake_grid.h"

#include <gtest/gtest.h>

#include <functional>

#include "core/base/input_error.h"
#include "core/grid/named_topology.h"
#include "core/grid/parallel_grid.h"

namespace gridlock {
namespace {

std::string refusal(const std::function<void()>& ask) {
  try {
    ask();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(FakeGrid, it_answers_like_the_grid_of_the_same_rank) {
  const ProcessTopology topology = data_pipe_tensor({3, 2, 2});
  const auto plan =
      std::make_shared<const Plan>(GridSpec{topology, areal_recipe(), RankMapping::identity(12)}, 12);
  for (RankId rank = 0; rank < 12; ++rank) {
    const FakeGrid fake(rank, topology);
    const ParallelGrid real(plan, rank);
    EXPECT_EQ(fake.get_pipe_parallel_rank(), real.get_pipe_parallel_rank());
    EXPECT_EQ(fake.get_data_parallel_rank(), real.get_data_parallel_rank());
    EXPECT_EQ(fake.get_tensor_model_parallel_rank(), real.get_tensor_model_parallel_rank());
    EXPECT_EQ(fake.get_model_parallel_rank(), real.get_model_parallel_rank());
    EXPECT_EQ(fake.get_model_parallel_world_size(), real.get_model_parallel_world_size());
    EXPECT_EQ(fake.get_stage_id(), real.get_stage_id());
    EXPECT_EQ(fake.get_data_parallel_id(), real.get_data_parallel_id());
    EXPECT_EQ(fake.get_global_rank(), real.get_global_rank());
  }
}

TEST(FakeGrid, asking_for_any_group_is_refused) {
  const FakeGrid grid(0, pipe_data_model({2, 2, 2}));
  EXPECT_EQ(refusal([&] { grid.get_pipe_parallel_group(); }),
            "get_pipe_parallel_group: No groups in fake grid.");
  EXPECT_EQ(refusal([&] { grid.get_data_parallel_group(); }),
            "get_data_parallel_group: No groups in fake grid.");
  EXPECT_EQ(refusal([&] { grid.get_tensor_model_parallel_group(); }),
            "get_tensor_model_parallel_group: No groups in fake grid.");
}

TEST(FakeGrid, ranks_and_topologies_that_do_not_fit_are_refused) {
  EXPECT_EQ(refusal([] {
              FakeGrid(8, pipe_data_tensor({2, 2, 2}));
            }),
            "topology: rank 8 is not in the topology, whose ranks are 0 to 7");
  EXPECT_EQ(refusal([] {
              FakeGrid(0, pipe_data({2, 2, 1}));
            }),
            "topology: there is no axis 'tensor'\n  hint: known: pipe, data");
}

}  // namespace
}  // namespace gridlock
