#include "core/data/reduction.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "core/base/check.h"
#include "core/data/element.h"

namespace gridlock {
namespace {

using Inputs = std::span<const std::span<const std::byte>>;

/// A block of partial results stays in the first-level cache while the inputs stream by. One page: measured
/// twice as fast as two pages and more, where inputs at equal page offsets push each other out of the cache.
constexpr std::size_t kBlockBytes = 4096;

struct Sum {
  template <typename Element>
  static typename Element::Work combine(typename Element::Work a, typename Element::Work b) {
    return Element::add(a, b);
  }
};

struct Product {
  template <typename Element>
  static typename Element::Work combine(typename Element::Work a, typename Element::Work b) {
    return Element::multiply(a, b);
  }
};

/// A number wins over a NaN. No ||: a short cut is a branch.
struct Maximum {
  template <typename Element>
  static typename Element::Work combine(typename Element::Work a, typename Element::Work b) {
    return ((b > a) | is_nan(a)) ? b : a;
  }
};

struct Minimum {
  template <typename Element>
  static typename Element::Work combine(typename Element::Work a, typename Element::Work b) {
    return ((b < a) | is_nan(a)) ? b : a;
  }
};

struct Unscaled {
  template <typename Element>
  struct Of {
    typename Element::Work operator()(typename Element::Work value) const { return value; }
  };
};

struct Scaled {
  template <typename Element>
  struct Of {
    typename Element::Work scalar;
    typename Element::Work operator()(typename Element::Work value) const {
      return Element::multiply(value, scalar);
    }
  };
};

/// The loops below are told that the partial results overlap no buffer, which a byte pointer could otherwise
/// do; with a length the compiler knows (full blocks) they become vector code without a remainder loop.
template <typename Element, typename Scale, typename Length>
void load_block(typename Element::Work* __restrict partial, const std::byte* __restrict bytes, Length length,
                Scale scale) {
  for (std::size_t i = 0; i < length; ++i) partial[i] = scale(load_element<Element>(bytes, i));
}

template <typename Element, typename Op, typename Scale, typename Length>
void combine_block(typename Element::Work* __restrict partial, const std::byte* __restrict bytes,
                   Length length, Scale scale) {
  for (std::size_t i = 0; i < length; ++i) {
    partial[i] = Op::template combine<Element>(partial[i], scale(load_element<Element>(bytes, i)));
  }
}

template <typename Element, typename Length>
void store_block(const typename Element::Work* __restrict partial, std::byte* __restrict bytes, Length length,
                 std::int64_t divisor) {
  if constexpr (!Element::kIsFloat) {
    if (divisor > 1) {
      for (std::size_t i = 0; i < length; ++i) {
        store_element<Element>(bytes, i, Element::divide(partial[i], divisor));
      }
      return;
    }
  }
  for (std::size_t i = 0; i < length; ++i) store_element<Element>(bytes, i, partial[i]);
}

/// Reduces all inputs over one block before the next, so that the output may be one of them.
template <typename Element, typename Op, typename Scale>
void reduce_blocks(Inputs inputs, std::span<std::byte> output, Scale scale, std::int64_t divisor) {
  using Work = typename Element::Work;
  constexpr std::size_t kSize = sizeof(typename Element::Storage);
  constexpr std::size_t kBlock = kBlockBytes / sizeof(Work);
  alignas(64) std::array<Work, kBlock> partial;

  const auto reduce_block = [&](std::size_t first, auto length) {
    load_block<Element>(partial.data(), inputs[0].data() + first * kSize, length, scale);
    for (const std::span<const std::byte> input : inputs.subspan(1)) {
      combine_block<Element, Op>(partial.data(), input.data() + first * kSize, length, scale);
    }
    store_block<Element>(partial.data(), output.data() + first * kSize, length, divisor);
  };
  const std::size_t count = output.size() / kSize;
  std::size_t first = 0;
  for (; first + kBlock <= count; first += kBlock) {
    reduce_block(first, std::integral_constant<std::size_t, kBlock>{});
  }
  if (first < count) reduce_block(first, count - first);
}

template <typename Element, typename Op>
void reduce(Inputs inputs, std::span<std::byte> output, std::int64_t divisor = 1) {
  using Scale = Unscaled::Of<Element>;
  reduce_blocks<Element, Op>(inputs, output, Scale{}, divisor);
}

template <typename Element>
void reduce_scaled(Inputs inputs, std::span<std::byte> output, double scalar) {
  using Scale = Scaled::Of<Element>;
  reduce_blocks<Element, Sum>(inputs, output, Scale{Element::from_double(scalar)}, 1);
}

template <typename Element>
void reduce_as(ReduceOp op, double premul_scalar, Inputs inputs, std::span<std::byte> output) {
  switch (op) {
    case ReduceOp::sum:
      return reduce<Element, Sum>(inputs, output);
    case ReduceOp::prod:
      return reduce<Element, Product>(inputs, output);
    case ReduceOp::max:
      return reduce<Element, Maximum>(inputs, output);
    case ReduceOp::min:
      return reduce<Element, Minimum>(inputs, output);
    case ReduceOp::avg:
      if (Element::kIsFloat)
        return reduce_scaled<Element>(inputs, output, 1.0 / static_cast<double>(inputs.size()));
      return reduce<Element, Sum>(inputs, output, static_cast<std::int64_t>(inputs.size()));
    case ReduceOp::premul_sum:
      return reduce_scaled<Element>(inputs, output, premul_scalar);
  }
  GRIDLOCK_CHECK(!"every reduce operation is handled above");
}

}  // namespace

void reduce_into(DType dtype, ReduceOp op, double premul_scalar,
                 std::span<const std::span<const std::byte>> inputs, std::span<std::byte> output) {
  GRIDLOCK_CHECK(!inputs.empty());
  GRIDLOCK_CHECK(output.size() % dtype_size(dtype) == 0);
  for (const std::span<const std::byte> input : inputs) GRIDLOCK_CHECK(input.size() == output.size());
  visit_element(dtype,
                [&](auto element) { reduce_as<decltype(element)>(op, premul_scalar, inputs, output); });
}

}  // namespace gridlock
