// Launchers of one rank each that share a folder, without processes.
#include "launch/board_referee.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <thread>

namespace gridlock {
namespace {

using std::chrono::milliseconds;

RankStatus standing(HostState state, std::uint64_t progress = 1) {
  RankStatus status;
  status.state = state;
  status.progress = progress;
  return status;
}

class Launchers : public testing::Test {
 protected:
  Launchers() {
    std::string path = testing::TempDir() + "gridlock-referee-XXXXXX";
    folder_ = ::mkdtemp(path.data());
  }
  ~Launchers() override { std::filesystem::remove_all(folder_); }

  BoardReferee& add(RankId rank, RankId world_size, std::uint64_t fingerprint = 7,
                    const std::string& machine = "here") {
    all_.push_back(std::make_unique<BoardReferee>(
        PostBoard(folder_), BoardReferee::Seat{rank, world_size, fingerprint, machine, true},
        BoardReferee::Times{.real_timeout = milliseconds(800), .silence_max = milliseconds(1500)}));
    return *all_.back();
  }

  /// Looks again and again, and lets the others look, until the first tells the end.
  static std::optional<RunEnd> end_of(
      BoardReferee& first, const RankStatus& own, const std::function<void()>& others = [] {}) {
    for (int i = 0; i < 500; ++i) {
      if (const auto end = first.look({&own, 1}, false)) return end;
      others();
      std::this_thread::sleep_for(milliseconds(10));
    }
    return std::nullopt;
  }
  static std::string error_of(const BoardReferee& referee, RunEnd end) {
    return conclude(end, referee.ranks()).error;
  }

