#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace gridlock {

/// whole / part. Throws InputError when that leaves a rest or `part` is below 1: "the {whole_name} {whole} is
/// not divisible by {part_name} {part}", with the nearest sizes that fit.
std::int64_t exact_share(const std::string& place, const std::string& whole_name, std::int64_t whole,
                         const std::string& part_name, std::int64_t part);

/// Prime factors of `n` in ascending order; empty for 1. Throws InputError for n < 1. O(sqrt n).
std::vector<std::int64_t> prime_factors(std::int64_t n);

/// All ordered triples of positive numbers whose product is `n`, in lexicographic order; each is one way to
/// lay pipe, data and tensor on n ranks. None for 0, as in the reference; throws InputError for n < 0.
std::vector<std::array<std::int64_t, 3>> decompose_to_three_factors(std::int64_t n);

}  // namespace gridlock
