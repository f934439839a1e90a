#pragma once

#include <string>

#include "launch/post_board.h"
#include "launch/rank_host.h"
#include "launch/rank_process.h"

namespace gridlock {

/// A rank that is a process of its own, started by launch(). Owned by that process.
class ProcessHost final : public RankHost {
 public:
  /// `folder` is shared by all ranks of the run; `process` outlives this.
  ProcessHost(RankProcess& process, std::string folder) : process_(process), board_(std::move(folder)) {}

  RankId rank() const override { return process_.rank(); }
  SharedLog& log() override { return process_.log(); }
  bool ended() const override { return process_.counters().ended.load(std::memory_order_acquire); }
  bool ended_well() const override { return process_.counters().ended_well.load(std::memory_order_acquire); }
  /// Busy for the first thousands of times, then sleeps for some microseconds.
  void pause(std::int64_t times) override;
  Nanos now() const override;
  bool count_request(std::int64_t request_max) override;
  bool put(std::string_view name, std::string_view text) override { return board_.put(name, text); }
  std::optional<std::string> get(std::string_view name) const override { return board_.get(name); }
  [[noreturn]] void exit_early() override { process_.exit_early(); }

 private:
  RankProcess& process_;
  PostBoard board_;
};

}  // namespace gridlock
