#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace gridlock {

/// Prime factors of `n` in ascending order; empty for 1. Throws InputError for n < 1. O(sqrt n).
std::vector<std::int64_t> prime_factors(std::int64_t n);

/// All ordered triples of positive numbers whose product is `n`, in lexicographic order; each is one way to
/// lay pipe, data and tensor on n ranks. None for 0, as in the reference; throws InputError for n < 0.
std::vector<std::array<std::int64_t, 3>> decompose_to_three_factors(std::int64_t n);

}  // namespace gridlock
