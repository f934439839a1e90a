#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/grid/group.h"
#include "core/rank/call.h"

namespace gridlock {

/// Which output of a rank it was.
struct ResultPlace {
  GroupKey group;
  CallKind kind = CallKind::barrier;
  /// As in Record::sequence.
  std::int32_t sequence = 0;
  /// Sender of a recv, so that messages of two senders cannot be exchanged unseen; -1 for every other kind.
  GroupRank peer = -1;
};

/// Hash of the content of an output, the same on every machine.
std::uint64_t content_hash(std::span<const std::byte> bytes);

/// What one output of at least one byte adds to RankEnd::results; empty outputs add nothing. Every world
/// computes it with this function, so that a program's results can be compared between worlds.
std::uint64_t result_hash(const ResultPlace& place, std::uint64_t content);

}  // namespace gridlock
