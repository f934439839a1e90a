#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "launch/post_board.h"
#include "launch/referee.h"

namespace gridlock {

/// What a launcher tells the others of one run, over and over.
struct SeatReport {
  std::uint64_t beat = 0;
  /// Equal on all launchers that run the same.
  std::uint64_t fingerprint = 0;
  std::string machine;
  RankStatus status;
};

/// The referee of launchers that have one rank each and share a folder. Each tells how its rank stands; the
/// lowest that is not silent decides for all, and the first decision counts. So the run ends for all ranks
/// alike, also when a launcher, even that of rank 0, was killed or never came.
class BoardReferee final : public Referee {
 public:
  struct Seat {
    RankId rank = 0;
    RankId world_size = 1;
    std::uint64_t fingerprint = 0;
    std::string machine;
    /// Whether ranks of another machine cannot be reached.
    bool loopback_only = true;
  };
  struct Times {
    std::chrono::milliseconds real_timeout{30'000};
    /// A launcher that told nothing for so long is lost. Longer than shared folders keep an old state.
    std::chrono::milliseconds silence_max{15'000};
  };

  BoardReferee(PostBoard board, Seat seat, Times times);

  std::optional<RunEnd> look(std::span<const RankStatus> own, bool interrupted) override;
  const std::vector<RankStatus>& ranks() const override { return ranks_; }
  /// Whether the launcher of the rank was ever heard.
  bool came(RankId rank) const { return rank == seat_.rank || others_[static_cast<std::size_t>(rank)].came; }

 private:
  using Clock = RunWatch::Clock;

  /// Another launcher as this one hears it.
  struct Other {
    SeatReport report;
    bool came = false;
    Clock::time_point heard;
  };

  /// False when it could not be written.
  bool tell(const RankStatus& own);
  RunEnd step_aside(const RankStatus& own, Clock::duration gap);
  bool is_silent(RankId rank);
  void listen(RankId rank);
  bool all_came() const;
  /// Since the last rank moved; those that are silent by now are known to be.
  bool were_all_heard_since(std::span<const RankStatus> ranks) const;
  std::vector<RankStatus> hear_all(const RankStatus& own);
  std::optional<RunEnd> objection(std::vector<RankStatus>& ranks) const;
  RunEnd decide(RunEnd end, std::vector<RankStatus> ranks);
  std::optional<RunEnd> decided();

  PostBoard board_;
  Seat seat_;
  Times times_;
  RunWatch watch_;
  std::vector<Other> others_;
  std::vector<RankStatus> ranks_;
  SeatReport told_;
  Clock::time_point told_at_;
  Clock::time_point looked_at_;
};

}  // namespace gridlock
