#include "core/grid/members.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "core/base/input_error.h"
#include "core/base/rank_set.h"

namespace gridlock {
namespace {

constexpr RankId kPrintedMax = 16;

// Drops steps of one and joins a level that continues the next one: (2 x 4)(1 x 4 ... ) with 4 == 1 * 4 is
// one run.
std::vector<Members::Level> fewest_levels(std::span<const Members::Level> levels) {
  std::vector<Members::Level> fewest;
  for (const Members::Level& level : levels) {
    GRIDLOCK_CHECK(level.count > 0);
    if (level.count == 1) continue;
    GRIDLOCK_CHECK(level.stride > 0);
    if (!fewest.empty()) {
      const std::int64_t extent = std::int64_t{level.stride} * level.count;
      GRIDLOCK_CHECK(fewest.back().stride >= extent);
      if (fewest.back().stride == extent) {
        fewest.back() = {level.stride, fewest.back().count * level.count};
        continue;
      }
    }
    fewest.push_back(level);
  }
  return fewest;
}

std::vector<RankId> ranks_of_levels(RankId start, std::span<const Members::Level> levels) {
  std::vector<RankId> ranks{start};
  for (const Members::Level& level : levels) {
    std::vector<RankId> next;
    next.reserve(ranks.size() * static_cast<std::size_t>(level.count));
    for (const RankId rank : ranks) {
      for (RankId i = 0; i < level.count; ++i) next.push_back(rank + i * level.stride);
    }
    ranks = std::move(next);
  }
  return ranks;
}

// The starts of the blocks when `ranks` is blocks of `count` ranks, each with the stride of the first two
// ranks; empty when it is not. The innermost level of a nested box is its longest run from the left, so there
// is one way to peel it.
std::vector<RankId> peel_level(const std::vector<RankId>& ranks, Members::Level& level) {
  level.stride = ranks[1] - ranks[0];
  std::size_t count = 2;
  while (count < ranks.size() && ranks[count] - ranks[count - 1] == level.stride) ++count;
  if (ranks.size() % count != 0) return {};
  level.count = static_cast<RankId>(count);
  std::vector<RankId> starts;
  for (std::size_t block = 0; block < ranks.size(); block += count) {
    for (std::size_t i = 1; i < count; ++i) {
      if (ranks[block + i] - ranks[block + i - 1] != level.stride) return {};
    }
    if (block > 0 && ranks[block] - starts.back() < std::int64_t{level.stride} * level.count) return {};
    starts.push_back(ranks[block]);
  }
  return starts;
}

// Levels from the outermost in, or empty when the ranks are no nested box of few levels.
std::vector<Members::Level> levels_of_sorted(std::vector<RankId> ranks) {
  std::vector<Members::Level> levels;
  while (ranks.size() > 1) {
    Members::Level level{};
    ranks = peel_level(ranks, level);
    if (ranks.empty() || levels.size() == static_cast<std::size_t>(Members::kLevelMax)) return {};
    levels.insert(levels.begin(), level);
  }
  return levels;
}

}  // namespace

Members Members::box(RankId start, std::span<const Level> levels) {
  const std::vector<Level> fewest = fewest_levels(levels);
  Members members;
  if (fewest.size() > static_cast<std::size_t>(kLevelMax)) {
    auto ranks = std::make_shared<const std::vector<RankId>>(ranks_of_levels(start, fewest));
    members.size_ = static_cast<RankId>(ranks->size());
    members.start_ = start;
    members.explicit_ = std::move(ranks);
    return members;
  }
  members.size_ = 1;
  members.start_ = start;
  members.level_count_ = static_cast<int>(fewest.size());
  std::copy(fewest.begin(), fewest.end(), members.levels_.begin());
  for (const Level& level : fewest) members.size_ *= level.count;
  return members;
}

Members Members::range(RankId start, RankId count) {
  if (count == 0) return {};
  const Level level{1, count};
  return box(start, std::span(&level, 1));
}

Members Members::list(std::vector<RankId> ranks) {
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  if (ranks.empty()) return {};
  const std::vector<Level> levels = levels_of_sorted(ranks);
  if (!levels.empty() || ranks.size() == 1) return box(ranks.front(), levels);
  Members members;
  members.size_ = static_cast<RankId>(ranks.size());
  members.start_ = ranks.front();
  members.explicit_ = std::make_shared<const std::vector<RankId>>(std::move(ranks));
  return members;
}

Members Members::ordered(std::vector<RankId> ranks) {
  if (std::is_sorted(ranks.begin(), ranks.end())) return list(std::move(ranks));
  std::vector<GroupRank> order(ranks.size());
  std::iota(order.begin(), order.end(), 0);
  const auto rank_at = [&ranks](GroupRank place) { return ranks[static_cast<std::size_t>(place)]; };
  std::sort(order.begin(), order.end(), [&](GroupRank a, GroupRank b) { return rank_at(a) < rank_at(b); });
  Members members;
  members.size_ = static_cast<RankId>(ranks.size());
  members.start_ = rank_at(order.front());
  members.explicit_ = std::make_shared<const std::vector<RankId>>(std::move(ranks));
  members.order_ = std::make_shared<const std::vector<GroupRank>>(std::move(order));
  return members;
}

Members Members::checked(std::span<const RankId> ranks, RankId world_size, const std::string& place) {
  if (ranks.empty()) {
    throw InputError(place, "a group needs at least one rank, got an empty list",
                     "leave the group out, or name its members");
  }
  std::vector<RankId> sorted(ranks.begin(), ranks.end());
  std::sort(sorted.begin(), sorted.end());
  const auto outside = sorted.front() < 0 ? sorted.front() : sorted.back();
  if (outside < 0 || outside >= world_size) {
    throw InputError(
        place, fmt::format("rank {} is not in the world, whose ranks are 0 to {}", outside, world_size - 1));
  }
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    throw InputError(place, fmt::format("rank {} is named twice in one group", *twice));
  return list(std::move(sorted));
}

RankId Members::operator[](GroupRank i) const {
  GRIDLOCK_CHECK(i >= 0 && i < size_);
  if (explicit_) return (*explicit_)[static_cast<std::size_t>(i)];
  RankId rank = start_;
  for (int level = level_count_ - 1; level >= 0; --level) {
    const Level& steps = levels_[static_cast<std::size_t>(level)];
    rank += i % steps.count * steps.stride;
    i /= steps.count;
  }
  return rank;
}

GroupRank Members::index_of(RankId rank) const {
  if (order_) {
    const auto rank_at = [this](GroupRank place) { return (*explicit_)[static_cast<std::size_t>(place)]; };
    const auto found =
        std::lower_bound(order_->begin(), order_->end(), rank,
                         [&](GroupRank place, RankId wanted) { return rank_at(place) < wanted; });
    return found != order_->end() && rank_at(*found) == rank ? *found : kNoRank;
  }
  if (explicit_) {
    const auto found = std::lower_bound(explicit_->begin(), explicit_->end(), rank);
    if (found == explicit_->end() || *found != rank) return kNoRank;
    return static_cast<GroupRank>(found - explicit_->begin());
  }
  if (size_ == 0 || rank < start_) return kNoRank;
  RankId rest = rank - start_;
  GroupRank index = 0;
  for (int level = 0; level < level_count_; ++level) {
    const Level& steps = levels_[static_cast<std::size_t>(level)];
    const RankId step = rest / steps.stride;
    if (step >= steps.count) return kNoRank;
    index = index * steps.count + step;
    rest -= step * steps.stride;
  }
  return rest == 0 ? index : kNoRank;
}

std::vector<RankId> Members::to_vector() const {
  if (explicit_) return *explicit_;
  if (size_ == 0) return {};
  return ranks_of_levels(start_, std::span(levels_).first(static_cast<std::size_t>(level_count_)));
}

Members Members::affine(RankId start, RankId step) const {
  GRIDLOCK_CHECK(step > 0);
  if (size_ == 0) return {};
  if (explicit_) {
    std::vector<RankId> ranks = *explicit_;
    for (RankId& rank : ranks) rank = start + step * rank;
    return ordered(std::move(ranks));
  }
  std::array<Level, kLevelMax> levels = levels_;
  for (Level& level : levels) level.stride *= step;
  return box(start + step * start_, std::span(levels).first(static_cast<std::size_t>(level_count_)));
}

void Members::append_words(std::vector<std::uint32_t>& words) const {
  words.push_back(static_cast<std::uint32_t>(size_));
  if (explicit_) {
    words.push_back(~0U);
    for (const RankId rank : *explicit_) words.push_back(static_cast<std::uint32_t>(rank));
    return;
  }
  words.push_back(static_cast<std::uint32_t>(level_count_));
  words.push_back(static_cast<std::uint32_t>(start_));
  for (int i = 0; i < level_count_; ++i) {
    words.push_back(static_cast<std::uint32_t>(levels_[static_cast<std::size_t>(i)].stride));
    words.push_back(static_cast<std::uint32_t>(levels_[static_cast<std::size_t>(i)].count));
  }
}

std::uint64_t Members::hash() const {
  std::vector<std::uint32_t> words;
  append_words(words);
  return XXH3_64bits(words.data(), words.size() * sizeof(std::uint32_t));
}

std::string Members::to_string() const {
  if (size_ <= kPrintedMax || order_) return fmt::format("[{}]", fmt::join(to_vector(), ", "));
  return fmt::format("[{}] ({} ranks)", RankSet(to_vector()).to_string(), size_);
}

bool Members::operator==(const Members& other) const {
  if (size_ != other.size_ || start_ != other.start_ || level_count_ != other.level_count_) return false;
  if (explicit_ || other.explicit_) return explicit_ && other.explicit_ && *explicit_ == *other.explicit_;
  return std::equal(levels_.begin(), levels_.begin() + level_count_, other.levels_.begin());
}

}  // namespace gridlock
