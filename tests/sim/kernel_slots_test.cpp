#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

/// Two groups on two streams; rank 1 calls them in the other order.
void two_streams(Rank& rank, bool is_turned) {
  GroupSpec spec;
  spec.members = Members::range(0, 2);
  const GroupHandle a = rank.new_group(spec).group;
  const GroupHandle b = rank.new_group(spec).group;
  const bool turned = is_turned && rank.id() == 1;
  const Ticket first = rank.submit(all_reduce(1, StreamId{turned ? 2 : 1}, turned ? b : a)).ticket;
  const Ticket second = rank.submit(all_reduce(1, StreamId{turned ? 1 : 2}, turned ? a : b)).ticket;
  (void)rank.wait(first);
  (void)rank.wait(second);
}

RunOptions with_slots(std::int64_t slots, bool in_order = false) {
  RunOptions options = shape_options();
  options.semantics.kernel_slots = slots;
  options.semantics.launch_order_implicit = in_order;
  return options;
}

TEST(KernelSlots, OtherOrdersOnTwoStreamsNeedRoomForBoth) {
  const RunResult one = simulate(with_slots(1), 2, [](Rank& rank) { two_streams(rank, true); });
  EXPECT_EQ(outcome_of(one), "stall");
  EXPECT_EQ(code_name(one.verdict.diagnoses.at(0).code), "COMM_ORDER_CYCLE");
  EXPECT_EQ(
      one.verdict.diagnoses.at(0).summary,
      "Ranks 0-1 waited for each other around a circle of calls for which their devices have no room at one "
      "time.");
  EXPECT_EQ(outcome_of(simulate(with_slots(2), 2, [](Rank& rank) { two_streams(rank, true); })), "passed");
  EXPECT_EQ(outcome_of(simulate(with_slots(0), 2, [](Rank& rank) { two_streams(rank, true); })), "passed");
}

TEST(KernelSlots, OneOrderOnAllRanksNeedsNoRoom) {
  EXPECT_EQ(outcome_of(simulate(with_slots(1), 2, [](Rank& rank) { two_streams(rank, false); })), "passed");
}

TEST(KernelSlots, WorkThatIsCompleteMakesRoom) {
  // With one slot two independent streams take turns; with two they overlap.
  const auto program = [](Rank& rank) { two_streams(rank, false); };
  const Nanos one = simulate(with_slots(1), 2, program).virtual_time;
  const Nanos two = simulate(with_slots(2), 2, program).virtual_time;
  EXPECT_EQ(one, 2 * two);
}

TEST(KernelSlots, AnImplicitOrderLetsKernelsOverlapAndOnlyOrdersTheirStarts) {
  EXPECT_EQ(outcome_of(simulate(with_slots(0, true), 2, [](Rank& rank) { two_streams(rank, true); })),
            "passed");
  EXPECT_EQ(outcome_of(simulate(with_slots(1, true), 2, [](Rank& rank) { two_streams(rank, true); })),
            "stall");
}

TEST(KernelSlots, AGlooGroupNeedsNone) {
  const RunResult result = simulate(with_slots(1), 2, [](Rank& rank) {
    GroupSpec spec;
    spec.members = Members::range(0, 2);
    spec.backend = BackendKind::gloo;
    const GroupHandle gloo = rank.new_group(spec).group;
    if (rank.id() == 0) {
      const Ticket device = rank.submit(all_reduce(1, StreamId{1})).ticket;
      (void)rank.run(all_reduce(1, StreamId{2}, gloo));
      (void)rank.wait(device);
    } else {
      (void)rank.run(all_reduce(1, StreamId{2}, gloo));
      (void)rank.run(all_reduce(1, StreamId{1}));
    }
  });
  EXPECT_EQ(outcome_of(result), "passed");
}

}  // namespace
}  // namespace gridlock
