#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "core/data/element.h"
#include "core/data/pattern.h"

/// How the values of one reduced element are spread over the ranks. Internal to pattern.cpp. Every rule has
///   value(hash)     what the rank of the spec contributes to the element with that hash
///   expected(hash)  what the reduction over all ranks must give
/// where the hash depends on seed, share and index, but not on the rank.
namespace gridlock::pattern {

/// splitmix64's finaliser: every bit of the result depends on every bit of x.
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// 0 .. range-1 from 32 random bits, without a division.
inline std::int64_t pick(std::uint64_t bits, std::int64_t range) {
  return static_cast<std::int64_t>(((bits & 0xFFFFFFFFu) * static_cast<std::uint64_t>(range)) >> 32);
}

/// 0 + 1 + ... + (size - 1)
inline std::int64_t rank_sum(std::int64_t size) { return size * (size - 1) / 2; }

/// 2 to the power of `exponent`, exactly. Requires: -1022 <= exponent <= 1023.
inline double power_of_two(int exponent) {
  return std::bit_cast<double>(static_cast<std::uint64_t>(exponent + 1023) << 52);
}

/// Splits a total of at most `limit` into whole shares, one per rank and none negative.
class Shares {
 public:
  /// A limit below 1 stands for 1.
  Shares(std::int64_t limit, GroupRank size, GroupRank rank) : size_(size), rank_(rank) {
    const std::int64_t dense = limit / (rank_sum(size) + size);
    const std::int64_t unit = dense >= 1 ? dense : limit / 2;
    form_ = dense >= 1 ? Form::all_ranks : size >= 2 && unit >= 1 ? Form::two_ranks : Form::one_rank;
    unit_ = std::min(unit, std::int64_t{1} << 31);
  }

  std::int64_t value(std::uint64_t hash) const {
    if (form_ == Form::all_ranks) return base(hash) + step(hash) * rank_;
    const GroupRank first = first_rank(hash);
    if (form_ == Form::one_rank) return rank_ == first ? 1 : 0;
    return rank_ == first ? base(hash) : rank_ == second_rank(hash, first) ? step(hash) : 0;
  }

  std::int64_t total(std::uint64_t hash) const {
    if (form_ == Form::all_ranks) return base(hash) * size_ + step(hash) * rank_sum(size_);
    return form_ == Form::two_ranks ? base(hash) + step(hash) : 1;
  }

 private:
  enum class Form : std::uint8_t { all_ranks, two_ranks, one_rank };

  std::int64_t base(std::uint64_t hash) const { return 1 + pick(hash, unit_); }
  std::int64_t step(std::uint64_t hash) const { return 1 + pick(hash >> 32, unit_); }
  GroupRank first_rank(std::uint64_t hash) const { return static_cast<GroupRank>(pick(mix(hash), size_)); }
  GroupRank second_rank(std::uint64_t hash, GroupRank first) const {
    return static_cast<GroupRank>((first + 1 + pick(mix(hash) >> 32, size_ - 1)) % size_);
  }

  Form form_;
  std::int64_t unit_;
  GroupRank size_;
  GroupRank rank_;
};

/// Largest whole number up to which every whole number is a value of the type.
template <typename Element>
constexpr std::int64_t whole_max() {
  if constexpr (!Element::kIsFloat) {
    constexpr std::uint64_t kMax = std::numeric_limits<typename Element::Work>::max();
    return static_cast<std::int64_t>(std::min(kMax, std::uint64_t{1} << 62));
  } else {
    return std::int64_t{1} << (Element::kMantissaBits + 1);
  }
}

/// Integer sum and premul_sum: linear in the rank, modulo 2^bits.
template <typename Element>
class WrappingSum {
 public:
  WrappingSum(const PatternSpec& spec, std::uint64_t factor)
      : factor_(factor),
        size_(static_cast<std::uint64_t>(spec.size)),
        rank_(static_cast<std::uint64_t>(spec.rank)),
        rank_sum_(static_cast<std::uint64_t>(rank_sum(spec.size))) {}

  auto value(std::uint64_t hash) const { return cast(hash + step(hash) * rank_); }
  auto expected(std::uint64_t hash) const { return cast(factor_ * (hash * size_ + step(hash) * rank_sum_)); }

