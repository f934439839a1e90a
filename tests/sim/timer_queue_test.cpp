#include "sim/timer_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace gridlock {
namespace {

TEST(TimerQueue, GivesTimersByTimeAndThenInTheOrderInWhichTheyWereAdded) {
  // Against a stable sort of the same timers, with later additions at times that are being handled.
  sim::TimerQueue queue;
  std::vector<std::pair<Nanos, std::uint32_t>> expected;
  std::uint64_t state = 7;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const Nanos time{static_cast<std::int64_t>(state >> 60)};
    queue.add(time, {sim::TimerKind::compute, i});
    expected.emplace_back(time, i);
  }
  std::stable_sort(expected.begin(), expected.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::pair<Nanos, std::uint32_t>> got;
  std::vector<sim::Timer> due;
  while (!queue.empty()) {
    const Nanos time = queue.next_time();
    queue.take_next(due);
    for (const sim::Timer& timer : due) got.emplace_back(time, timer.subject);
  }
  EXPECT_EQ(got, expected);
}

TEST(TimerQueue, ATimerAddedAtTheTimeThatWasTakenComesNext) {
  sim::TimerQueue queue;
  std::vector<sim::Timer> due;
  queue.add(Nanos{5}, {sim::TimerKind::compute, 1});
  queue.take_next(due);
  queue.add(Nanos{5}, {sim::TimerKind::compute, 2});
  queue.take_next(due);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].subject, 2u);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace gridlock
