#pragma once

#include <cstdint>
#include <vector>

#include "core/grid/group_table.h"
#include "sim/pool.h"

namespace gridlock::sim {

/// An ordered pair of members of one group instance, by group rank.
struct PairKey {
  InstanceId instance = InstanceId::none;
  GroupRank from = 0;
  GroupRank to = 0;
  /// The communicator of the two alone, not the group's (Semantics::pair_communicators).
  bool alone = false;
  /// Of a gloo group, which matches messages by tag (G01); 0 elsewhere.
  std::int32_t tag = 0;

  bool operator==(const PairKey&) const = default;
};

/// Slots of ordered pairs. Pairs are never forgotten: a message numbers the messages after it. Looked up
/// only, never walked, so the order inside does not show.
class PairTable {
 public:
  /// kNoSlot when the pair is new.
  Slot find(const PairKey& key) const;
  /// Requires: the pair is new.
  void add(const PairKey& key, Slot slot);

 private:
  struct Entry {
    PairKey key;
    Slot slot = kNoSlot;
  };
  std::size_t place_of(const PairKey& key) const;

  /// Open addressing; the size is a power of two, at most half full.
  std::vector<Entry> entries_ = std::vector<Entry>(64);
  std::size_t size_ = 0;
};

}  // namespace gridlock::sim
