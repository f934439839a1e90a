// The 13 fallback chains, in the recorded order: for every place of a chain the probe asks for exactly the
// names before it, in order, and takes the answer of that place.

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "core/mpu/mpu_probe.h"
#include "testing/mock_mpu.h"
#include "tests/core/mpu/mpu_contract.h"

namespace gridlock {
namespace {

using test::mpu_contract;
using testing::expect_group;
using testing::expect_guard;
using testing::expect_missing;
using testing::expect_number;
using ::testing::InSequence;
using testing::MockMpu;
using ::testing::StrictMock;
using enum Accessor;

const MaybeGroup kGroup = MpuGroup{.members = Members::range(4, 2)};

ProbeValue run(const MockMpu& mpu, const std::string& name) {
  for (const Probe& probe : all_probes()) {
    if (probe.name() == name) return run_probe(probe, &mpu, {5, 8});
  }
  return ProbeError{"no probe", name};
}

std::vector<Accessor> recorded_order(const std::string& value) {
  std::vector<Accessor> order;
  for (const auto& chain : mpu_contract()["fallback_chains"]) {
    if (chain["value"] != value) continue;
    for (const auto& name : chain["order"]) order.push_back(*accessor_from_name(name.get<std::string>()));
  }
  return order;
}

bool is_group(Accessor name) { return accessor_name(name).find("group") != std::string_view::npos; }

void expect_read(MockMpu& mpu, Accessor name) {
  is_group(name) ? expect_group(mpu, name, kGroup) : expect_number(mpu, name, 2);
}

struct Chain {
  const char* value;
  const char* probe;
  /// The last name is read without hasattr.
  bool last_unguarded;
  ProbeValue absent;
};

ProbeValue missing(const char* name) { return ProbeError{"AttributeError", name}; }

const Chain kChains[] = {
    {"tensor rank", "utils/bwc.py bwc_tensor_model_parallel_rank", true, missing("get_model_parallel_rank")},
    {"tensor size", "utils/bwc.py bwc_tensor_model_parallel_world_size", true,
     missing("get_model_parallel_world_size")},
    {"tensor group", "utils/bwc.py bwc_tensor_model_parallel_group", true,
     missing("get_model_parallel_group")},
    {"pipe size", "utils/bwc.py bwc_pipeline_parallel_world_size", false, 1},
    {"pipe group", "utils/bwc.py bwc_pipeline_parallel_group", false,
     ProbeError{"AssertionError", "mpu does not support pipeline parallel group"}},
};

TEST(MpuChain, EveryPlaceOfABwcChainAnswersAfterTheNamesBeforeItWereMissing) {
  for (const Chain& chain : kChains) {
    const std::vector<Accessor> order = recorded_order(chain.value);
    ASSERT_GE(order.size(), 2u) << chain.value;
    for (std::size_t place = 0; place < order.size(); ++place) {
      StrictMock<MockMpu> mpu;
      InSequence in_order;
      for (std::size_t i = 0; i < place; ++i) expect_guard(mpu, order[i], false);
      if (!(chain.last_unguarded && place + 1 == order.size())) expect_guard(mpu, order[place], true);
      expect_read(mpu, order[place]);
      const ProbeValue want = is_group(order[place]) ? ProbeValue(kGroup) : ProbeValue(2);
      EXPECT_EQ(run(mpu, chain.probe), want) << chain.value << " place " << place + 1;
    }
  }
}

TEST(MpuChain, ABwcChainWithoutAnyOfItsNamesEndsAsRecorded) {
  for (const Chain& chain : kChains) {
    StrictMock<MockMpu> mpu;
    InSequence in_order;
    for (Accessor name : recorded_order(chain.value)) expect_missing(mpu, name);
    EXPECT_EQ(run(mpu, chain.probe), chain.absent) << chain.value;
  }
}

constexpr const char* kUniversal = "runtime/base_optimizer.py universal load (same reads)";

TEST(MpuChain, UniversalLoadAsksForTheSliceSizeBeforeTheTensorSize) {
  const auto order = recorded_order("tensor size in the universal checkpoint load");
  for (bool slice : {true, false}) {
    StrictMock<MockMpu> mpu;
    InSequence in_order;
    expect_guard(mpu, get_tensor_model_parallel_rank, true);
    expect_number(mpu, get_tensor_model_parallel_rank, 1);
    expect_guard(mpu, order.at(0), slice);
    expect_number(mpu, order.at(slice ? 0 : 1), 2);
    EXPECT_EQ(run(mpu, kUniversal), ProbeValue::list({1, 2}));
  }
}

constexpr const char* kHybrid = "runtime/hybrid_engine.py container setup (same reads)";

TEST(MpuChain, HybridEngineTakesTheModelGroupFirstAndOneHasattrGatesBothReads) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, get_model_parallel_world_size, true);
  expect_number(mpu, get_model_parallel_world_size, 4);
  expect_missing(mpu, get_model_parallel_group);
  EXPECT_EQ(run(mpu, kHybrid), missing("get_model_parallel_group"));
}

TEST(MpuChain, HybridEngineFallsBackToTheTensorGroup) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, get_model_parallel_world_size, false);
  expect_number(mpu, get_tensor_model_parallel_world_size, 2);
  expect_group(mpu, get_tensor_model_parallel_group, kGroup);
  EXPECT_EQ(run(mpu, kHybrid), ProbeValue::list({2, kGroup}));
}

