#include "core/rank/result_hash.h"

#include <xxhash.h>

#include <array>

namespace gridlock {

std::uint64_t content_hash(std::span<const std::byte> bytes) {
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t result_hash(const ResultPlace& place, std::uint64_t content) {
  const std::uint64_t order = std::uint64_t{static_cast<std::uint32_t>(place.sequence)} << 32 |
                              static_cast<std::uint32_t>(place.peer);
  const std::array<std::uint64_t, 5> words{place.group.high, place.group.low,
                                           static_cast<std::uint64_t>(place.kind), order, content};
  return XXH3_64bits(words.data(), sizeof(words));
}

}  // namespace gridlock
