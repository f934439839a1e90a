#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/units.h"

namespace gridlock::sim {

/// A host thread of the run: below the size of the world the main thread of that rank, above it the others.
using HostId = std::int32_t;

/// Numbers of the host threads of all ranks, each with room for the same number of them.
struct Hosts {
  RankId world_size = 0;
  /// Beside the main one, for each rank.
  std::int32_t thread_max = 0;

  HostId count() const { return world_size * (1 + thread_max); }
  bool is_main(HostId host) const { return host < world_size; }
  RankId rank_of(HostId host) const { return is_main(host) ? host : (host - world_size) / thread_max; }
  /// Requires: 0 <= place < thread_max.
  HostId thread(RankId rank, std::int32_t place) const { return world_size + rank * thread_max + place; }
};

}  // namespace gridlock::sim