  std::string folder_;
  std::vector<std::unique_ptr<BoardReferee>> all_;
};

TEST_F(Launchers, EndTogetherWhenAllRanksAreDone) {
  BoardReferee& zero = add(0, 2);
  BoardReferee& one = add(1, 2);
  const RankStatus done = standing(HostState::returned);
  EXPECT_EQ(end_of(one, done, [&] { (void)zero.look({&done, 1}, false); }), RunEnd::returned);
  EXPECT_EQ(end_of(zero, done), RunEnd::returned);
  EXPECT_EQ(error_of(one, RunEnd::returned), "");
}

TEST_F(Launchers, DoNotEndWhileOneRankStillMoves) {
  BoardReferee& zero = add(0, 2);
  BoardReferee& one = add(1, 2);
  const RankStatus done = standing(HostState::returned);
  for (std::uint64_t i = 0; i < 120; ++i) {
    const RankStatus moving = standing(HostState::waiting, i);
    EXPECT_EQ(zero.look({&done, 1}, false), std::nullopt);
    EXPECT_EQ(one.look({&moving, 1}, false), std::nullopt);
    std::this_thread::sleep_for(milliseconds(10));
  }
}

TEST_F(Launchers, EndWhatHangsForAllAlike) {
  BoardReferee& zero = add(0, 2);
  BoardReferee& one = add(1, 2);
  const RankStatus waiting = standing(HostState::waiting);
  const RankStatus done = standing(HostState::returned);
  EXPECT_EQ(end_of(one, waiting, [&] { (void)zero.look({&done, 1}, false); }), RunEnd::quiescent);
  EXPECT_EQ(one.ranks()[0].state, HostState::returned);
  EXPECT_EQ(one.ranks()[1].state, HostState::waiting);
}

TEST_F(Launchers, NameARankThatNeverComesAlsoRankZero) {
  BoardReferee& one = add(1, 3);
  BoardReferee& two = add(2, 3);
  const RankStatus creating = standing(HostState::creating);
  EXPECT_EQ(end_of(one, creating, [&] { (void)two.look({&creating, 1}, false); }), RunEnd::quiescent);
  EXPECT_EQ(error_of(one, RunEnd::quiescent), "rank 0: did not come within 0.8 s");
  EXPECT_EQ(end_of(two, creating), RunEnd::quiescent);
  EXPECT_EQ(conclude(RunEnd::quiescent, two.ranks()).states[0].host, HostState::crashed);
}

// A batch system may suspend a whole job: that is nobody's silence, and no time in which nothing moved.
TEST_F(Launchers, ThatWereSuspendedTogetherGoOn) {
  BoardReferee& zero = add(0, 2);
  BoardReferee& one = add(1, 2);
  const RankStatus waiting = standing(HostState::waiting);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(zero.look({&waiting, 1}, false), std::nullopt);
    EXPECT_EQ(one.look({&waiting, 1}, false), std::nullopt);
    std::this_thread::sleep_for(milliseconds(i == 0 ? 50 : 2000));
  }
  EXPECT_EQ(zero.look({&waiting, 1}, false), std::nullopt);
  EXPECT_EQ(one.look({&waiting, 1}, false), std::nullopt);
}

TEST_F(Launchers, OneThatWasGivenUpMeanwhileBlamesNobody) {
  BoardReferee& zero = add(0, 2);
  const RankStatus waiting = standing(HostState::waiting);
  EXPECT_EQ(zero.look({&waiting, 1}, false), std::nullopt);
  std::filesystem::remove_all(folder_);
  std::this_thread::sleep_for(milliseconds(2000));
  EXPECT_EQ(zero.look({&waiting, 1}, false), RunEnd::backend_error);
  EXPECT_EQ(error_of(zero, RunEnd::backend_error),
            "rank 0: its launcher stood still for 2 s, and the others ended the run without it");
  EXPECT_EQ(zero.ranks()[1].state, HostState::unknown);
}

TEST_F(Launchers, NameALauncherThatFallsSilent) {
  BoardReferee& zero = add(0, 2);
  BoardReferee& one = add(1, 2);
  const RankStatus waiting = standing(HostState::waiting);
  (void)zero.look({&waiting, 1}, false);
  // Its rank moves, so that the timeout is not what ends the run.
  std::optional<RunEnd> end;
  for (std::uint64_t i = 0; !end && i < 500; ++i) {
    const RankStatus moving = standing(HostState::waiting, i < 180 ? i : 180);
    end = one.look({&moving, 1}, false);
    std::this_thread::sleep_for(milliseconds(10));
  }
  EXPECT_EQ(end, RunEnd::quiescent);
  EXPECT_EQ(error_of(one, RunEnd::quiescent), "rank 0: its launcher was silent for 1.5 s");
}

TEST_F(Launchers, WaitForWhoToldNothingLatelyBeforeTheyEndWhatItBlocks) {
  BoardReferee& zero = add(0, 3);
  BoardReferee& one = add(1, 3);
  BoardReferee& two = add(2, 3);
  RankStatus lost = standing(HostState::waiting);
  lost.trouble = Trouble::peer_lost;
  const RankStatus waiting = standing(HostState::waiting);
  EXPECT_EQ(two.look({&waiting, 1}, false), std::nullopt);
  EXPECT_EQ(end_of(zero, waiting, [&] { (void)one.look({&lost, 1}, false); }), RunEnd::quiescent);
  EXPECT_TRUE(zero.ranks()[2].is_silent);
  EXPECT_FALSE(zero.ranks()[1].is_silent);
}

TEST_F(Launchers, LateOnesFindTheObjectionToAnEarlierOne) {
  BoardReferee& zero = add(0, 3);
  BoardReferee& one = add(1, 3, 7, "there");
  const RankStatus moving = standing(HostState::running, 0);
  EXPECT_EQ(zero.look({&moving, 1}, false), std::nullopt);
  EXPECT_EQ(one.look({&moving, 1}, false), std::nullopt);
  std::this_thread::sleep_for(milliseconds(40));
  EXPECT_EQ(zero.look({&moving, 1}, false), std::nullopt) << "rank 2 has not come";
  EXPECT_FALSE(zero.came(2));
  BoardReferee& two = add(2, 3);
  EXPECT_EQ(two.look({&moving, 1}, false), std::nullopt);
  EXPECT_EQ(end_of(zero, moving), RunEnd::backend_error);
  EXPECT_EQ(end_of(two, moving), RunEnd::backend_error);
}

TEST_F(Launchers, OfDifferentScenariosAreToldApart) {
  BoardReferee& zero = add(0, 2, 7);
  BoardReferee& one = add(1, 2, 8);
  const RankStatus creating = standing(HostState::creating);
  EXPECT_EQ(end_of(zero, creating, [&] { (void)one.look({&creating, 1}, false); }), RunEnd::backend_error);
  EXPECT_EQ(error_of(zero, RunEnd::backend_error),
            "rank 1: runs another scenario, parameters, seed, world or binary than rank 0");
}

TEST_F(Launchers, OfTwoMachinesNeedAnInterface) {
  BoardReferee& zero = add(0, 2, 7, "here");
  BoardReferee& one = add(1, 2, 7, "there");
  const RankStatus creating = standing(HostState::creating);
  EXPECT_EQ(end_of(zero, creating, [&] { (void)one.look({&creating, 1}, false); }), RunEnd::backend_error);
  EXPECT_EQ(
      error_of(zero, RunEnd::backend_error),
      "rank 1: is on another machine than rank 0, or in a container with another network; name the network "
      "between them with --interface");
}

TEST_F(Launchers, EndWhenOneIsInterruptedAndTheFirstDecisionStays) {
  BoardReferee& zero = add(0, 2);
  BoardReferee& one = add(1, 2);
  const RankStatus waiting = standing(HostState::waiting);
  (void)zero.look({&waiting, 1}, false);
  EXPECT_EQ(one.look({&waiting, 1}, true), RunEnd::interrupted);
  const RankStatus done = standing(HostState::returned);
  EXPECT_EQ(end_of(zero, done), RunEnd::interrupted);
}

}  // namespace
}  // namespace gridlock
