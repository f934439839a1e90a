#pragma once

#include <cstddef>
#include <optional>

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// How the calls of one rank on a group depart from those of another.
enum class Departure : std::uint8_t {
  substituted,  ///< the call itself is another one; what comes after fits again, or nothing is known of it
  reordered,    ///< the same calls, in another order
  skipped,      ///< the rank left out calls; the rest fits when shifted
  inserted,     ///< the rank made additional calls; the rest fits when shifted
};

/// Where and how a list of calls departs from another one.
struct Alignment {
  Departure departure = Departure::substituted;
  /// Index of the first call in which they part.
  std::size_t index = 0;
  /// Number of calls skipped or inserted.
  std::size_t length = 0;
};

/// Explains how `odd` departs from `usual`, both being all that is known of the calls on one group, planned
/// ones included. `is_whole` says that both lists are complete: nothing was cut off by the stall. Calls that
/// agree in arguments but not in labels tell where a call was skipped that a later one stood in for; labels
/// decide nothing when no shift makes them fit. Nothing when one list continues the other and the labels do
/// not tell either.
std::optional<Alignment> align(const SiteTable& sites, const CallList& usual, const CallList& odd,
                               bool is_whole);

/// The same for the calls of two ranks on all groups that both are in: a call on another group is another
/// call, labels do not count, and both lists may end anywhere. Of several explanations it is the one that
/// leaves both lists ending closest together.
std::optional<Alignment> align_across_groups(const CallList& usual, const CallList& odd);

/// The same for the sends of one rank and the receives of its partner, which should meet one by one: where
/// they differ in size or type, or first of all in what their labels speak of. `skipped` means that receives
/// are missing.
std::optional<Alignment> align_transfers(const SiteTable& sites, const CallList& sends,
                                         const CallList& receives);

/// Most calls that a shift may skip or insert where the lists are not complete.
inline constexpr std::size_t kShiftMax = 64;
/// Longest stretch that is looked at for another order.
inline constexpr std::size_t kReorderMax = 16;

}  // namespace gridlock
