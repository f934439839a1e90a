// The host threads of a rank can take turns in any order: small random programs are run
// under every order of all requests. Where no choice was noted, all of them end alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/sim/all_schedules.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

/// Rank 0 makes a group and runs two threads of two and one acts: mostly each on a group and a stream of its
/// own, sometimes on the other one's. Rank 1 makes the same calls in one thread.
class RandomThreads {
 public:
  explicit RandomThreads(std::uint32_t seed) : random_(seed) {}

  std::vector<Acts> make() {
    const std::vector<std::uint32_t> shared{draw(), draw(), draw()};
    const auto one = [&](std::size_t act) { return draw() % 6 == 0 ? draw() : shared[act]; };
    const Act made{RequestKind::new_group, {}, StreamId::main, {}, "g"};
    Act parallel{RequestKind::parallel, {}, StreamId::main, {}, "t"};
    parallel.threads = {{act(one(0), 0, 0), act(one(1), 0, 0)}, {act(one(2), 0, 1)}};
    return {{made, parallel}, {made, act(one(0), 1, 0), act(one(2), 1, 1), act(one(1), 1, 0)}};
  }

 private:
  std::uint32_t draw() { return static_cast<std::uint32_t>(random_()); }

  static Act act(std::uint32_t chance, RankId rank, int thread) {
    const int other = chance / 64 % 8 == 0 ? 1 - thread : thread;
    const StreamId stream{1 + (chance / 512 % 8 == 0 ? 1 - thread : thread)};
    const GroupHandle group = other == 0 ? GroupHandle::world : made_group(0);
    const std::int64_t count = 1 + chance / 16 % 2;
    Call message = rank == 0 ? send(1, count) : recv(0, count);
    message.group = group;
    message.stream = stream;
    switch (chance % 7) {
      case 0:
      case 1:
        return {RequestKind::submit, {all_reduce(count, stream, group)}, stream, {}, ""};
      case 2:
        return {RequestKind::submit, {message}, stream, {}, ""};
      case 3:
        return {RequestKind::synchronize, {}, stream, {}, ""};
      case 4:
        return {RequestKind::post, {}, stream, {}, "name"};
      case 5:
        return {RequestKind::await, {}, stream, {}, "name"};
      default:
        return {RequestKind::wait, {}, stream, {}, ""};
    }
  }

  std::mt19937 random_;
};

class EveryThreadSchedule : public ::testing::TestWithParam<const char*> {};

TEST_P(EveryThreadSchedule, EndsAlikeWhereNothingWasDecidedByWhoCameFirst) {
  RunOptions options = shape_options();
  options.semantics = *preset_from_name(GetParam());
  options.semantics.on_timeout = TimeoutAction::ignore;
  std::set<std::string> ends;
  int with_choices = 0;
  for (std::uint32_t seed = 0; seed < 24; ++seed) {
    const AllSchedules all = run_all(RandomThreads(seed).make(), options);
    with_choices += all.has_choices ? 1 : 0;
    if (all.has_choices) continue;
    EXPECT_THAT(all.said, ::testing::SizeIs(1)) << seed;
    ends.insert(all.said.begin()->substr(0, all.said.begin()->find(' ')));
  }
  EXPECT_GT(ends.size(), 1U) << "runs that pass and runs that do not are part of it";
  EXPECT_GT(with_choices, 2) << "and some that depend on the schedule";
}

INSTANTIATE_TEST_SUITE_P(Of, EveryThreadSchedule,
                         ::testing::Values("nccl", "torch_nccl", "torch_nccl_eager", "nccl_strict", "gloo"),
                         [](const auto& one) { return std::string(one.param); });

std::vector<Acts> two_threads(const Acts& first, const Acts& second) {
  const Act made{RequestKind::new_group, {}, StreamId::main, {}, "g"};
  Act parallel{RequestKind::parallel, {}, StreamId::main, {}, "t"};
  parallel.threads = {first, second};
  return {{made, parallel}, {made, parallel}};
}

Act reduce(std::int64_t count, int stream, int group) {
  const GroupHandle handle = group == 0 ? GroupHandle::world : made_group(0);
  return {RequestKind::submit, {all_reduce(count, StreamId{stream}, handle)}, {}, {}, ""};
}

TEST(ThreadSchedules, TwoThreadsOnOneGroupEndInSeveralWaysAndEveryScheduleSaysSo) {
  const AllSchedules all = run_all(two_threads({reduce(1, 1, 0)}, {reduce(2, 2, 0)}), shape_options());
  std::set<std::string> ends;
  for (const std::string& said : all.said) ends.insert(said.substr(0, said.find(' ')));
  EXPECT_THAT(ends, ::testing::ElementsAre("mismatch", "passed"));
  EXPECT_TRUE(all.always_has_choices);
}

TEST(ThreadSchedules, ThreadsThatShareNeitherGroupNorStreamEndAlikeHoweverTheyTakeTurns) {
  const auto transfer = [](Call message) {
    message.group = made_group(0);
    message.stream = StreamId{2};
    return Act{RequestKind::submit, {message}, {}, {}, ""};
  };
  std::vector<Acts> programs = two_threads({reduce(1, 1, 0)}, {transfer(send(1))});
  programs[1].back().threads[1] = {transfer(recv(0))};
  const AllSchedules all = run_all(programs, shape_options());
  EXPECT_THAT(all.said, ::testing::SizeIs(1));
  EXPECT_FALSE(all.has_choices);
  EXPECT_GT(all.count, 100U);
}

TEST(ThreadSchedules, TwoThatGiveTheDeviceCollectivesAreAChoice) {
  const AllSchedules all = run_all(two_threads({reduce(1, 1, 0)}, {reduce(2, 2, 1)}), shape_options());
  EXPECT_THAT(all.said, ::testing::SizeIs(::testing::Gt(1U))) << "some warn of the order";
  EXPECT_TRUE(all.always_has_choices);
}

TEST(ThreadSchedules, WithRoomForOneKernelTheOrderOfTwoGroupsIsAChoice) {
  RunOptions options = shape_options();
  options.semantics = *preset_from_name("nccl_strict");
  options.semantics.first_use_blocks = false;
  options.semantics.lazy_communicators = false;
  const AllSchedules all = run_all(two_threads({reduce(1, 1, 0)}, {reduce(1, 2, 1)}), options);
  std::set<std::string> ends;
  for (const std::string& said : all.said) ends.insert(said.substr(0, said.find(' ')));
  EXPECT_THAT(ends, ::testing::ElementsAre("passed", "stall"));
  EXPECT_TRUE(all.always_has_choices);
}

}  // namespace
}  // namespace gridlock
