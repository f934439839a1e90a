#include "tests/nccl_stand_in/stand_in_host.h"

#include <algorithm>
#include <cstdlib>

namespace gridlock {

void StandInRun::look(Nanos now) {
  if (ended) return;
  bool all_done = true;
  bool trouble = false;
  for (std::size_t rank = 0; rank < logs.size(); ++rank) {
    const bool done = logs[rank]->state() == HostState::returned && logs[rank]->open_tickets() == 0;
    all_done = all_done && (done || exited[rank]);
    trouble = trouble || exited[rank] || logs[rank]->trouble() != Trouble::none;
  }
  ended = all_done || now >= deadline;
  ended_well = all_done && !trouble;
  for (std::size_t rank = 0; ended && rank < logs.size(); ++rank) {
    const SharedLog& log = *logs[rank];
    stands.push_back({exited[rank] ? HostState::exited : log.state(), log.trouble(), log.trouble_text()});
  }
}

void StandInHost::pause(std::int64_t times) {
  machine_.progress();
  // The longer nothing happens, the larger the steps.
  const std::int64_t step = std::min<std::int64_t>(times + 1, 1000);
  static_cast<void>(simulated_.compute(Nanos(step * 1000)));
  run_.look(simulated_.now());
}

bool StandInHost::put(std::string_view name, std::string_view text) {
  run_.board.emplace(name, text);
  return true;
}

std::optional<std::string> StandInHost::get(std::string_view name) const {
  const auto known = run_.board.find(name);
  return known == run_.board.end() ? std::nullopt : std::optional(known->second);
}

void StandInHost::exit_early() {
  run_.exited[static_cast<std::size_t>(rank())] = true;
  machine_.forget(rank());
  Request request;
  request.kind = RequestKind::exit;
  static_cast<void>(simulated_.execute(request));
  std::abort();
}

}  // namespace gridlock
