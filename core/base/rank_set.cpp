#include "core/base/rank_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/base/check.h"

namespace gridlock {
namespace {

// Greedy from the left: take the longest run with the stride of the next two ranks; a run of two ranks with a
// gap is kept as two single ranks, because "3, 8" reads better than "3-8 step 5".
std::vector<RankRun> runs_of_sorted(const std::vector<RankId>& ranks) {
  std::vector<RankRun> runs;
  std::size_t i = 0;
  while (i < ranks.size()) {
    RankRun run{ranks[i], 1, 1};
    if (i + 1 < ranks.size()) {
      const RankId stride = ranks[i + 1] - ranks[i];
      std::size_t end = i + 1;
      while (end < ranks.size() && ranks[end] - ranks[end - 1] == stride) ++end;
      const auto count = static_cast<RankId>(end - i);
      if (stride == 1 || count > 2) run = {ranks[i], stride, count};
    }
    runs.push_back(run);
    i += static_cast<std::size_t>(run.count);
  }
  return runs;
}

}  // namespace

RankSet::RankSet(std::initializer_list<RankId> ranks) : RankSet(std::vector<RankId>(ranks)) {}

RankSet::RankSet(std::vector<RankId> ranks) {
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  runs_ = runs_of_sorted(ranks);
}

RankSet RankSet::strided(RankId first, RankId stride, RankId count) {
  GRIDLOCK_CHECK(stride > 0 && count >= 0);
  RankSet set;
  if (count > 2 || (count == 2 && stride == 1)) {
    set.runs_ = {{first, stride, count}};
    return set;
  }
  for (RankId i = 0; i < count; ++i) set.runs_.push_back({first + i * stride, 1, 1});
  return set;
}

std::size_t RankSet::size() const {
  std::size_t total = 0;
  for (const RankRun& run : runs_) total += static_cast<std::size_t>(run.count);
  return total;
}

bool RankSet::contains(RankId rank) const {
  return std::any_of(runs_.begin(), runs_.end(), [rank](const RankRun& run) {
    const RankId offset = rank - run.start;
    return offset >= 0 && offset % run.stride == 0 && offset / run.stride < run.count;
  });
}

RankId RankSet::first() const {
  GRIDLOCK_CHECK(!runs_.empty());
  return runs_.front().start;
}

std::vector<RankId> RankSet::to_vector() const {
  std::vector<RankId> ranks;
  ranks.reserve(size());
  for (const RankRun& run : runs_) {
    for (RankId i = 0; i < run.count; ++i) ranks.push_back(run.start + i * run.stride);
  }
  return ranks;
}

RankSet RankSet::united(const RankSet& other) const {
  std::vector<RankId> ranks = to_vector();
  const std::vector<RankId> more = other.to_vector();
  ranks.insert(ranks.end(), more.begin(), more.end());
  return RankSet(std::move(ranks));
}

RankSet RankSet::without(const RankSet& other) const {
  const std::vector<RankId> mine = to_vector();
  const std::vector<RankId> theirs = other.to_vector();
  std::vector<RankId> rest;
  std::set_difference(mine.begin(), mine.end(), theirs.begin(), theirs.end(), std::back_inserter(rest));
  return RankSet(std::move(rest));
}

std::string RankSet::to_string() const {
  if (runs_.empty()) return "none";
  std::string text;
  for (const RankRun& run : runs_) {
    if (!text.empty()) text += ", ";
    const RankId last = run.start + (run.count - 1) * run.stride;
    if (run.count == 1) {
      text += fmt::format("{}", run.start);
    } else if (run.stride == 1) {
      text += fmt::format("{}-{}", run.start, last);
    } else {
      text += fmt::format("{}-{} step {}", run.start, last, run.stride);
    }
  }
  return text;
}

}  // namespace gridlock
