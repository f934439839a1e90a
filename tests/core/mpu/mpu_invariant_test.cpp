// Every invariant: a world with one lie fires it, the same world without the lie does not.

#include "core/mpu/mpu_invariant.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <set>
#include <string>

#include "core/mpu/accessor_table.h"
#include "core/mpu/restricted_mpu.h"
#include "tests/core/mpu/mpu_grids.h"

namespace gridlock {
namespace {

using enum Accessor;

AccessorSet all_names() { return AccessorSet().set(); }
AccessorSet all_but(std::initializer_list<Accessor> hidden) {
  AccessorSet names = all_names();
  for (Accessor name : hidden) names &= ~accessor_bit(name);
  return names;
}

/// A grid that lies: `number` and `group` may replace the answer of the grid.
class LyingMpu : public RestrictedMpu {
 public:
  LyingMpu(const Mpu& inner, const AccessorSet& visible) : RestrictedMpu(inner, visible) {}

  std::function<std::int64_t(Accessor, std::int64_t)> number = [](Accessor, std::int64_t truth) {
    return truth;
  };
  std::function<MaybeGroup(Accessor, MaybeGroup)> group = [](Accessor, MaybeGroup truth) { return truth; };
  std::function<RankId(RankId)> next = [](RankId truth) { return truth; };
  bool sequence_only = false;

  bool has(Accessor name) const override {
    return (sequence_only && name == initialize_sequence_parallel) || RestrictedMpu::has(name);
  }
#define GRIDLOCK_LIE(name) \
  std::int64_t name() const override { return number(Accessor::name, RestrictedMpu::name()); }
  GRIDLOCK_MPU_NUMBERS(GRIDLOCK_LIE)
#undef GRIDLOCK_LIE
#define GRIDLOCK_LIE(name) \
  MaybeGroup name() const override { return group(Accessor::name, RestrictedMpu::name()); }
  GRIDLOCK_MPU_GROUPS(GRIDLOCK_LIE)
#undef GRIDLOCK_LIE
  RankId stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const override {
    return next(RestrictedMpu::stage_to_global(stage, overrides));
  }
};

struct World {
  std::vector<ParallelGrid> grids;
  std::vector<std::unique_ptr<LyingMpu>> mpus;

