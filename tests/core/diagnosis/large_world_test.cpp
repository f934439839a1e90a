#include <gtest/gtest.h>

#include "core/diagnosis/judge.h"
#include "core/diagnosis/render.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

constexpr RankId kRankCount = 16'384;
constexpr RankId kTensor = 8;

/// Every rank waits in call #4 of its tensor group but those of `is_late`, which made one call less and
/// returned.
template <typename IsLate>
Histories tensor_calls(IsLate is_late) {
  Histories histories(kRankCount);
  const auto plan = std::make_shared<Plan>(
      GridSpec{
          .topology = ProcessTopology({"pipe", "data", "tensor"}, {16, kRankCount / 16 / kTensor, kTensor}),
          .recipe = areal_recipe(),
          .mapping = RankMapping::identity(kRankCount)},
      kRankCount);
  std::vector<std::int64_t> creations;
  for (std::int64_t i = 0; i < plan->request_count(); ++i) creations.push_back(i);
  const GroupHandle group =
      histories.groups.family(histories.groups.add_grid(plan, creations, "actor"), "tensor");
  for (RankId rank = 0; rank < kRankCount; ++rank) {
    RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
    const std::int32_t calls = is_late(rank) ? 3 : 4;
    for (std::int32_t i = 0; i < calls; ++i) {
      end.node = histories.store.append(
          end.node, {.call = CallKind::all_reduce, .group = group, .sequence = i, .ticket = i, .count = 64});
    }
    end.state = HostState::returned;
    if (calls == 3 || rank / kTensor % 2 == 1) continue;
    end.node = histories.store.append(end.node, {.kind = RecordKind::wait, .ticket = 3});
    end.state = HostState::waiting;
    end.open = {{StreamId::main, static_cast<Ticket>(3)}};
  }
  return histories;
}

TEST(LargeWorldTest, TheSameDefectInAThousandGroupsIsOneDiagnosisOfOneScreen) {
  const auto is_late = [](RankId rank) { return rank % 16 == 5; };
  const Histories histories = tensor_calls(is_late);
  const Verdict verdict = judge(histories, RunEnd::quiescent, {});
  ASSERT_EQ(verdict.diagnoses.size(), 1U);
  EXPECT_EQ(verdict.diagnoses[0].code, Code::COLL_MISSING_RANK);
  EXPECT_EQ(verdict.diagnoses[0].blame.ranks, RankSet::strided(5, 16, kRankCount / 16));
  EXPECT_EQ(render(verdict.diagnoses[0], histories), R"(error COLL_MISSING_RANK (certain)
  what      Ranks 5-16373 step 16 never made all_reduce #4 on actor.tensor, in which rank 0 waits; rank 5 is
            now at the end of its program.
  who       actor.data=0-126 step 2, actor.tensor=5 (1024 ranks: 5-16373 step 16); unlike the majority
  parted    actor.data=0-126 step 2, actor.tensor=5 (1024 ranks: 5-16373 step 16): nothing more on
            actor.tensor
            actor.data=0-126 step 2, actor.tensor=0-4, 6-7 (7168 ranks): all_reduce #4 on actor.tensor, 64 x
            float32, sum
  waits     actor.data=0-126 step 2, actor.tensor=0-4, 6-7 (7168 ranks) wait in all_reduce #4 on actor.tensor
            -> actor.data=0-126 step 2, actor.tensor=5 (1024 ranks: 5-16373 step 16)
  only wait actor.data=0-126 step 2, actor.tensor=0-4, 6-7 (7168 ranks)
  change    Make every member call it, or none: look for a branch, an early exit of a loop or an uneven number
            of micro-batches around the call.
)");
}

/// All ranks of the world but the last stand in the making of its communicator, and the last has returned.
/// At this size a rule that looks at every pair of them does not come to an end in the time of a test.
TEST(LargeWorldTest, AQuarterOfAMillionRanksThatWaitForOneInTheirFirstCallAreOneDiagnosis) {
  constexpr RankId kMany = 262'144;
  Histories histories(kMany);
  const auto node = histories.store.append(
      HistoryNode::empty, {.call = CallKind::all_reduce, .group = GroupHandle::world, .count = 64});
  for (RankEnd& end : histories.ranks) {
    end.node = node;
    end.state = HostState::connecting;
    end.connection = 0;
  }
  histories.ranks.back() = {};
  histories.ranks.back().state = HostState::returned;
  histories.connections = {{InstanceId::world, {kMany - 1}}};
  const Verdict verdict = judge(histories, RunEnd::quiescent, {});
  ASSERT_EQ(verdict.diagnoses.size(), 1U);
  EXPECT_EQ(verdict.diagnoses[0].code, Code::COLL_MISSING_RANK);
  EXPECT_EQ(verdict.diagnoses[0].blame.ranks, RankSet({kMany - 1}));
  EXPECT_EQ(verdict.diagnoses[0].waiting.size(), kMany - 1);
}

}  // namespace
}  // namespace gridlock
