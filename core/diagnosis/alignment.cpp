#include "core/diagnosis/alignment.h"

#include <algorithm>
#include <functional>

#include "core/diagnosis/argument.h"
#include "core/diagnosis/label_fit.h"

namespace gridlock {
namespace {

using Calls = std::vector<const Record*>;
using Same = std::function<bool(const Record&, const Record&)>;

bool same_arguments(const Record& a, const Record& b) { return !first_difference(a, b); }

std::size_t first_parting(const Calls& a, const Calls& b, const Same& same) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!same(*a[i], *b[i])) return i;
  }
  return common;
}

/// Whether a[from_a ..] and b[from_b ..] agree as far as both go, and at least one pair does.
bool rest_fits(const Calls& a, std::size_t from_a, const Calls& b, std::size_t from_b, const Same& same) {
  if (from_a >= a.size() || from_b >= b.size()) return false;
  const std::size_t overlap = std::min(a.size() - from_a, b.size() - from_b);
  for (std::size_t i = 0; i < overlap; ++i) {
    if (!same(*a[from_a + i], *b[from_b + i])) return false;
  }
  return true;
}

bool ends_or_fits(const Calls& a, std::size_t from_a, const Calls& b, std::size_t from_b, const Same& same) {
  return (from_a >= a.size() && from_b >= b.size()) || rest_fits(a, from_a, b, from_b, same);
}

bool is_permutation(const Calls& a, const Calls& b, std::size_t first, std::size_t last, const Same& same) {
  return std::is_permutation(
      a.begin() + static_cast<std::ptrdiff_t>(first), a.begin() + static_cast<std::ptrdiff_t>(last),
      b.begin() + static_cast<std::ptrdiff_t>(first), b.begin() + static_cast<std::ptrdiff_t>(last),
      [&same](const Record* x, const Record* y) { return same(*x, *y); });
}

std::optional<Alignment> find_reorder(const Calls& usual, const Calls& odd, std::size_t at,
                                      const Same& same) {
  const std::size_t end = std::min({usual.size(), odd.size(), at + kReorderMax});
  for (std::size_t last = at + 2; last <= end; ++last) {
    if (is_permutation(usual, odd, at, last, same) && ends_or_fits(usual, last, odd, last, same)) {
      return Alignment{Departure::reordered, at, last - at};
    }
  }
  return std::nullopt;
}

/// Length of the first gap where all of `fewer` from `at` on are calls of `more`, in the same order; 0 when
/// they are not.
std::size_t first_gap(const Calls& more, const Calls& fewer, std::size_t at, const Same& same) {
  std::size_t gap = 0;
  std::size_t here = at;
  for (std::size_t there = at; there < fewer.size(); ++there, ++here) {
    while (here < more.size() && !same(*more[here], *fewer[there])) ++here;
    if (here == more.size()) return 0;
    if (there == at) gap = here - at;
  }
  return at < fewer.size() ? gap : 0;
}

/// Complete lists end together: one of them has all the calls of the other and more, at one place or at
/// several.
std::optional<Alignment> find_shift_of_whole(const Calls& usual, const Calls& odd, std::size_t at,
                                             const Same& same) {
  const bool is_skip = odd.size() < usual.size();
  const Calls& more = is_skip ? usual : odd;
  const Calls& fewer = is_skip ? odd : usual;
  const Departure departure = is_skip ? Departure::skipped : Departure::inserted;
  const std::size_t length = more.size() - fewer.size();
  if (length == 0) return std::nullopt;
  if (rest_fits(more, at + length, fewer, at, same)) return Alignment{departure, at, length};
  const std::size_t gap = first_gap(more, fewer, at, same);
  if (gap == 0) return std::nullopt;
  return Alignment{departure, at, gap};
}

std::optional<Alignment> find_shift(const Calls& usual, const Calls& odd, std::size_t at, bool is_whole,
                                    const Same& same) {
  if (is_whole) return find_shift_of_whole(usual, odd, at, same);
  for (std::size_t length = 1; length <= kShiftMax; ++length) {
    if (rest_fits(usual, at + length, odd, at, same)) return Alignment{Departure::skipped, at, length};
    if (rest_fits(usual, at, odd, at + length, same)) return Alignment{Departure::inserted, at, length};
  }
  return std::nullopt;
}

std::optional<Alignment> explain(const Calls& usual, const Calls& odd, std::size_t at, bool is_whole,
                                 const Same& same) {
  if (rest_fits(usual, at + 1, odd, at + 1, same) && (!is_whole || usual.size() == odd.size())) {
    return Alignment{Departure::substituted, at, 1};
  }
  if (!is_whole || usual.size() == odd.size()) {
    if (const auto reorder = find_reorder(usual, odd, at, same)) return reorder;
  }
  return find_shift(usual, odd, at, is_whole, same);
}

}  // namespace

