#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/rank/rank.h"
#include "launch/rank_host.h"
#include "tests/nccl_stand_in/stand_in_machine.h"

namespace gridlock {

/// What the simulated ranks of one run share: the part of the launcher.
struct StandInRun {
  std::vector<std::unique_ptr<SharedLog>> logs;
  std::vector<bool> exited;
  std::map<std::string, std::string, std::less<>> board;
  std::int64_t requests = 0;
  Nanos deadline{0};
  bool ended = false;
  bool ended_well = false;
  /// How each rank stood at the end: what comes later is no part of the run.
  struct Stand {
    HostState state;
    Trouble trouble;
    std::string text;
  };
  std::vector<Stand> stands;

  /// Ends the run when all ranks are done, or its time is over.
  void look(Nanos now);
};

/// A simulated rank as the place where a GPU rank runs.
class StandInHost final : public RankHost {
 public:
  StandInHost(Rank& simulated, StandInRun& run, StandInMachine& machine)
      : simulated_(simulated), run_(run), machine_(machine) {}

  RankId rank() const override { return simulated_.id(); }
  SharedLog& log() override { return *run_.logs[static_cast<std::size_t>(rank())]; }
  bool ended() const override { return run_.ended; }
  bool ended_well() const override { return run_.ended_well; }
  void pause(std::int64_t times) override;
  Nanos now() const override { return simulated_.now(); }
  bool count_request(std::int64_t request_max) override { return run_.requests++ < request_max; }
  bool put(std::string_view name, std::string_view text) override;
  std::optional<std::string> get(std::string_view name) const override;
  [[noreturn]] void exit_early() override;

 private:
  Rank& simulated_;
  StandInRun& run_;
  StandInMachine& machine_;
};

}  // namespace gridlock
