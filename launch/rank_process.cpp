#include "launch/rank_process.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace gridlock {
namespace {

[[noreturn]] void leave(int code) {
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace

bool RankProcess::count_request(std::int64_t request_max) {
  log_.add_request();
  return counters_.requests.fetch_add(1, std::memory_order_relaxed) < request_max;
}

void RankProcess::wait_for_end() const {
  // Nobody writes: the read returns when the last writing end, the launcher's, is closed.
  char nothing = 0;
  while (::read(end_pipe_, &nothing, 1) < 0 && errno == EINTR) {
  }
}

void RankProcess::finish() {
  wait_for_end();
  leave(kFinishedExit);
}

void RankProcess::exit_early() { leave(kEarlyExit); }

void RankProcess::crash(std::string_view text) {
  log_.set_trouble(Trouble::backend_error, text);
  log_.set_state(HostState::crashed);
  leave(kCrashedExit);
}

}  // namespace gridlock
