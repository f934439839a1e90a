#include "sim/pair_table.h"

#include <algorithm>
#include <utility>

namespace gridlock::sim {
namespace {

/// Both directions of four neighbours lie side by side: who writes to whom mostly writes back, and pipelines
/// write to the next rank.
std::uint64_t hash(const PairKey& key) {
  const auto lower = static_cast<std::uint32_t>(std::min(key.from, key.to));
  const auto distance = static_cast<std::uint32_t>(std::max(key.from, key.to)) - lower;
  const std::uint64_t ranks = std::uint64_t{lower / 4} << 32 | distance | std::uint64_t{key.alone} << 63;
  const std::uint64_t place =
      static_cast<std::uint32_t>(key.instance) | std::uint64_t{static_cast<std::uint32_t>(key.tag)} << 32;
  const std::uint64_t mixed = (ranks ^ place * 0xC2B2'AE3D'27D4'EB4FULL) * 0x9E37'79B1'85EB'CA87ULL;
  return (mixed ^ mixed >> 32) << 3 | lower % 4 << 1 | static_cast<std::uint64_t>(key.from > key.to);
}

}  // namespace

std::size_t PairTable::place_of(const PairKey& key) const {
  const std::size_t mask = entries_.size() - 1;
  std::size_t place = static_cast<std::size_t>(hash(key)) & mask;
  while (entries_[place].slot != kNoSlot && !(entries_[place].key == key)) place = (place + 1) & mask;
  return place;
}

Slot PairTable::find(const PairKey& key) const { return entries_[place_of(key)].slot; }

void PairTable::add(const PairKey& key, Slot slot) {
  if (2 * ++size_ > entries_.size()) {
    std::vector<Entry> old(2 * entries_.size());
    old.swap(entries_);
    for (const Entry& entry : old) {
      if (entry.slot != kNoSlot) entries_[place_of(entry.key)] = entry;
    }
  }
  entries_[place_of(key)] = {key, slot};
}

}  // namespace gridlock::sim
