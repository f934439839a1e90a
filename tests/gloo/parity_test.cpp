// The same program on real processes and in the simulator: equal transcripts, results, verdicts.
#include <gmock/gmock.h>

#include <fmt/format.h>

#include "core/grid/plan.h"
#include "core/history/transcript.h"
#include "sim/sim_world.h"
#include "tests/gloo/run_ranks.h"

namespace gridlock {
namespace {

using std::chrono::milliseconds;

using Main = std::function<void(Rank&)>;

std::string first_diagnosis(const RunResult& result) {
  if (result.verdict.diagnoses.empty()) return "nothing";
  const Diagnosis& first = result.verdict.diagnoses.front();
  return fmt::format("{} blames {} ({}); {} wait", code_name(first.code), first.blame.ranks.to_string(),
                     relation_name(first.blame.relation), first.waiting.to_string());
}

void expect_parity(RankId world_size, const Main& main) {
  const RunResult simulated = simulate({}, world_size, main);
  const RunResult real = run_ranks(world_size, main, milliseconds(1500));
  EXPECT_EQ(outcome_name(real.verdict.outcome), outcome_name(simulated.verdict.outcome)) << real.error;
  EXPECT_EQ(first_diagnosis(real), first_diagnosis(simulated));
  EXPECT_EQ(make_transcript(*real.histories).hash, make_transcript(*simulated.histories).hash);
  for (RankId rank = 0; rank < world_size; ++rank) {
    const auto place = static_cast<std::size_t>(rank);
    EXPECT_EQ(transcript_lines(*real.histories, rank), transcript_lines(*simulated.histories, rank)) << rank;
    EXPECT_EQ(real.histories->ranks[place].results, simulated.histories->ranks[place].results) << rank;
    EXPECT_EQ(real.histories->ranks[place].state, simulated.histories->ranks[place].state) << rank;
  }
}

Call all_reduce_on(GroupHandle group, std::int64_t count = 8) {
  Call call;
  call.kind = CallKind::all_reduce;
  call.group = group;
  call.count = count;
  return call;
}

void reduce_over_every_family(Rank& rank, const std::shared_ptr<const Plan>& plan) {
  const Reply grid = rank.create_grid(plan, "actor");
  if (!grid.status.ok()) return;
  for (const PlanFamily& family : plan->families()) {
    const GroupHandle group = rank.groups().family(grid.grid, family.name);
    if (rank.groups().resolve(group, rank.id()) == InstanceId::none) continue;
    if (!run_checked(rank, all_reduce_on(group))) return;
  }
}

TEST(Parity, OfAGridAndAReductionOverEveryFamily) {
  for (const std::vector<std::int64_t>& sizes : {std::vector<std::int64_t>{2, 2, 2}, {1, 2, 2}}) {
    const auto world_size = static_cast<RankId>(sizes[0] * sizes[1] * sizes[2]);
    const auto plan = std::make_shared<Plan>(GridSpec{ProcessTopology({"pipe", "data", "tensor"}, sizes),
                                                      areal_recipe(), RankMapping::identity(world_size)},
                                             world_size);
    expect_parity(world_size, [plan](Rank& rank) { reduce_over_every_family(rank, plan); });
  }
}

TEST(Parity, OfStreamsEventsHostEdgesAndBatches) {
  expect_parity(3, [](Rank& rank) {
    CheckedBatch batch(rank);
    for (GroupRank peer = 0; peer < 3; ++peer) {
      Call call;
      call.count = 5;
      call.peer = peer;
      call.kind = CallKind::send;
      batch.add(call);
      call.kind = CallKind::recv;
      batch.add(call);
    }
    batch.add(all_reduce_on(GroupHandle::world));
    if (!batch.run().ok()) return;
    batch.check();
    Request request;
    request.kind = RequestKind::record;
    const Reply event = rank.execute(request);
    request.kind = RequestKind::stream_wait;
    request.stream = StreamId{1};
    request.event = event.event;
    static_cast<void>(rank.execute(request));
    if (rank.id() == 0) static_cast<void>(rank.post("ready"));
    if (rank.id() != 0) static_cast<void>(rank.await("ready"));
    static_cast<void>(rank.synchronize(StreamId{1}));
  });
}

TEST(Parity, OfCallsThatAreRefused) {
  expect_parity(2, [](Rank& rank) {
    Call call = all_reduce_on(GroupHandle::world, -1);
    static_cast<void>(rank.run(call));
    call.kind = CallKind::broadcast;
    call.count = 0;
    call.peer = 2;
    static_cast<void>(rank.run(call));
    const Reply alone =
        rank.new_group({Members::range(0, 1), BackendKind::gloo, kGroupTimeoutDefault, "alone"});
    static_cast<void>(rank.run(all_reduce_on(alone.group, 0)));
    static_cast<void>(rank.destroy_group(alone.group));
    static_cast<void>(rank.run(all_reduce_on(alone.group, 0)));
    static_cast<void>(
        rank.new_group({Members::range(0, 3), BackendKind::nccl, kGroupTimeoutDefault, "beyond"}));
    static_cast<void>(rank.wait(Ticket{99}));
  });
}

TEST(Parity, OfAHang) {
  expect_parity(4, [](Rank& rank) {
    if (!run_checked(rank, all_reduce_on(GroupHandle::world))) return;
    if (rank.id() != 3) run_checked(rank, all_reduce_on(GroupHandle::world));
  });
}

TEST(Parity, OfAMismatchedCount) {
  expect_parity(
      4, [](Rank& rank) { run_checked(rank, all_reduce_on(GroupHandle::world, rank.id() == 2 ? 7 : 8)); });
}

TEST(Parity, OfTwoReceiversThatWaitForEachOther) {
  expect_parity(2, [](Rank& rank) {
    Call call;
    call.count = 4;
    call.peer = 1 - rank.id();
    call.kind = CallKind::recv;
    run_checked(rank, call);
    call.kind = CallKind::send;
    run_checked(rank, call);
  });
}

TEST(Parity, OfARankThatThrows) {
  expect_parity(3, [](Rank& rank) {
    if (!run_checked(rank, all_reduce_on(GroupHandle::world))) return;
    if (rank.id() == 1) throw std::runtime_error("out of memory");
    run_checked(rank, all_reduce_on(GroupHandle::world));
  });
}

TEST(Parity, HoldsTwentyTimesInARow) {
  for (int i = 0; i < 20; ++i) {
    expect_parity(2, [](Rank& rank) {
      if (!run_checked(rank, all_reduce_on(GroupHandle::world))) return;
      Call call;
      call.kind = rank.id() == 0 ? CallKind::send : CallKind::recv;
      call.count = 100;
      call.peer = 1 - rank.id();
      run_checked(rank, call);
    });
  }
}

}  // namespace
}  // namespace gridlock
