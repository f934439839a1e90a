#pragma once

#include <optional>
#include <span>
#include <vector>

#include "launch/rank_status.h"

namespace gridlock {

/// Tells a launcher when its run is over. Used by the launcher's process.
class Referee {
 public:
  virtual ~Referee() = default;

  /// `own` are the ranks of this launcher, as they stand now; `interrupted`: it was asked to stop, which ends
  /// the run. Never blocks for long.
  virtual std::optional<RunEnd> look(std::span<const RankStatus> own, bool interrupted) = 0;
  /// Once look has told the end: how all ranks of the world stood then.
  virtual const std::vector<RankStatus>& ranks() const = 0;
};

/// That of a launcher which has all ranks.
class LoneReferee final : public Referee {
 public:
  explicit LoneReferee(std::chrono::milliseconds real_timeout) : watch_(real_timeout) {}

  std::optional<RunEnd> look(std::span<const RankStatus> own, bool interrupted) override {
    ranks_.assign(own.begin(), own.end());
    return interrupted ? watch_.interrupt(own) : watch_.look(own);
  }
  const std::vector<RankStatus>& ranks() const override { return ranks_; }

 private:
  RunWatch watch_;
  std::vector<RankStatus> ranks_;
};

}  // namespace gridlock
