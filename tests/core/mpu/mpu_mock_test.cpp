// The reads of the probes that no fallback chain decides, in DeepSpeed's order, and the matchers for users.

#include <gmock/gmock.h>

#include <string>

#include "core/mpu/mpu_probe.h"
#include "testing/group_matchers.h"
#include "testing/mock_mpu.h"
#include "tests/core/mpu/mpu_grids.h"

namespace gridlock {
namespace {

using testing::expect_group;
using testing::expect_guard;
using testing::expect_missing;
using testing::expect_number;
using ::testing::InSequence;
using testing::MockMpu;
using ::testing::NiceMock;
using ::testing::Not;
using ::testing::Return;
using ::testing::StrictMock;
using enum Accessor;

const MaybeGroup kGroup = MpuGroup{.members = Members::range(4, 2)};

ProbeValue run(const MockMpu& mpu, const std::string& name, ProbeCaller caller = {5, 8}) {
  for (const Probe& probe : all_probes()) {
    if (probe.name() == name) return run_probe(probe, &mpu, caller);
  }
  return ProbeError{"no probe", name};
}

TEST(MpuReads, ThePipeEngineReadsTheGridInThisOrder) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_number(mpu, get_global_rank, 5);
  expect_number(mpu, data_parallel_size, 3);
  expect_number(mpu, pipe_parallel_size, 4);
  expect_number(mpu, get_stage_id, 1);
  expect_number(mpu, model_parallel_size, 2);
  expect_group(mpu, get_model_parallel_group, kGroup);
  expect_number(mpu, data_parallel_id, 0);
  expect_guard(mpu, stage_to_global, true);
  EXPECT_CALL(mpu, stage_to_global(3, ::testing::IsEmpty())).WillOnce(Return(17));
  expect_guard(mpu, pp_group, true);
  EXPECT_CALL(mpu, attribute_pp_group()).WillOnce(Return(std::vector<RankId>{5, 17}));
  expect_group(mpu, get_pipe_parallel_group, std::nullopt);
  expect_group(mpu, get_data_parallel_group, kGroup);
  expect_number(mpu, get_data_parallel_rank, 6);
  const RankId pipeline[] = {5, 17};
  EXPECT_EQ(run(mpu, "runtime/pipe/engine.py core reads"),
            ProbeValue::list({5, 3, 4, 1, 2, kGroup, 0, 17, ProbeValue::ranks(pipeline), {}, kGroup, 6}));
}

TEST(MpuReads, TheCheckpointWriterReadsWithoutAskingAndStopsAtTheFirstMissingName) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_number(mpu, get_pipeline_model_parallel_world_size, 2);
  expect_number(mpu, get_pipeline_model_parallel_rank, 1);
  expect_number(mpu, get_tensor_model_parallel_world_size, 2);
  expect_number(mpu, get_tensor_model_parallel_rank, 1);
  expect_number(mpu, get_data_parallel_world_size, 2);
  expect_missing(mpu, get_data_parallel_group_ranks);
  EXPECT_EQ(run(mpu, "runtime/model_checkpointing/utils.py _create_model_parallel_info (same reads)"),
            ProbeValue(ProbeError{"AttributeError", "get_data_parallel_group_ranks"}));
}

TEST(MpuReads, ZeroOneAndTwoReadGroupSizeAndTensorRankUnlessTheMpuIsSequenceOnly) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, initialize_sequence_parallel, false);
  expect_group(mpu, get_model_parallel_group, kGroup);
  expect_number(mpu, get_model_parallel_world_size, 4);
  expect_guard(mpu, get_tensor_model_parallel_rank, false);
  expect_guard(mpu, get_slice_parallel_rank, true);
  expect_number(mpu, get_slice_parallel_rank, 1);
  const std::string zero = "runtime/zero/stage_1_and_2.py __init__ model-parallel group, size, rank";
  EXPECT_EQ(run(mpu, zero), ProbeValue::list({kGroup, 4, 1}));
  expect_guard(mpu, initialize_sequence_parallel, true);
  EXPECT_EQ(run(mpu, zero), ProbeValue::list({{}, 1, 0}));
}

