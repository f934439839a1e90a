#pragma once

#include <cstdint>
#include <set>
#include <string>
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
/// differ and the loops have one name. Places in the source never count. Valid as long as the tables.
class LabelFit {
 public:
  using Calls = std::vector<const Record*>;
  /// `a` and `b` are all calls of the two programs that meet each other.
  LabelFit(const SiteTable& sites, const Calls& a, const Calls& b);

  /// Requires: the first is one of `a`, the second one of `b`.
  Fit operator()(const Record& a, const Record& b) const;

 private:
  std::set<std::string> texts_of(const Calls& calls) const;

  const SiteTable& sites_;
  std::set<std::string> texts_a_;
  std::set<std::string> texts_b_;
};

/// Whether somebody gave the call a name of its own: a label without one is the operation's, or "batch".
bool has_own_label(const SiteTable& sites, const Record& call);

}  // namespace gridlock