  /// pp2 dp2 tp2 from `offset` on.
  explicit World(const AccessorSet& visible = all_names(), RankId offset = 0)
      : grids(test::areal_world(2, 2, 2, offset, 8 + offset)) {
    for (const ParallelGrid& grid : grids) mpus.push_back(std::make_unique<LyingMpu>(grid, visible));
  }
  std::vector<MpuViolation> violations() const {
    return check_mpu_invariants(
        MpuWorld([&](RankId rank) -> const Mpu& { return *mpus[static_cast<std::size_t>(rank)]; },
                 static_cast<RankId>(mpus.size())));
  }
  /// "ranks: words" of a violated invariant, "" when it holds.
  std::string violation(std::string_view name) const {
    for (const MpuViolation& found : violations()) {
      if (found.invariant->name == name) return found.ranks.to_string() + ": " + found.example;
    }
    return "";
  }
  LyingMpu& at(std::size_t rank) { return *mpus[rank]; }
};

void say(LyingMpu& mpu, Accessor name, std::int64_t lie) {
  mpu.number = [=](Accessor asked, std::int64_t truth) { return asked == name ? lie : truth; };
}

void hand_out(LyingMpu& mpu, Accessor name, MaybeGroup lie) {
  mpu.group = [=](Accessor asked, MaybeGroup truth) { return asked == name ? lie : truth; };
}

MaybeGroup nccl(std::vector<RankId> ranks) { return MpuGroup{.members = Members::list(std::move(ranks))}; }

TEST(MpuInvariant, ASoundModelOnTheWholeWorldBreaksOnlyWhatDeepSpeedGetsWrongAboutStages) {
  std::set<std::string_view> broken;
  for (const MpuViolation& found : World().violations()) broken.insert(found.invariant->name);
  EXPECT_EQ(broken, (std::set<std::string_view>{"hybrid_engine", "global_norm"}));
}

TEST(MpuInvariant, NoGridContradictsItselfWhateverItsShapeAndPlace) {
  const std::int64_t sizes[] = {1, 2, 3};
  for (std::int64_t pipe : sizes) {
    for (std::int64_t data : sizes) {
      for (std::int64_t tensor : sizes) {
        const auto world_size = static_cast<RankId>(pipe * data * tensor + 4);
        const auto grids = test::areal_world(pipe, data, tensor, 3, world_size);
        const MpuWorld world([&](RankId rank) -> const Mpu& { return grids[static_cast<std::size_t>(rank)]; },
                             world_size);
        for (const MpuViolation& found : check_mpu_invariants(world)) {
          EXPECT_EQ(found.invariant->kind, InvariantKind::hazard) << pipe << data << tensor << found.example;
        }
      }
    }
  }
}

TEST(MpuInvariant, NamesAreUniqueAndSentencesEnd) {
  std::set<std::string_view> names;
  for (const MpuInvariant& invariant : mpu_invariants()) {
    EXPECT_TRUE(names.insert(invariant.name).second) << invariant.name;
    EXPECT_EQ(invariant.sentence.back(), '.') << invariant.name;
  }
}

struct Lie {
  const char* invariant;
  std::function<void(World&)> tell;
  const char* words;
};

const Lie kLies[] = {
    {"own_group",
     [](World& w) {
       hand_out(w.at(5), get_pipe_parallel_group, nccl({0, 4}));
     },
     "5: get_pipe_parallel_group of rank 5 is [0, 4]"},
    {"group_rank", [](World& w) { say(w.at(5), get_data_parallel_rank, 1); },
     "5: get_data_parallel_rank of rank 5 is 1, but its place in [5, 7] is 0"},
    {"group_size", [](World& w) { say(w.at(2), get_slice_parallel_world_size, 4); },
     "2: get_slice_parallel_world_size of rank 2 is 4, but get_slice_parallel_group has 2 members"},
    {"rank_range", [](World& w) { say(w.at(0), get_model_parallel_rank, 4); },
     "0: get_model_parallel_rank of rank 0 is 4 with get_model_parallel_world_size = 4"},
    {"all_or_nothing", [](World& w) { hand_out(w.at(1), get_model_parallel_group, std::nullopt); },
     "1: get_model_parallel_rank of rank 1 is 1, but get_model_parallel_group is None"},
    {"synonyms", [](World& w) { say(w.at(7), get_stage_id, 0); },
     "7: get_pipe_parallel_rank of rank 7 is 1, but get_stage_id is 0"},
    {"gloo_twin",
     [](World& w) {
       hand_out(w.at(3), get_data_parallel_group_gloo, nccl({1, 3}));
     },
     "3: get_data_parallel_group_gloo of rank 3 is [1, 3] on nccl"},
    {"tensor_source", [](World& w) { say(w.at(3), get_tensor_model_parallel_src_rank, 3); },
     "3: get_tensor_model_parallel_src_rank of rank 3 is 3, but its tensor group is [2, 3]"},
    {"data_ranks",
     [](World& w) {
       hand_out(w.at(4), get_data_parallel_group, nccl({4, 5}));
     },
     "4: get_data_parallel_group_ranks of rank 4 are [4, 6], but its data group is [4, 5]"},
    {"sizes_multiply", [](World& w) { say(w.at(6), get_data_parallel_world_size, 4); },
     "6: tensor 2 x pipe 2 x data 4 x sequence 1 of rank 6 is 16, but 8 ranks are in the model"},
    {"members_agree",
     [](World& w) {
       hand_out(w.at(6), get_data_parallel_group, nccl({5, 6}));
     },
     "4, 6: get_data_parallel_group of rank 4 is [4, 6], but of rank 6 it is [5, 6]"},
    {"pipe_buddies", [](World& w) { w.at(1).next = [](RankId truth) { return truth == 5 ? 6 : truth; }; },
     "1, 5: the next stage of rank 1 is rank 6, whose previous stage is rank 2"},
    {"sequence_only", [](World& w) { w.at(0).sequence_only = true; },
     "0: the data and model groups of rank 0 are never asked for"},
};

TEST(MpuInvariant, OneLieIsFoundAndTheTruthIsNot) {
  for (const Lie& lie : kLies) {
    World world;
    EXPECT_EQ(world.violation(lie.invariant), "") << lie.invariant;
    lie.tell(world);
    EXPECT_EQ(world.violation(lie.invariant), lie.words) << lie.invariant;
  }
}

TEST(MpuInvariant, EqualMembersInAnotherGroupAreNotTheSameGroup) {
  World world;
  MaybeGroup other = world.grids[4].get_data_parallel_group();
  other->place += 1000;
  hand_out(world.at(4), get_data_parallel_group, other);
  EXPECT_EQ(world.violation("members_agree"),
            "4, 6: get_data_parallel_group of rank 4 is [4, 6], but of rank 6 it is another group of the "
            "same ranks");
}

TEST(MpuInvariant, AModelThatDoesNotStartAtRank0IsHazardousForThePipeEngineAndForExperts) {
  const World world(all_names(), 8);
  EXPECT_EQ(world.violation("absolute_ranks"),
            "8-15: get_global_rank of rank 8 is 0, and the pipe engine sends to the ranks of that numbering");
  EXPECT_EQ(world.violation("none_group"),
            "0-7: the data group of rank 0 is None, so DeepSpeed counts it as data-parallel rank 0 of 16");
  EXPECT_EQ(world.violation("expert_groups"),
            "8-15: expert groups of rank 8 mix it with rank 12, which is not in its data group [8, 10]");
}

TEST(MpuInvariant, AModelOnTheWholeWorldIsNotHazardousForPipeEngineAndExperts) {
  for (const char* name : {"absolute_ranks", "none_group", "expert_groups"})
    EXPECT_EQ(World().violation(name), "");
}

TEST(MpuInvariant, TheHybridEngineAndTheGlobalNormGoWrongOnlyWithSeveralStages) {
  EXPECT_EQ(World().violation("hybrid_engine"), "0-7: it splits tensors 4 ways instead of 2");
  EXPECT_EQ(World().violation("global_norm"), "0-7: the sum of squares of rank 0 is counted 2 times");
  const auto flat = test::areal_world(1, 4, 2, 0, 8);
  const auto at = [&](RankId rank) -> const Mpu& { return flat[static_cast<std::size_t>(rank)]; };
  EXPECT_TRUE(check_mpu_invariants(MpuWorld(at, 8)).empty());
}

TEST(MpuInvariant, MissingNamesThatDeepSpeedSwallowsAreHazards) {
  EXPECT_EQ(World(all_but({get_data_parallel_world_size})).violation("batch_size"),
            "0-7: rank 0 reckons with a world of 1");
  EXPECT_EQ(World(all_but({get_pipeline_model_parallel_world_size})).violation("auto_ep_stages"),
            "0-7: its check passes with 2 stages unseen");
  EXPECT_EQ(World().violation("batch_size"), "");
  EXPECT_EQ(World().violation("auto_ep_stages"), "");
}

TEST(MpuInvariant, EveryInvariantHasACaseThatFiresIt) {
  std::set<std::string_view> fired = {"none_group",  "absolute_ranks", "expert_groups", "hybrid_engine",
                                      "global_norm", "batch_size",     "auto_ep_stages"};
  for (const Lie& lie : kLies) fired.insert(lie.invariant);
  for (const MpuInvariant& invariant : mpu_invariants())
    EXPECT_TRUE(fired.count(invariant.name)) << invariant.name;
}

}  // namespace
}  // namespace gridlock