namespace {

bool same_group_and_arguments(const Record& a, const Record& b) {
  return a.group == b.group && same_arguments(a, b);
}

std::size_t distance(std::size_t a, std::size_t b) { return a > b ? a - b : b - a; }

/// The explanation of a parting at `at` that leaves both lists ending closest together; `first` is preferred
/// to others that are as good.
std::optional<Alignment> closest(const Calls& usual, const Calls& odd, std::size_t at,
                                 std::optional<Alignment> first, const Same& same) {
  std::optional<Alignment> best = first;
  std::size_t least = best ? distance(usual.size(), odd.size()) : usual.size() + odd.size();
  const auto consider = [&](Departure departure, std::size_t length, std::size_t left_over) {
    if (left_over >= least) return;
    least = left_over;
    best = Alignment{departure, at, length};
  };
  for (std::size_t length = 1; length <= kShiftMax; ++length) {
    if (rest_fits(usual, at + length, odd, at, same))
      consider(Departure::skipped, length, distance(usual.size(), odd.size() + length));
    if (rest_fits(usual, at, odd, at + length, same))
      consider(Departure::inserted, length, distance(usual.size() + length, odd.size()));
  }
  return best;
}

}  // namespace

std::optional<Alignment> align_across_groups(const CallList& usual, const CallList& odd) {
  const std::size_t at = first_parting(usual.calls, odd.calls, same_group_and_arguments);
  if (at == std::min(usual.calls.size(), odd.calls.size())) return std::nullopt;
  return closest(usual.calls, odd.calls, at,
                 find_reorder(usual.calls, odd.calls, at, same_group_and_arguments),
                 same_group_and_arguments);
}

namespace {

std::optional<Alignment> align_pairs(const Calls& sends, const Calls& receives, const Same& same) {
  const std::size_t at = first_parting(sends, receives, same);
  if (at == std::min(sends.size(), receives.size())) return std::nullopt;
  return closest(sends, receives, at, Alignment{Departure::substituted, at, 1}, same);
}

}  // namespace

std::optional<Alignment> align_transfers(const SiteTable& sites, const CallList& sends,
                                         const CallList& receives) {
  using Texts = LabelFit::Texts;
  for (const Texts texts : {Texts::known_to_either, Texts::known_to_both}) {
    const LabelFit fit(sites, sends.calls, receives.calls, texts);
    const auto by_label = align_pairs(sends.calls, receives.calls, [&](const Record& a, const Record& b) {
      return same_size(a, b) && fit(a, b) != Fit::differ;
    });
    if (by_label && by_label->departure != Departure::substituted) return by_label;
  }
  return align_pairs(sends.calls, receives.calls, same_size);
}

namespace {

/// Explains by labels where calls agree in their arguments; nothing when no shift or other order makes the
/// labels fit.
std::optional<Alignment> align_by_labels(const Calls& usual, const Calls& odd, bool is_whole,
                                         const LabelFit& fit) {
  const Same same_call = [&](const Record& a, const Record& b) {
    return same_arguments(a, b) && fit(a, b) != Fit::differ;
  };
  const std::size_t parted = first_parting(usual, odd, same_arguments);
  const std::size_t labels_parted = first_parting(usual, odd, same_call);
  if (labels_parted == std::min(usual.size(), odd.size())) return std::nullopt;
  const auto by_label = explain(usual, odd, labels_parted, is_whole, same_call);
  // A call with another label and the same arguments is the same call made from another place.
  const bool is_only_label =
      by_label && by_label->departure == Departure::substituted && labels_parted < parted;
  return is_only_label ? std::nullopt : by_label;
}

}  // namespace

std::optional<Alignment> align(const SiteTable& sites, const CallList& usual, const CallList& odd,
                               bool is_whole) {
  using Texts = LabelFit::Texts;
  for (const Texts texts : {Texts::known_to_either, Texts::known_to_both}) {
    const LabelFit fit(sites, usual.calls, odd.calls, texts);
    if (const auto by_label = align_by_labels(usual.calls, odd.calls, is_whole, fit)) return by_label;
  }
  const std::size_t parted = first_parting(usual.calls, odd.calls, same_arguments);
  if (parted == std::min(usual.calls.size(), odd.calls.size())) return std::nullopt;
  if (const auto by_arguments = explain(usual.calls, odd.calls, parted, is_whole, same_arguments))
    return by_arguments;
  return Alignment{Departure::substituted, parted, 1};
}

}  // namespace gridlock
