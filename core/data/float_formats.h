#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

namespace gridlock {

/// What becomes of a value beyond the largest finite number.
///   infinity  as in IEEE 754 (float16, bfloat16)
///   saturate  the largest finite number, infinities included: what the constructors of CUDA's __nv_fp8_e4m3
///   and
///             __nv_fp8_e5m2 do, and with them NCCL's reductions (cuda_fp8.h, __NV_SATFINITE)
enum class Overflow : std::uint8_t { infinity, saturate };

/// A small binary floating-point format: one sign bit, then exponent, then mantissa bits.
///   kLargest   code of the largest finite number
///   kInfinity  first code above the finite ones: infinity, or NaN in e4m3, which has no infinity
///   kNan       the one NaN that encoding makes, as CUDA's conversions do (sign and payload are dropped)
template <typename BitsType, int exponent_bits, int mantissa_bits, Overflow overflow, BitsType largest>
struct FloatFormat {
  using Bits = BitsType;
  static constexpr int kMantissaBits = mantissa_bits;
  static constexpr int kBias = (1 << (exponent_bits - 1)) - 1;
  static constexpr Overflow kOverflow = overflow;
  static constexpr Bits kLargest = largest;
  static constexpr Bits kInfinity = largest + 1;
  static constexpr Bits kSign = Bits{1} << (exponent_bits + mantissa_bits);
  static constexpr Bits kNan = kSign - 1;
};

using Float16Format = FloatFormat<std::uint16_t, 5, 10, Overflow::infinity, 0x7BFF>;
using BFloat16Format = FloatFormat<std::uint16_t, 8, 7, Overflow::infinity, 0x7F7F>;
/// OCP E4M3 in the "FN" form of CUDA: no infinity, only 0x7F and 0xFF are NaN, largest 448.
using Float8E4M3Format = FloatFormat<std::uint8_t, 4, 3, Overflow::saturate, 0x7E>;
using Float8E5M2Format = FloatFormat<std::uint8_t, 5, 2, Overflow::saturate, 0x7B>;

/// a where the condition holds, else b, without a branch: compilers do not vectorise a choice between results
/// of floating-point operations, which could trap.
template <typename Word>
inline Word select_word(bool condition, Word a, Word b) {
  const Word mask = Word{0} - static_cast<Word>(condition);
  return (a & mask) | (b & ~mask);
}

/// Exact value of a code. Branch-free, so that loops over buffers vectorise.
template <typename Format>
inline float decode(typename Format::Bits code) {
  constexpr int kShift = 23 - Format::kMantissaBits;
  // The bits read as a float are too small by the difference of the biases; the product is exact, subnormals
  // included.
  constexpr float kRescale = std::bit_cast<float>(static_cast<std::uint32_t>(254 - Format::kBias) << 23);
  const std::uint32_t magnitude = code & static_cast<std::uint32_t>(Format::kSign - 1);
  const std::uint32_t sign = static_cast<std::uint32_t>(code & Format::kSign) << (32 - 8 * sizeof(code));
  const std::uint32_t finite =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude << kShift) * kRescale);
  const std::uint32_t special = 0x7F800000u | (magnitude << kShift);
  return std::bit_cast<float>(sign | select_word(magnitude > Format::kLargest, special, finite));
}

/// Nearest code, ties to the even one. Real is float or double; the result is rounded once. Branch-free.
template <typename Format, typename Real>
inline typename Format::Bits encode(Real value) {
  using Word = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  using Bits = typename Format::Bits;
  constexpr int kRealMantissaBits = sizeof(Real) == 4 ? 23 : 52;
  constexpr int kRealBias = sizeof(Real) == 4 ? 127 : 1023;
  constexpr int kShift = kRealMantissaBits - Format::kMantissaBits;
  constexpr Word kRealInfinity = static_cast<Word>(2 * kRealBias + 1) << kRealMantissaBits;
  constexpr Word kRebias = static_cast<Word>(kRealBias - Format::kBias) << Format::kMantissaBits;
  constexpr Word kNormalMin = static_cast<Word>(kRealBias - Format::kBias + 1) << kRealMantissaBits;
  // A number whose last mantissa bit weighs as much as the smallest subnormal of the format: adding it makes
  // the processor round a subnormal result to the nearest even code.
  constexpr Word kMagic = static_cast<Word>(kRealBias - Format::kBias + 1 + kShift) << kRealMantissaBits;

  const Word bits = std::bit_cast<Word>(value);
  const Word magnitude = bits & ~(Word{1} << (8 * sizeof(Word) - 1));
  const Word rounded_up = magnitude + (((magnitude >> kShift) & 1) + (Word{1} << (kShift - 1)) - 1);
  const Word normal = (rounded_up >> kShift) - kRebias;
  const Word subnormal =
      std::bit_cast<Word>(std::bit_cast<Real>(magnitude) + std::bit_cast<Real>(kMagic)) - kMagic;
  const Word finite = select_word(magnitude < kNormalMin, subnormal, normal);
  const Word limit = Format::kOverflow == Overflow::saturate ? Format::kLargest : Format::kInfinity;
  const Word bounded = select_word((magnitude >= kRealInfinity) | (finite > limit), limit, finite);
  const Word sign = bits >> (8 * (sizeof(Word) - sizeof(Bits))) & Format::kSign;
  return static_cast<Bits>(select_word(magnitude > kRealInfinity, Word{Format::kNan}, sign | bounded));
}

/// decode(encode(value)) in fewer steps; NaN stays some NaN.
template <typename Format>
inline float round_to(float value) {
  constexpr int kShift = 23 - Format::kMantissaBits;
  constexpr std::uint32_t kRebias = static_cast<std::uint32_t>(127 - Format::kBias);
  constexpr std::uint32_t kRealInfinity = 0x7F800000u;
  constexpr std::uint32_t kLargest = (Format::kLargest + (kRebias << Format::kMantissaBits)) << kShift;
  constexpr std::uint32_t kLimit = Format::kOverflow == Overflow::saturate ? kLargest : kRealInfinity;
  constexpr float kMagic = std::bit_cast<float>((kRebias + 1 + kShift) << 23);

  const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t magnitude = bits & 0x7FFFFFFFu;
  const std::uint32_t half = (1u << (kShift - 1)) - 1 + ((magnitude >> kShift) & 1);
  const std::uint32_t normal = (magnitude + half) >> kShift << kShift;
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>((std::bit_cast<float>(magnitude) + kMagic) - kMagic);
  const std::uint32_t finite = select_word(magnitude < (kRebias + 1) << 23, subnormal, normal);
  const std::uint32_t bounded = select_word(finite > kLargest, kLimit, finite);
  return std::bit_cast<float>((bits ^ magnitude) |
                              select_word(magnitude > kRealInfinity, magnitude, bounded));
}

}  // namespace gridlock