constexpr const char* kConfigure = "runtime/activation_checkpointing/checkpointing.py configure (same reads)";

TEST(MpuChain, ActivationCheckpointingGatesThreeReadsByTheTensorRank) {
  for (bool tensor : {true, false}) {
    StrictMock<MockMpu> mpu;
    InSequence in_order;
    expect_guard(mpu, get_tensor_model_parallel_rank, tensor);
    expect_number(mpu, tensor ? get_tensor_model_parallel_rank : get_model_parallel_rank, 1);
    expect_number(mpu, tensor ? get_tensor_model_parallel_world_size : get_model_parallel_world_size, 2);
    expect_group(mpu, tensor ? get_tensor_model_parallel_group : get_model_parallel_group, kGroup);
    EXPECT_EQ(run(mpu, kConfigure), ProbeValue::list({1, 2, kGroup}));
  }
}

TEST(MpuChain, ActivationCheckpointingFailsWhenTheGatedGroupIsMissing) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, get_tensor_model_parallel_rank, true);
  expect_number(mpu, get_tensor_model_parallel_rank, 1);
  expect_number(mpu, get_tensor_model_parallel_world_size, 2);
  expect_missing(mpu, get_tensor_model_parallel_group);
  EXPECT_EQ(run(mpu, kConfigure), missing("get_tensor_model_parallel_group"));
}

constexpr const char* kConfig = "runtime/config.py world size";

TEST(MpuChain, TheConfigDividesTheWorldByTheSequenceSizeWhenThereIsNoDataSize) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, get_data_parallel_world_size, false);
  expect_number(mpu, get_sequence_parallel_world_size, 4);
  EXPECT_EQ(run(mpu, kConfig), 2);
}

TEST(MpuChain, TheConfigSwallowsTheMissingNamesAndTakesAWorldOfOne) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, get_data_parallel_world_size, false);
  expect_missing(mpu, get_sequence_parallel_world_size);
  EXPECT_EQ(run(mpu, kConfig), 1);
}

TEST(MpuChain, TheConfigTakesTheDataSizeFirst) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, get_data_parallel_world_size, true);
  expect_number(mpu, get_data_parallel_world_size, 3);
  EXPECT_EQ(run(mpu, kConfig), 3);
}

TEST(MpuChain, AutoEpTakesTheFirstNameThatIsThereAndNoneOtherwise) {
  const auto tensor = recorded_order("AutoEP tensor size");
  const auto pipe = recorded_order("AutoEP pipe size");
  ASSERT_EQ(tensor.size() + pipe.size(), 4u);
  for (std::size_t place = 0; place <= 2; ++place) {
    StrictMock<MockMpu> mpu;
    InSequence in_order;
    for (const auto* order : {&tensor, &pipe}) {
      for (std::size_t i = 0; i < place; ++i) expect_missing(mpu, (*order)[i]);
      if (place < 2) expect_number(mpu, (*order)[place], 2);
    }
    const ProbeValue each = place < 2 ? ProbeValue(2) : ProbeValue();
    EXPECT_EQ(run(mpu, "module_inject/auto_ep_folding.py validate (same reads)"),
              ProbeValue::list({each, each}));
  }
}

struct SequenceData {
  const char* probe;
  Accessor own;
  Accessor data;
  ProbeValue from_own;
  ProbeValue from_data;
};

TEST(MpuChain, SequenceDataFallsBackToDataThroughTheGroupsModule) {
  // The rank is not asked from the mpu: rank 5 finds itself second in the group {4, 5}.
  const SequenceData cases[] = {
      {"_get_sequence_data_parallel_group", get_sequence_data_parallel_group, get_data_parallel_group, kGroup,
       kGroup},
      {"_get_sequence_data_parallel_world_size", get_sequence_data_parallel_world_size,
       get_data_parallel_world_size, 2, 2},
      {"_get_sequence_data_parallel_rank", get_sequence_data_parallel_rank, get_data_parallel_group, 2, 1}};
  for (const SequenceData& item : cases) {
    for (bool own : {true, false}) {
      StrictMock<MockMpu> mpu;
      InSequence in_order;
      expect_guard(mpu, item.own, own);
      if (!own) expect_guard(mpu, initialize_sequence_parallel, false);
      expect_read(mpu, own ? item.own : item.data);
      EXPECT_EQ(run(mpu, std::string("utils/groups.py ") + item.probe), own ? item.from_own : item.from_data);
    }
  }
}

TEST(MpuChain, TheSequenceGroupIsAKeyErrorWithoutTheName) {
  StrictMock<MockMpu> mpu;
  expect_guard(mpu, get_sequence_parallel_group, false);
  EXPECT_EQ(run(mpu, "utils/groups.py _get_sequence_parallel_group"),
            ProbeValue(ProbeError{"KeyError", "No sequence parallel group found"}));
}

TEST(MpuChain, TheSequenceGroupOfTheMpuComesFirst) {
  StrictMock<MockMpu> mpu;
  InSequence in_order;
  expect_guard(mpu, get_sequence_parallel_group, true);
  expect_group(mpu, get_sequence_parallel_group, kGroup);
  EXPECT_EQ(run(mpu, "utils/groups.py _get_sequence_parallel_group"), ProbeValue(kGroup));
}

}  // namespace
}  // namespace gridlock
