#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/history/histories.h"

namespace gridlock {

/// Whether the labels of two calls that meet speak of the same thing.
enum class Fit : std::uint8_t {
  silent,  ///< they have nothing that can be compared
  agree,
  differ
};

/// Compares labels of two programs by how these use them: texts are compared where each program has both of
/// them, since two programs may well have different names for one thing; loop counters where the texts do not
/// differ, the loops have one name and stand in loops of one name, and each program has one loop of that name
/// for the text, or both have the same ones. Places in the source never count. Valid as long as the tables.
class LabelFit {
 public:
  using Calls = std::vector<const Record*>;
  enum class Texts : std::uint8_t {
    known_to_both,   ///< only texts that both programs have can differ
    known_to_either  ///< one of the two is enough: to look for the call that a program left out
  };
  /// `a` and `b` are all calls of the two programs that meet each other.
  LabelFit(const SiteTable& sites, const Calls& a, const Calls& b, Texts texts = Texts::known_to_both);

  /// Requires: the first is one of `a`, the second one of `b`.
  Fit operator()(const Record& a, const Record& b) const;

 private:
  /// Text of a label and name of its inner loop.
  using Counter = std::pair<std::string, std::string>;
  struct Program {
    std::set<std::string> texts;
    std::set<SiteId> sites;
    /// Several loops count these, one after the other: a warm-up, then the steady part.
    std::set<Counter> restarted;
  };
  Program program_of(const Calls& calls) const;
  bool can_count(const Site& a, const Site& b) const;

  const SiteTable& sites_;
  Texts texts_;
  Program a_;
  Program b_;
};

/// Whether somebody gave the call a name of its own: a label without one is the operation's, or "batch".
bool has_own_label(const SiteTable& sites, const Record& call);

}  // namespace gridlock
