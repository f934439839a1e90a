#pragma once

#include <cstddef>
#include <span>
#include <tuple>
#include <utility>

#include "core/data/operation.h"
#include "core/rank/call.h"

namespace gridlock {

/// The order in which NCCL runs the collectives of one batch (ncclGroupStart/End): those of each group sorted
/// by size, those of one operation, type and reduction together, so that members that wrote them in different
/// orders still meet (rule S05). Sends and receives stay where they are. `call_of` gives the Call of an
/// entry.
template <typename Entry, typename CallOf>
void put_in_library_order(std::span<Entry> entries, CallOf&& call_of) {
  const auto key = [](const Call& call) {
    return std::tuple(-call.count, call.kind, call.dtype, call.op, call.peer);
  };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (operation(call_of(entries[i]).kind).is_p2p) continue;
    for (std::size_t j = i + 1; j < entries.size(); ++j) {
      const Call& rival = call_of(entries[j]);
      const Call& mine = call_of(entries[i]);
      const bool is_rival = !operation(rival.kind).is_p2p && rival.group == mine.group;
      if (is_rival && key(rival) < key(mine)) std::swap(entries[i], entries[j]);
    }
  }
}

}  // namespace gridlock
