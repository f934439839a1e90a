#include "core/data/pattern.h"

#include <type_traits>
#include <vector>

#include "core/base/check.h"
#include "core/data/element.h"
#include "core/data/pattern_rules.h"

namespace gridlock {
namespace {

using pattern::mix;

/// A run of elements of a buffer that go together: one share of one sender.
///   source  group rank of the sender; unused where the share is reduced over all
///   share   group rank of the receiver where every receiver gets another share, else 0
struct Segment {
  GroupRank source = 0;
  GroupRank share = 0;
  std::int64_t count = 0;
};

bool is_addressed(CallKind kind) {
  switch (kind) {
    case CallKind::reduce_scatter:
    case CallKind::all_to_all:
    case CallKind::all_to_all_v:
    case CallKind::scatter:
    case CallKind::send:
    case CallKind::recv:
      return true;
    default:
      return false;
  }
}

/// Elements of this rank's share to (from) each rank where counts are per rank.
std::int64_t listed_count(const PatternSpec& spec, GroupRank other, bool is_output) {
  const std::size_t half =
      spec.kind == CallKind::all_to_all_v && is_output ? static_cast<std::size_t>(spec.size) : 0;
  return spec.counts[half + static_cast<std::size_t>(other)];
}

std::int64_t share_count(const PatternSpec& spec, GroupRank other, bool is_output) {
  if (operation(spec.kind).count != CountMeaning::per_rank) return spec.count;
  return listed_count(spec, other, is_output);
}

bool touches(const PatternSpec& spec, Extent extent) {
  if (extent == Extent::nothing) return false;
  return extent == Extent::one || extent == Extent::all || spec.rank == spec.peer;
}

bool has_all_shares(Extent extent) { return extent == Extent::all || extent == Extent::root_all; }

std::vector<Segment> input_segments(const PatternSpec& spec) {
  const Extent extent = operation(spec.kind).input;
  if (!touches(spec, extent)) return {};
  if (!has_all_shares(extent)) {
    const GroupRank share = spec.kind == CallKind::send ? spec.peer : 0;
    return {{spec.rank, share, share_count(spec, spec.rank, false)}};
  }
  std::vector<Segment> segments;
  for (GroupRank to = 0; to < spec.size; ++to)
    segments.push_back({spec.rank, to, share_count(spec, to, false)});
  return segments;
}

std::vector<Segment> output_segments(const PatternSpec& spec) {
  const Extent extent = operation(spec.kind).output;
  if (!touches(spec, extent)) return {};
  const GroupRank share = is_addressed(spec.kind) ? spec.rank : 0;
  if (!has_all_shares(extent)) return {{spec.peer, share, spec.count}};
  std::vector<Segment> segments;
  for (GroupRank from = 0; from < spec.size; ++from) {
    segments.push_back({from, share, share_count(spec, from, true)});
  }
  return segments;
}

std::int64_t total_count(const std::vector<Segment>& segments) {
  std::int64_t total = 0;
  for (const Segment& segment : segments) total += segment.count;
  return total;
}

/// Any finite value: the bits of the hash, for floats with the lowest exponent bit cleared, which is set in
/// every infinity and NaN.
template <typename Element>
typename Element::Work moved_value(std::uint64_t hash) {
  using Storage = typename Element::Storage;
  if constexpr (Element::kIsFloat) {
    using Bits = std::conditional_t<sizeof(Storage) == 8, std::uint64_t,
                                    std::conditional_t<sizeof(Storage) == 4, std::uint32_t, Storage>>;
    const auto bits = static_cast<Bits>(hash & ~(std::uint64_t{1} << Element::kMantissaBits));
    return Element::load(std::bit_cast<Storage>(bits));
  } else {
    return static_cast<Storage>(hash);
  }
}

/// Calls `visit(index in the buffer, value)` for the elements of the input (output) until it returns false.
template <typename Element, typename Visit>
void visit_moved(const PatternSpec& spec, const std::vector<Segment>& segments, Visit&& visit) {
  std::size_t index = 0;
  for (const Segment& segment : segments) {
    const std::uint64_t start = mix(mix(mix(spec.seed) + static_cast<std::uint64_t>(segment.source)) +
                                    static_cast<std::uint64_t>(segment.share));
    for (std::int64_t i = 0; i < segment.count; ++i) {
      if (!visit(index++, moved_value<Element>(mix(start + static_cast<std::uint64_t>(i))))) return;
    }
  }
}

template <typename Element, typename ValueOf, typename Visit>
void visit_reduced(const PatternSpec& spec, const std::vector<Segment>& segments, ValueOf&& value_of,
                   Visit&& visit) {
  std::size_t index = 0;
  for (const Segment& segment : segments) {
    const std::uint64_t start = mix(mix(spec.seed) + static_cast<std::uint64_t>(segment.share));
    for (std::int64_t i = 0; i < segment.count; ++i) {
      if (!visit(index++, value_of(mix(start + static_cast<std::uint64_t>(i))))) return;
    }
  }
}

template <typename Element, typename Visit>
void visit_input(const PatternSpec& spec, Visit&& visit) {
  const std::vector<Segment> segments = input_segments(spec);
  if (!operation(spec.kind).reduces) return visit_moved<Element>(spec, segments, visit);
  pattern::visit_rule<Element>(spec, [&](const auto& rule) {
    visit_reduced<Element>(
        spec, segments, [&](std::uint64_t hash) { return rule.value(hash); }, visit);
  });
}

template <typename Element, typename Visit>
void visit_output(const PatternSpec& spec, Visit&& visit) {
  const std::vector<Segment> segments = output_segments(spec);
  if (!operation(spec.kind).reduces) return visit_moved<Element>(spec, segments, visit);
  pattern::visit_rule<Element>(spec, [&](const auto& rule) {
    visit_reduced<Element>(
        spec, segments, [&](std::uint64_t hash) { return rule.expected(hash); }, visit);
  });
}

void check_size(const PatternSpec& spec, std::int64_t count, std::size_t bytes) {
  GRIDLOCK_CHECK(spec.rank >= 0 && spec.rank < spec.size);
  GRIDLOCK_CHECK(static_cast<std::size_t>(count) * dtype_size(spec.dtype) == bytes);
}

}  // namespace

std::int64_t input_count(const PatternSpec& spec) { return total_count(input_segments(spec)); }

std::int64_t output_count(const PatternSpec& spec) { return total_count(output_segments(spec)); }

void fill_pattern(const PatternSpec& spec, std::span<std::byte> input) {
  check_size(spec, input_count(spec), input.size());
  visit_element(spec.dtype, [&](auto element) {
    using Element = decltype(element);
    visit_input<Element>(spec, [&](std::size_t index, auto value) {
      store_element<Element>(input.data(), index, value);
      return true;
    });
  });
}

void expected_pattern(const PatternSpec& spec, std::span<std::byte> output) {
  check_size(spec, output_count(spec), output.size());
  visit_element(spec.dtype, [&](auto element) {
    using Element = decltype(element);
    visit_output<Element>(spec, [&](std::size_t index, auto value) {
      store_element<Element>(output.data(), index, value);
      return true;
    });
  });
}

std::optional<WrongElement> check_pattern(const PatternSpec& spec, std::span<const std::byte> output) {
  check_size(spec, output_count(spec), output.size());
  std::optional<WrongElement> wrong;
  visit_element(spec.dtype, [&](auto element) {
    using Element = decltype(element);
    visit_output<Element>(spec, [&](std::size_t index, auto value) {
      if (load_element<Element>(output.data(), index) == value) return true;
      std::byte expected[sizeof(typename Element::Storage)];
      store_element<Element>(expected, 0, value);
      wrong = WrongElement{static_cast<std::int64_t>(index), element_to_string(spec.dtype, expected),
                           element_to_string(spec.dtype, output.data() + index * sizeof(expected))};
      return false;
    });
  });
  return wrong;
}

}  // namespace gridlock
