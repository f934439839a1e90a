#include "launch/process_host.h"

#include <sched.h>

#include <chrono>
#include <thread>

namespace gridlock {
namespace {

/// A waiting rank keeps its core for about a millisecond, so that short operations are seen at once.
constexpr std::int64_t kBusyTimes = 2000;
constexpr auto kSleep = std::chrono::microseconds(50);

}  // namespace

void ProcessHost::pause(std::int64_t times) {
  if (times < kBusyTimes) {
    ::sched_yield();
  } else {
    std::this_thread::sleep_for(kSleep);
  }
}

Nanos ProcessHost::now() const { return std::chrono::steady_clock::now().time_since_epoch(); }

bool ProcessHost::count_request(std::int64_t request_max) { return process_.count_request(request_max); }

}  // namespace gridlock
