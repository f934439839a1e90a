// What the simulator says of a run is to hold for every schedule of its ranks unless it says otherwise: small
// random programs are run under every order in which their ranks can make their requests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/sim/all_schedules.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

/// A few acts for each rank, by chance: often alike on all ranks, often not.
class RandomActs {
 public:
  RandomActs(std::uint32_t seed, RankId world_size) : random_(seed), world_size_(world_size) {}

  std::vector<Acts> make(int length) {
    std::vector<Acts> programs(static_cast<std::size_t>(world_size_));
    for (int i = 0; i < length; ++i) {
      const std::uint32_t shared = random_();
      for (RankId rank = 0; rank < world_size_; ++rank) {
        const bool departs = random_() % 8 == 0;
        programs[static_cast<std::size_t>(rank)].push_back(act(departs ? random_() : shared, rank));
      }
    }
    return programs;
  }

 private:
  Act act(std::uint32_t chance, RankId rank) const {
    const StreamId stream{static_cast<std::int32_t>(chance / 8 % 2)};
    const RankId next = (rank + 1) % world_size_;
    const RankId previous = (rank + world_size_ - 1) % world_size_;
    const std::int64_t count = 1 + chance / 16 % 2;
    switch (chance % 8) {
      case 0:
      case 1:
        return {RequestKind::submit, {all_reduce(count, stream)}, stream, {}, ""};
      case 2:
        return {
            RequestKind::submit, {rank % 2 == 0 ? send(next, count) : recv(previous, count)}, stream, {}, ""};
      case 3:
        return {RequestKind::submit, {send(next, count), recv(previous, count)}, stream, {}, ""};
      case 4:
        return {RequestKind::wait, {}, stream, {}, ""};
      case 5:
        return {RequestKind::synchronize, {}, stream, {}, ""};
      case 6:
        return {rank == 0 ? RequestKind::post : RequestKind::await, {}, stream, {}, "name"};
      default:
        return {RequestKind::compute, {}, stream, Nanos{chance / 8 % 3 * 5}, ""};
    }
  }

  std::mt19937 random_;
  RankId world_size_;
};

RunOptions mode(const char* preset) {
  RunOptions options = shape_options();
  options.semantics = *preset_from_name(preset);
  // A timeout that acts on a stalled run is a choice.
  options.semantics.on_timeout = TimeoutAction::ignore;
  return options;
}

class EverySchedule : public ::testing::TestWithParam<const char*> {};

TEST_P(EverySchedule, OfTwoRanksEndsAlikeWhereNothingWasDecidedByWhoCameFirst) {
  std::set<std::string> ends;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    const AllSchedules all = run_all(RandomActs(seed, 2).make(4), mode(GetParam()));
    if (all.has_choices) continue;
    EXPECT_THAT(all.said, ::testing::SizeIs(1)) << seed;
    ends.insert(all.said.begin()->substr(0, all.said.begin()->find(' ')));
  }
  EXPECT_GT(ends.size(), 1U) << "runs that pass and runs that do not are part of it";
}

TEST_P(EverySchedule, OfThreeRanksEndsAlike) {
  std::size_t schedules = 0;
  for (std::uint32_t seed = 100; seed < 110; ++seed) {
    const AllSchedules all = run_all(RandomActs(seed, 3).make(2), mode(GetParam()));
    if (!all.has_choices) {
      EXPECT_THAT(all.said, ::testing::SizeIs(1)) << seed;
    }
    schedules += all.count;
  }
  EXPECT_GT(schedules, 500U);
}

INSTANTIATE_TEST_SUITE_P(Of, EverySchedule,
                         ::testing::Values("nccl", "torch_nccl", "torch_nccl_eager", "nccl_strict", "gloo"),
                         [](const auto& one) { return std::string(one.param); });

/// The kinds of choices that a run of two ranks made.
std::vector<ChoiceKind> choices_of(const RunOptions& options, const std::vector<Acts>& programs) {
  std::vector<ChoiceKind> kinds;
  for (const ContendedChoice& choice : simulate(options, act_program(programs)).choices)
    kinds.push_back(choice.kind);
  return kinds;
}

const Act kReduce{RequestKind::submit, {all_reduce()}, StreamId::main, {}, ""};
const Act kReduceBeside{RequestKind::submit, {all_reduce(1, StreamId{1})}, StreamId::main, {}, ""};

TEST(Choices, AProgramThatLooksWhetherWorkIsCompleteMakesOne) {
  const Act look{RequestKind::test, {}, StreamId::main, {}, ""};
  EXPECT_THAT(choices_of(shape_options(), {{kReduce, look}, {kReduce}}),
              ::testing::ElementsAre(ChoiceKind::test));
  EXPECT_THAT(choices_of(shape_options(), {{kReduce}, {kReduce}}), ::testing::IsEmpty());
}

TEST(Choices, AWaitWithATimeoutIsOne) {
  const Act late{RequestKind::await, {}, StreamId::main, Nanos{1}, "never"};
  EXPECT_THAT(choices_of(shape_options(), {{late}, {}}), ::testing::ElementsAre(ChoiceKind::deadline));
}

TEST(Choices, WorksThatWaitForRoomAreOne) {
  RunOptions options = shape_options();
  options.semantics.kernel_slots = 1;
  EXPECT_THAT(choices_of(options, {{kReduce, kReduceBeside}, {kReduce, kReduceBeside}}),
              ::testing::ElementsAre(ChoiceKind::kernel_slot));
  options.semantics.kernel_slots = 2;
  EXPECT_THAT(choices_of(options, {{kReduce, kReduceBeside}, {kReduce, kReduceBeside}}),
              ::testing::IsEmpty());
}

TEST(Choices, AFaultAtATimeIsOneAndAFaultAtACallWithNothingOpenIsNot) {
  RunOptions options = shape_options();
  Fault fault;
  fault.kind = FaultKind::slow;
  fault.factor = 2;
  fault.ranks = RankSet({0});
  fault.at.by = FaultTrigger::By::time;
  options.faults = {fault};
  EXPECT_THAT(choices_of(options, {{kReduce}, {kReduce}}), ::testing::ElementsAre(ChoiceKind::fault));
  options.faults.front().at.by = FaultTrigger::By::call;
  EXPECT_THAT(choices_of(options, {{kReduce}, {kReduce}}), ::testing::IsEmpty());
}

}  // namespace
}  // namespace gridlock
