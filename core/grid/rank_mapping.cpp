#include "core/grid/rank_mapping.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {
namespace {

const std::string kPlace = "rank_mapping";
constexpr std::size_t kPrintedMax = 16;

// The distance of all neighbours when it is the same and positive, else 0.
RankId common_stride(const std::vector<RankId>& ranks) {
  const RankId stride = ranks.size() < 2 ? 1 : ranks[1] - ranks[0];
  for (std::size_t i = 1; i < ranks.size(); ++i) {
    if (ranks[i] - ranks[i - 1] != stride) return 0;
  }
  return std::max(stride, 0);
}

}  // namespace

RankMapping RankMapping::strided(RankId count, RankId start, RankId stride) {
  if (count < 1) throw InputError(kPlace, fmt::format("a mapping needs at least one rank, got {}", count));
  if (start < 0) throw InputError(kPlace, fmt::format("world ranks count from 0, got {}", start));
  if (stride < 1) throw InputError(kPlace, fmt::format("the stride must be 1 or more, got {}", stride));
  const std::int64_t last = start + std::int64_t{count - 1} * stride;
  if (last >= std::numeric_limits<RankId>::max()) {
    throw InputError(
        kPlace, fmt::format("{} ranks from {} with stride {} reach rank {}, which no int32 can count", count,
                            start, stride, last));
  }
  RankMapping mapping;
  mapping.size_ = count;
  mapping.start_ = start;
  mapping.stride_ = count == 1 ? 1 : stride;
  return mapping;
}

RankMapping RankMapping::list(std::vector<RankId> world_ranks) {
  if (world_ranks.empty()) throw InputError(kPlace, "a mapping needs at least one rank, got none");
  auto table = std::make_shared<Table>();
  for (std::size_t i = 0; i < world_ranks.size(); ++i) {
    const auto model_rank = static_cast<RankId>(i);
    if (world_ranks[i] < 0) {
      throw InputError(kPlace, fmt::format("model rank {} is mapped to {}, but world ranks count from 0", i,
                                           world_ranks[i]));
    }
    table->world_and_model.emplace_back(world_ranks[i], model_rank);
    if (i > 0 && world_ranks[i] < world_ranks[i - 1] && !table->descent) {
      table->descent = Descent{{model_rank - 1, world_ranks[i - 1]}, {model_rank, world_ranks[i]}};
    }
  }
  std::sort(table->world_and_model.begin(), table->world_and_model.end());
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  const auto twice = std::adjacent_find(table->world_and_model.begin(), table->world_and_model.end(), same);
  if (twice != table->world_and_model.end()) {
    throw InputError(kPlace, fmt::format("model ranks {} and {} are both mapped to rank {}", twice->second,
                                         std::next(twice)->second, twice->first));
  }
  const auto count = static_cast<RankId>(world_ranks.size());
  if (const RankId stride = common_stride(world_ranks); stride > 0)
    return strided(count, world_ranks[0], stride);
  RankMapping mapping;
  mapping.size_ = count;
  table->world = std::move(world_ranks);
  mapping.table_ = std::move(table);
  return mapping;
}

RankMapping RankMapping::entries(RankId count, std::span<const Entry> entries) {
  std::vector<RankId> world_ranks(static_cast<std::size_t>(std::max(count, 0)), kNoRank);
  for (const Entry& entry : entries) {
    if (entry.model_rank < 0 || entry.model_rank >= count) {
      throw InputError(kPlace, fmt::format("key {} is not a rank of the model, whose ranks are 0 to {}",
                                           entry.model_rank, count - 1));
    }
    RankId& world_rank = world_ranks[static_cast<std::size_t>(entry.model_rank)];
    if (world_rank != kNoRank)
      throw InputError(kPlace, fmt::format("key {} is given twice", entry.model_rank));
    if (entry.world_rank < 0) {
      throw InputError(kPlace, fmt::format("model rank {} is mapped to {}, but world ranks count from 0",
                                           entry.model_rank, entry.world_rank));
    }
    world_rank = entry.world_rank;
  }
  const auto missing = std::find(world_ranks.begin(), world_ranks.end(), kNoRank);
  if (missing != world_ranks.end()) {
    throw InputError(kPlace, fmt::format("the mapping of a model of {} ranks lacks key {}", count,
                                         missing - world_ranks.begin()));
  }
  return list(std::move(world_ranks));
}

RankId RankMapping::to_world(RankId model_rank) const {
  GRIDLOCK_CHECK(model_rank >= 0 && model_rank < size_);
  return table_ ? table_->world[static_cast<std::size_t>(model_rank)] : start_ + stride_ * model_rank;
}

RankId RankMapping::to_model(RankId world_rank) const {
  if (table_) {
    const auto& pairs = table_->world_and_model;
    const auto found = std::lower_bound(pairs.begin(), pairs.end(), std::pair(world_rank, RankId{0}));
    return found != pairs.end() && found->first == world_rank ? found->second : kNoRank;
  }
  const RankId distance = world_rank - start_;
  if (distance < 0 || distance % stride_ != 0 || distance / stride_ >= size_) return kNoRank;
  return distance / stride_;
}

Members RankMapping::to_world(const Members& model_ranks) const {
  if (!table_) return model_ranks.affine(start_, stride_);
  std::vector<RankId> world_ranks;
  world_ranks.reserve(static_cast<std::size_t>(model_ranks.size()));
  model_ranks.for_each([&](RankId rank) { world_ranks.push_back(to_world(rank)); });
  return Members::list(std::move(world_ranks));
}

std::optional<RankMapping::Descent> RankMapping::first_descent() const {
  return table_ ? table_->descent : std::nullopt;
}

void RankMapping::check_fits(RankId world_size) const {
  const RankId last = table_ ? table_->world_and_model.back().first : start_ + stride_ * (size_ - 1);
  if (last < world_size) return;
  throw InputError(kPlace,
                   fmt::format("model rank {} is mapped to rank {}, but the world's ranks are 0 to {}",
                               to_model(last), last, world_size - 1));
}

std::string RankMapping::to_string() const {
  if (is_identity()) return fmt::format("identity of {} ranks", size_);
  if (!table_ && stride_ == 1) return fmt::format("offset {} of {} ranks", start_, size_);
  if (!table_) return fmt::format("stride {} from {} of {} ranks", stride_, start_, size_);
  const auto& world = table_->world;
  if (world.size() <= kPrintedMax) return fmt::format("[{}]", fmt::join(world, ", "));
  const auto first = world.begin();
  return fmt::format("[{}, ...] ({} ranks)", fmt::join(first, first + kPrintedMax, ", "), size_);
}

void RankMapping::append_words(std::vector<std::uint32_t>& words) const {
  words.push_back(static_cast<std::uint32_t>(size_));
  words.push_back(table_ ? 1U : 0U);
  if (!table_) {
    words.push_back(static_cast<std::uint32_t>(start_));
    words.push_back(static_cast<std::uint32_t>(stride_));
    return;
  }
  for (const RankId rank : table_->world) words.push_back(static_cast<std::uint32_t>(rank));
}

bool RankMapping::operator==(const RankMapping& other) const {
  if (size_ != other.size_ || start_ != other.start_ || stride_ != other.stride_) return false;
  if (!table_ || !other.table_) return !table_ && !other.table_;
  return table_ == other.table_ || table_->world == other.table_->world;
}

}  // namespace gridlock