TEST(MpuReads, TheGlobalNormAsksForThePipeGroupOnlyWithSeveralStages) {
  const std::string norm = "runtime/utils.py get_global_norm_of_tensors";
  for (std::int64_t stages : {1, 2}) {
    StrictMock<MockMpu> mpu;
    InSequence in_order;
    expect_group(mpu, get_model_parallel_group, kGroup);
    expect_guard(mpu, get_pipeline_model_parallel_world_size, false);
    expect_guard(mpu, get_pipe_parallel_world_size, true);
    expect_number(mpu, get_pipe_parallel_world_size, stages);
    if (stages > 1) expect_guard(mpu, get_pipeline_model_parallel_group, true);
    if (stages > 1) expect_group(mpu, get_pipeline_model_parallel_group, kGroup);
    const ProbeValue pipe = stages > 1 ? ProbeValue(kGroup) : ProbeValue();
    EXPECT_EQ(run(mpu, norm), ProbeValue::list({kGroup, stages, pipe}));
  }
}

TEST(MpuReads, ASequenceOnlyMpuIsNeverAskedForDataParallelism) {
  for (const char* name : {"_get_data_parallel_group", "_get_data_parallel_world_size"}) {
    StrictMock<MockMpu> mpu;
    expect_guard(mpu, initialize_sequence_parallel, true);
    EXPECT_TRUE(run(mpu, std::string("utils/groups.py ") + name).is_none()) << name;
  }
  StrictMock<MockMpu> mpu;
  expect_guard(mpu, initialize_sequence_parallel, true);
  EXPECT_EQ(run(mpu, "utils/groups.py _get_data_parallel_rank", {3, 8}), 3) << "None is the whole world";
}

TEST(MpuReads, OnlyAbsoluteRank0ReadsTheDataRankForTheSeedsLogLine) {
  const std::string seed =
      "runtime/activation_checkpointing/checkpointing.py model_parallel_cuda_manual_seed";
  for (RankId rank : {0, 5}) {
    StrictMock<MockMpu> mpu;
    InSequence in_order;
    expect_guard(mpu, get_tensor_model_parallel_rank, true);
    expect_number(mpu, get_tensor_model_parallel_rank, 1);
    if (rank == 0) expect_number(mpu, get_data_parallel_rank, 0);
    EXPECT_EQ(run(mpu, seed, {rank, 8}), 1);
  }
}

TEST(MockMpu, OffersOnlyTheNamesItIsToldTo) {
  NiceMock<MockMpu> mpu;
  mpu.offer({get_stage_id});
  ON_CALL(mpu, get_stage_id()).WillByDefault(Return(3));
  EXPECT_TRUE(mpu.has(get_stage_id));
  EXPECT_FALSE(mpu.has(get_data_parallel_group));
  EXPECT_EQ(mpu.get_stage_id(), 3);
}

TEST(GroupMatchers, TellGroupsApart) {
  const ParallelGrid grid = test::areal_grid(5);
  EXPECT_THAT(grid.get_pipe_parallel_group(), testing::IsGroupOf({1, 5}));
  EXPECT_THAT(grid.get_pipe_parallel_group(), Not(testing::IsGroupOf({1, 6})));
  EXPECT_THAT(grid.get_pipe_parallel_group(), testing::HasRankAt(5, 1));
  EXPECT_THAT(grid.get_pipe_parallel_group(), Not(testing::HasRankAt(5, 0)));
  EXPECT_THAT(grid.get_slice_parallel_group(),
              testing::IsSameGroupAs(grid.get_tensor_model_parallel_group()));
  EXPECT_THAT(grid.get_slice_parallel_group(), Not(testing::IsSameGroupAs(grid.get_pipe_parallel_group())));
  EXPECT_THAT(grid.get_data_parallel_group_gloo(), testing::RunsOn(BackendKind::gloo));
  EXPECT_THAT(grid.get_data_parallel_group(), Not(testing::RunsOn(BackendKind::gloo)));
  EXPECT_THAT(test::areal_grid_at_8(3).get_data_parallel_group(), testing::IsNoGroup());
  EXPECT_THAT(grid.get_data_parallel_group(), Not(testing::IsNoGroup()));
}

}  // namespace
}  // namespace gridlock