 private:
  static std::uint64_t step(std::uint64_t hash) { return std::rotr(hash, 32) | 1; }
  static auto cast(std::uint64_t value) { return static_cast<typename Element::Work>(value); }

  std::uint64_t factor_;
  std::uint64_t size_;
  std::uint64_t rank_;
  std::uint64_t rank_sum_;
};

/// Integer prod: powers of 3, whose exponents add up linearly. 3 is odd, so no factor is ever lost modulo
/// 2^bits.
template <typename Element>
class WrappingProduct {
 public:
  explicit WrappingProduct(const PatternSpec& spec) : size_(spec.size), rank_(spec.rank) {}

  auto value(std::uint64_t hash) const { return power_of_three(base(hash) + step(hash) * rank_); }
  auto expected(std::uint64_t hash) const {
    return power_of_three(base(hash) * size_ + step(hash) * rank_sum(size_));
  }

 private:
  static std::int64_t base(std::uint64_t hash) { return pick(hash, 16); }
  static std::int64_t step(std::uint64_t hash) { return 1 + pick(hash >> 32, 16); }
  static auto power_of_three(std::int64_t exponent) {
    std::uint64_t power = 1;
    for (std::uint64_t square = 3; exponent > 0; exponent >>= 1, square *= square) {
      if (exponent & 1) power *= square;
    }
    return static_cast<typename Element::Work>(power);
  }

  GroupRank size_;
  GroupRank rank_;
};

/// Integer avg: the sum does not overflow, so that truncation is the only loss. Shares are multiples of the
/// size, or a wrong share could vanish in the truncation; one rank adds a remainder that must vanish. Signed
/// types use both signs.
template <typename Element>
class BoundedAverage {
 public:
  explicit BoundedAverage(const PatternSpec& spec)
      : size_(spec.size),
        rank_(spec.rank),
        // A size beyond the type's range leaves room for remainders only: the average is 0.
        weight_(whole_max<Element>() >= 2 * size_ - 1 ? size_ : 0),
        remainder_end_(std::min(size_, whole_max<Element>())),
        shares_((whole_max<Element>() - (size_ - 1)) / size_, spec.size, spec.rank) {}

  auto value(std::uint64_t hash) const {
    const std::uint64_t bits = mix(~hash);
    const bool has_remainder = pick(bits >> 1, size_) == rank_;
    return cast(hash, weight_ * shares_.value(hash) + (has_remainder ? pick(bits >> 32, remainder_end_) : 0));
  }
  auto expected(std::uint64_t hash) const { return cast(hash, weight_ == 0 ? 0 : shares_.total(hash)); }

 private:
  static auto cast(std::uint64_t hash, std::int64_t value) {
    const bool negative = std::is_signed_v<typename Element::Work> && hash % 2 == 1;
    return static_cast<typename Element::Work>(negative ? -value : value);
  }

  std::int64_t size_;
  std::int64_t rank_;
  std::int64_t weight_;
  std::int64_t remainder_end_;
  Shares shares_;
};

/// Float sum, premul_sum and avg: whole shares times a power of two and a sign per element. `factor` is what
/// the reduction multiplies with; its odd part times the total must still be exact.
template <typename Element>
class ExactSum {
 public:
  ExactSum(const PatternSpec& spec, double factor)
      : shares_(limit(spec, factor), spec.size, spec.rank), factor_(factor), exponent_(lift(spec)) {}

  auto value(std::uint64_t hash) const {
    return Element::from_double(signed_scaled(hash, shares_.value(hash)));
  }
  auto expected(std::uint64_t hash) const {
    return Element::from_double(signed_scaled(hash, shares_.total(hash)) * factor_);
  }

 private:
  static std::int64_t limit(const PatternSpec& spec, double factor) {
    const bool rounds =
        spec.op == ReduceOp::avg && !std::has_single_bit(static_cast<std::uint32_t>(spec.size));
    if (rounds) return 0;
    int exponent = 0;
    auto odd = static_cast<std::int64_t>(std::ldexp(std::frexp(std::abs(factor), &exponent), 53));
    while (odd != 0 && odd % 2 == 0) odd /= 2;
    return whole_max<Element>() / std::max<std::int64_t>(odd, 1);
  }
  /// Averages are lifted so that dividing by the size does not leave the range of the 8 bit types.
  static int lift(const PatternSpec& spec) {
    if (spec.op != ReduceOp::avg) return 0;
    return std::min(static_cast<int>(std::bit_width(static_cast<std::uint32_t>(spec.size))) - 1, 4);
  }
  double signed_scaled(std::uint64_t hash, std::int64_t whole) const {
    const std::uint64_t bits = mix(~hash);
    const double magnitude =
        static_cast<double>(whole) * power_of_two(exponent_ - static_cast<int>(bits >> 63));
    return bits & 1 ? -magnitude : magnitude;
  }

