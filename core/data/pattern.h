#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/base/units.h"
#include "core/data/dtype.h"
#include "core/data/element_value.h"
#include "core/data/operation.h"
#include "core/data/reduce_op.h"

namespace gridlock {

/// Data that checks itself: what a rank puts into a call and what it must find afterwards, both computed from
/// these numbers alone, without talking to anyone and without reducing anything. Expected results are exact:
/// equal bytes on every world and in every order of reduction (S24), because
///   - moved data is any finite value, a hash of (seed, sender, share, index)
///   - integer sum, prod and premul_sum wrap around; all ranks contribute a + b * rank, prod 3 to that power
///   - float sums, and integer avg, stay so small that every partial sum is exact. All ranks contribute where
///   size and
///     precision allow that, otherwise two per element, otherwise (scalars with many digits) one
///   - float products multiply powers of two
///   - of max and min, one rank per element holds the extreme; the others differ where the type has room
/// Float avg of a group whose size is no power of two has one contributor per element, a power of two:
/// dividing first or last then rounds alike. A group so large that 1/size underflows in the type averages to
/// 0, as on NCCL.
///
///   seed    equal on all ranks of the call; another one for every call, or data left over from the last
///   would pass scalar  factor of premul_sum. Requires: 2^-4 <= |scalar| <= 2^4, or 0; a value of the type
///   for integers rank    the caller's group rank peer    group rank of the root, or of the other end of send
///   and recv; ignored elsewhere count, counts   as in Call
struct PatternSpec {
  std::uint64_t seed = 0;
  CallKind kind = CallKind::all_reduce;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  double scalar = 1.0;
  GroupRank size = 1;
  GroupRank rank = 0;
  GroupRank peer = 0;
  std::int64_t count = 0;
  std::span<const std::int64_t> counts;
};

/// Elements that the rank reads and writes.
std::int64_t input_count(const PatternSpec& spec);
std::int64_t output_count(const PatternSpec& spec);

/// Writes the rank's input. Requires: exactly input_count elements.
void fill_pattern(const PatternSpec& spec, std::span<std::byte> input);
/// Writes what the rank's output must be. Requires: exactly output_count elements.
void expected_pattern(const PatternSpec& spec, std::span<std::byte> output);
/// The first element of the output that is not as expected; -0 equals 0. Requires: as above.
std::optional<WrongElement> check_pattern(const PatternSpec& spec, std::span<const std::byte> output);

}  // namespace gridlock
