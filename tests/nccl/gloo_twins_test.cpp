// Groups of gloo inside a world of GPUs: real Gloo connects the simulated ranks of one process.
#include "gloo_backend/gloo_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "core/history/transcript.h"
#include "sim/sim_world.h"
#include "tests/nccl/checked_calls.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

using testing::IsEmpty;

/// Lets real time pass where the simulated ranks only count virtual time.
class Patient final : public HostGroups {
 public:
  explicit Patient(std::unique_ptr<HostGroups> real) : real_(std::move(real)) {}

  void connect() override { real_->connect(); }
  void start(std::vector<HostCall> calls) override { real_->start(std::move(calls)); }
  State state() const override {
    const State state = real_->state();
    if (state == State::running) std::this_thread::sleep_for(std::chrono::microseconds(200));
    return state;
  }
  std::string error() const override { return real_->error(); }

 private:
  std::unique_ptr<HostGroups> real_;
};

/// Connects, and then completes nothing.
class Stuck final : public HostGroups {
 public:
  void connect() override {}
  void start(std::vector<HostCall>) override { is_stuck_ = true; }
  State state() const override { return is_stuck_ ? State::running : State::complete; }
  std::string error() const override { return ""; }

 private:
  bool is_stuck_ = false;
};

StandInWorld world_with_gloo() {
  return StandInWorld({}, {}, [](const HostGroupsPlace& place) {
    return std::make_unique<Patient>(make_gloo_groups(place));
  });
}

void use_every_group(Rank& rank, const std::shared_ptr<const Plan>& plan) {
  const Reply grid = rank.create_grid(plan);
  expect(rank, grid.status.ok(), "create_grid");
  for (const PlanFamily& family : plan->families()) {
    const GroupHandle group = rank.groups().family(grid.grid, family.name);
    if (rank.groups().resolve(group, rank.id()) == InstanceId::none) continue;
    for (const CallKind kind : {CallKind::all_reduce, CallKind::all_gather, CallKind::barrier}) {
      Call call;
      call.kind = kind;
      call.count = kind == CallKind::barrier ? 0 : 16;
      call.group = group;
      run_checked(rank, call);
    }
  }
}

TEST(GlooTwins, OfAWholeGridHaveTheTranscriptOfTheSimulator) {
  const auto plan = std::make_shared<const Plan>(
      GridSpec{pipe_data_tensor({2, 2, 2}), areal_recipe(), RankMapping::identity(8)}, 8);
  const auto main = [plan](Rank& rank) { use_every_group(rank, plan); };
  StandInWorld world = world_with_gloo();
  const RunResult result = world.run({}, {8, main, nullptr}, {});
  EXPECT_EQ(failure_of(result), "");
  EXPECT_EQ(make_transcript(*result.histories).hash, make_transcript(*simulate({}, 8, main).histories).hash);
  EXPECT_THAT(world.machine().violations(), IsEmpty());
  EXPECT_THAT(world.machine().leaks(), IsEmpty());
}

GroupHandle twin_of_all(Rank& rank) {
  return rank
      .new_group({Members::range(0, rank.world_size()), BackendKind::gloo, kGroupTimeoutDefault, "twin"})
      .group;
}

TEST(GlooTwins, CarryEveryOperationInTheOrderOfTheirStream) {
  const auto main = [](Rank& rank) {
    const GroupHandle twin = twin_of_all(rank);
    for (const OperationInfo& info : all_operations()) {
      std::vector<std::int64_t> counts;
      const std::vector<Call> calls = calls_of(rank, info.kind, twin, 9, DType::bfloat16, counts);
      std::vector<std::unique_ptr<CheckedCall>> checked;
      std::vector<Call> batch;
      for (const Call& call : calls) {
        checked.push_back(std::make_unique<CheckedCall>(rank, call));
        batch.push_back(checked.back()->call());
      }
      const Reply reply = rank.submit(batch);
      expect(rank, reply.status.ok() && rank.wait(reply.ticket).ok(), std::string(info.name));
      for (const auto& each : checked) each->check();
    }
  };
  StandInWorld world = world_with_gloo();
  EXPECT_EQ(failure_of(world.run({}, {3, main, nullptr}, {})), "");
}

TEST(GlooTwins, WhoseCallsDoNotFitAreAMismatch) {
  StandInWorld world = world_with_gloo();
  const RunResult result = world.run({},
                                     {3,
                                      [](Rank& rank) {
                                        Call call;
                                        call.kind = CallKind::all_reduce;
                                        call.group = twin_of_all(rank);
                                        call.count = rank.id() == 2 ? 5 : 4;
                                        call.input = call.output = rank.allocate(5, DType::float32);
                                        (void)rank.run(call);
                                      },
                                      nullptr},
                                     {});
  ASSERT_FALSE(result.verdict.diagnoses.empty()) << result.error;
  EXPECT_EQ(code_name(result.verdict.diagnoses.front().code), "COLL_COUNT_MISMATCH");
  EXPECT_EQ(result.verdict.diagnoses.front().blame.ranks, RankSet{2});
}

TEST(GlooTwins, ThatHangAreDiagnosedAsThoseOfNccl) {
  StandInWorld world({}, {}, [](const HostGroupsPlace&) { return std::make_unique<Stuck>(); });
  RunOptions options;
  options.real_timeout = std::chrono::milliseconds(50);
  const RunResult result = world.run(options,
                                     {3,
                                      [](Rank& rank) {
                                        Call call;
                                        call.kind = CallKind::barrier;
                                        call.group = twin_of_all(rank);
                                        if (rank.id() != 1) (void)rank.run(call);
                                      },
                                      nullptr},
                                     {});
  ASSERT_FALSE(result.verdict.diagnoses.empty()) << result.error;
  EXPECT_EQ(code_name(result.verdict.diagnoses.front().code), "COLL_MISSING_RANK");
  EXPECT_EQ(result.verdict.diagnoses.front().blame.ranks, RankSet{1});
  EXPECT_EQ(result.histories->ranks[0].state, HostState::submitting);
}

TEST(GlooTwins, FailWithAClearErrorWithoutGloo) {
  StandInWorld world;
  const RunResult result = world.run({},
                                     {2,
                                      [](Rank& rank) {
                                        Call call;
                                        call.kind = CallKind::barrier;
                                        call.group = twin_of_all(rank);
                                        if (rank.id() == 0) (void)rank.run(call);
                                      },
                                      nullptr},
                                     {});
  EXPECT_EQ(result.error, "rank 0: a group of gloo moves no data in this GPU world");
  EXPECT_EQ(outcome_name(result.verdict.outcome), "backend_error");
}

}  // namespace
}  // namespace gridlock