  Shares shares_;
  double factor_;
  int exponent_;
};

/// Float prod: powers of two whose exponents, all of one sign per element, are shares of the exponent range.
/// One rank may be negative.
template <typename Element>
class ExactProduct {
 public:
  explicit ExactProduct(const PatternSpec& spec)
      : shares_(Element::kExponentMax, spec.size, spec.rank), size_(spec.size), rank_(spec.rank) {}

  auto value(std::uint64_t hash) const {
    const bool mine = pick(mix(~hash), size_) == rank_;
    return signed_power(hash, shares_.value(hash), mine);
  }
  auto expected(std::uint64_t hash) const { return signed_power(hash, shares_.total(hash), true); }

 private:
  static auto signed_power(std::uint64_t hash, std::int64_t exponent, bool takes_sign) {
    const std::uint64_t bits = mix(~hash);
    const double power = power_of_two(static_cast<int>(bits >> 63 ? -exponent : exponent));
    return Element::from_double(takes_sign && (bits >> 62 & 1) ? -power : power);
  }

  Shares shares_;
  GroupRank size_;
  GroupRank rank_;
};

/// max and min: levels count up from one rank, a different one per element, until the type has no more room.
template <typename Element>
class Extreme {
 public:
  explicit Extreme(const PatternSpec& spec)
      : size_(spec.size),
        rank_(spec.rank),
        is_max_(spec.op == ReduceOp::max),
        highest_(whole_max<Element>()) {
    highest_ = std::min(highest_, std::int64_t{1} << 30);
    span_ = std::min<std::int64_t>(size_ - 1, highest_);
  }

  auto value(std::uint64_t hash) const {
    const std::int64_t level = std::min((rank_ + pick(hash, size_)) % size_, span_);
    return cast(lowest(hash) + (is_max_ ? span_ - level : level));
  }
  auto expected(std::uint64_t hash) const { return cast(lowest(hash) + (is_max_ ? span_ : 0)); }

 private:
  std::int64_t lowest(std::uint64_t hash) const {
    const std::int64_t floor = std::is_unsigned_v<typename Element::Work> ? 0 : -highest_;
    return floor + pick(hash >> 32, highest_ - span_ - floor + 1);
  }
  static auto cast(std::int64_t value) {
    if constexpr (Element::kIsFloat)
      return Element::from_double(static_cast<double>(value));
    else
      return static_cast<typename Element::Work>(value);
  }

  std::int64_t size_;
  std::int64_t rank_;
  bool is_max_;
  std::int64_t highest_;
  std::int64_t span_;
};

/// Calls `use` with the rule of the spec's operation on elements of this type.
template <typename Element, typename Use>
decltype(auto) visit_rule(const PatternSpec& spec, Use&& use) {
  if (spec.op == ReduceOp::max || spec.op == ReduceOp::min) return use(Extreme<Element>(spec));
  if constexpr (Element::kIsFloat) {
    if (spec.op == ReduceOp::prod) return use(ExactProduct<Element>(spec));
    const double factor = spec.op == ReduceOp::premul_sum ? spec.scalar
                          : spec.op == ReduceOp::avg      ? 1.0 / spec.size
                                                          : 1.0;
    return use(ExactSum<Element>(spec, Element::to_double(Element::from_double(factor))));
  } else {
    if (spec.op == ReduceOp::prod) return use(WrappingProduct<Element>(spec));
    if (spec.op == ReduceOp::avg) return use(BoundedAverage<Element>(spec));
    const double factor = spec.op == ReduceOp::premul_sum ? spec.scalar : 1.0;
    return use(WrappingSum<Element>(spec, static_cast<std::uint64_t>(Element::from_double(factor))));
  }
}

}  // namespace gridlock::pattern
