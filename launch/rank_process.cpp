#include "launch/rank_process.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace gridlock {
namespace {

constexpr std::int64_t kSharesOfBound = 1'000'000;
constexpr std::int64_t kShareMax = 1000;

[[noreturn]] void leave(int code) {
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace

bool RankProcess::count_request(std::int64_t request_max) {
  if (granted_ == 0) {
    // Many at once where the bound is far, because all ranks count at one place.
    const std::int64_t share = std::clamp<std::int64_t>(request_max / kSharesOfBound, 1, kShareMax);
    if (counters_.requests.fetch_add(share, std::memory_order_relaxed) + share > request_max) return false;
    granted_ = share;
  }
  --granted_;
  log_.add_request();
  return true;
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
