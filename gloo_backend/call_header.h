#pragma once

#include <cstdint>
#include <span>

#include "gloo_backend/prepared_call.h"

namespace gridlock {

/// What the members of a group tell each other before they move data, because Gloo checks lengths at best,
/// and ends the process when they differ. Equal headers mean calls that fit together; the rules are those of
/// every world: kind, and, where the operation has them, count or counts, dtype, op, scalar and root; for the
/// ends of a message count and dtype.
struct CallHeader {
  std::uint64_t kind = 0;
  std::uint64_t dtype_op = 0;
  std::int64_t peer = -1;
  std::int64_t count = 0;
  std::uint64_t counts_hash = 0;
  double scalar = 1.0;

  bool operator==(const CallHeader&) const = default;
};

CallHeader header_of(const PreparedCall& call);

/// Whether what each rank of an all_to_all_v sends is what the others expect. `rows` has 2 * size numbers per
/// member: what it sends to each, then what it receives from each.
bool is_split_consistent(std::span<const std::int64_t> rows, GroupRank size);

/// The same 64 bits on both ends of a connection for numbers that are equal there, and by all odds for no
/// others.
std::uint64_t mixed(std::span<const std::uint64_t> words);

}  // namespace gridlock
