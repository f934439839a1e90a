#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gridlock {

/// A place in a program: the text a user gave a step ("forward", "gradients") or the operation's name, the
/// names of the loops around it, and where it stands in the source.
struct Site {
  std::string text;
  /// Names of the innermost and of the next outer loop variable ("m", "step"), empty when there is none.
  std::string inner_loop;
  std::string outer_loop;
  /// "step.json:12" or "train.cpp:88"; empty when unknown.
  std::string place;

  bool operator==(const Site&) const = default;
};

/// Index into the site table of a run; none: no label.
enum class SiteId : std::uint32_t { none = 0 };

/// Where a call stands in the training step: the site and the loop counters there, so that micro-batch 2 of
/// step 7 is told apart without a string per call. Equal on all ranks that are at the same point of the same
/// program.
struct Label {
  SiteId site = SiteId::none;
  std::int32_t inner = -1;
  std::int32_t outer = -1;

  bool operator==(const Label&) const = default;
};

/// The sites of a run, interned. Owned by the world of a run; programs add to it before and while they run.
class SiteTable {
 public:
  SiteTable();

  /// Id of an equal site, added if new.
  SiteId intern(const Site& site);
  const Site& site(SiteId id) const;
  /// "gradients [m=2, step=7]"; "" for a label without a site.
  std::string text(const Label& label) const;
  std::size_t size() const { return sites_.size(); }

 private:
  std::vector<Site> sites_;
  std::unordered_map<std::string, std::uint32_t> ids_;
};

}  // namespace gridlock
