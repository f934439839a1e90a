#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gridlock {

/// Loops that a label counts: layer, micro-batch and step of a training run.
inline constexpr std::size_t kLoopsShown = 3;

/// A place in a program: the text a user gave a step ("forward", "gradients") or the operation's name, the
/// names of the loops around it, and where it stands in the source.
struct Site {
  std::string text;
  /// Names of the loop variables around it, the innermost first ("layer", "m", "step"); empty where there is
  /// none.
  std::array<std::string, kLoopsShown> loops = {};
  /// "step.json:12" or "train.cpp:88"; empty when unknown.
  std::string place;

  bool operator==(const Site&) const = default;
};

/// All texts of a site, in a fixed order: visit(std::string&), const for a const site.
template <typename SiteType, typename Visit>
void for_each_text(SiteType& site, Visit&& visit) {
  visit(site.text);
  for (auto& loop : site.loops) visit(loop);
  visit(site.place);
}

/// Index into the site table of a run; none: no label.
enum class SiteId : std::uint32_t { none = 0 };

/// Where a call stands in the training step: the site and the loop counters there, so that micro-batch 2 of
/// step 7 is told apart without a string per call. Equal on all ranks that are at the same point of the same
/// program.
struct Label {
  SiteId site = SiteId::none;
  /// As Site::loops; -1: not known.
  std::array<std::int32_t, kLoopsShown> turns = {-1, -1, -1};

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
