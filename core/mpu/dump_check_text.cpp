#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/base/input_error.h"
#include "core/base/plural.h"
#include "core/mpu/dump_check.h"

namespace gridlock {
namespace {

std::string ranks_in(const RankSet& ranks, RankId world_size) {
  if (ranks.size() == static_cast<std::size_t>(world_size)) return "on all ranks";
  return fmt::format("on {} {}", ranks.size() == 1 ? "rank" : "ranks", ranks.to_string());
}

std::string verb(const ContractGap& gap) {
  switch (gap.kind) {
    case GapKind::missing:
      return "is missing";
    case GapKind::raises:
      return gap.got.starts_with("raises") ? gap.got : "raises: " + gap.got;
    case GapKind::wrong_kind:
      return "cannot be used: it is " + gap.got;
  }
  return "";
}

/// Gaps that count come first, whatever object they are of.
AskedOf section_of(const DumpCheck& check, const ContractGap& gap) {
  return check.counts(gap) ? AskedOf::mpu : gap.of;
}

/// The name of which at most three letters in one place differ, as a slip of the pen has it; "" for none.
std::string misspelled(std::string_view name, std::span<const std::string> others) {
  const std::string near = nearest_name(name, others);
  std::size_t same = 0, same_at_end = 0;
  const std::size_t shorter = std::min(near.size(), name.size());
  while (same < shorter && near[same] == name[same]) ++same;
  while (same_at_end < shorter - same &&
         near[near.size() - 1 - same_at_end] == name[name.size() - 1 - same_at_end])
    ++same_at_end;
  return same + same_at_end + 3 >= std::max(near.size(), name.size()) ? near : "";
}

/// One line for each subsystem, with all its places.
void add_broken(std::string& text, const std::vector<BrokenRead>& breaks) {
  std::vector<std::string_view> told;
  for (const BrokenRead& read : breaks) {
    if (std::find(told.begin(), told.end(), read.subsystem) != told.end()) continue;
    told.push_back(read.subsystem);
    std::string places;
    for (const BrokenRead& other : breaks) {
      if (other.subsystem != read.subsystem) continue;
      places += (places.empty() ? "" : ", ") + std::string(other.where);
    }
    text += fmt::format("    breaks {}: {}\n", read.subsystem, places);
  }
}

void add_gaps(std::string& text, const DumpCheck& check, AskedOf of, std::string_view title,
              std::span<const std::string> other_names) {
  bool titled = false;
  for (const ContractGap& gap : check.gaps) {
    if (section_of(check, gap) != of) continue;
    if (!titled) text += fmt::format("\n{}\n", title);
    titled = true;
    text += fmt::format("  {} {} {}\n", accessor_name(gap.accessor), verb(gap),
                        ranks_in(gap.ranks, check.world_size));
    add_broken(text, gap.breaks);
    const std::string near =
        gap.kind == GapKind::missing ? misspelled(accessor_name(gap.accessor), other_names) : "";
    if (!near.empty()) text += fmt::format("    the object has '{}': is that the one?\n", near);
  }
}

void add_algebra(std::string& text, const DumpCheck& check) {
  if (!check.grid.plan) {
    text += fmt::format("\nnot compared with a grid: {}; give --axes\n", check.grid.origin);
    return;
  }
  if (check.algebra.mismatches.empty()) return;
  text += fmt::format("\nunlike {} ({})\n", check.grid.axes, check.grid.origin);
  for (const AlgebraMismatch& mismatch : check.algebra.mismatches) {
    text += fmt::format("  {} {}\n    {}\n", accessor_name(mismatch.accessor),
                        ranks_in(mismatch.ranks, check.world_size), mismatch.example);
  }
}

void add_violations(std::string& text, const DumpCheck& check, InvariantKind kind) {
  for (const MpuViolation& violation : check.violations) {
    if (violation.invariant->kind != kind) continue;
    text += fmt::format("  {} does not hold {}: {}\n    {}\n", violation.invariant->name,
                        ranks_in(violation.ranks, check.world_size), violation.invariant->sentence,
                        violation.example);
  }
}

std::size_t count_of(const DumpCheck& check, InvariantKind kind) {
  return static_cast<std::size_t>(
      std::count_if(check.violations.begin(), check.violations.end(),
                    [&](const MpuViolation& violation) { return violation.invariant->kind == kind; }));
}

std::string readers(const DumpCheck& check) {
  if (check.subsystems.empty()) return "it reads is";
  return fmt::format("every engine reads is there, and those of {} are", fmt::join(check.subsystems, ", "));
}

std::string summary(const DumpCheck& check) {
  std::vector<std::string_view> broken;
  std::size_t names = 0;
  for (const ContractGap& gap : check.gaps) {
    if (!check.counts(gap)) continue;
    ++names;
    for (const BrokenRead& read : gap.breaks) {
      if (std::find(broken.begin(), broken.end(), read.subsystem) == broken.end())
        broken.push_back(read.subsystem);
    }
  }
  std::string text =
      names == 0 ? fmt::format("  {}: every name that {} there\n", check.contract, readers(check))
                 : fmt::format("  {}: {} {}\n", check.contract, plural(names, "gap breaks", "gaps break"),
                               plural(broken.size(), "subsystem", "subsystems"));
  if (check.grid.plan) {
    text += fmt::format(
        "  grid {} ({}): {} of {} values differ\n", check.grid.axes, check.grid.origin,
        [&] {
          std::size_t differ = 0;
          for (const AlgebraMismatch& mismatch : check.algebra.mismatches) differ += mismatch.ranks.size();
          return differ;
        }(),
        check.algebra.compared);
  }
  const std::size_t inconsistent = count_of(check, InvariantKind::inconsistent) + check.disagreements.size();
  text += fmt::format("  between ranks: {}, {} created\n",
                      inconsistent == 0 ? std::string("consistent")
                                        : plural(inconsistent, "inconsistency", "inconsistencies"),
                      plural(check.creations, "group", "groups"));
  return text;
}

}  // namespace

std::string to_text(const DumpCheck& check, std::span<const std::string> other_names) {
  std::string text = fmt::format("{}: {}\n{}", plural(check.world_size, "rank", "ranks"),
                                 check.passed() ? "passed" : "not as DeepSpeed needs it", summary(check));
  add_gaps(text, check, AskedOf::mpu, "gaps: DeepSpeed raises, where that part of it is used", other_names);
  add_algebra(text, check);
  if (count_of(check, InvariantKind::inconsistent) + check.disagreements.size() > 0) {
    text += "\ninconsistent: collectives over these groups cannot work\n";
    for (const DumpDisagreement& found : check.disagreements) {
      text += fmt::format("  {} differs {}: {}\n", found.what, ranks_in(found.ranks, check.world_size),
                          found.example);
    }
    add_violations(text, check, InvariantKind::inconsistent);
  }
  if (count_of(check, InvariantKind::hazard) > 0) {
    text += "\nhazards: DeepSpeed raises nothing and goes wrong\n";
    add_violations(text, check, InvariantKind::hazard);
  }
  add_gaps(text, check, AskedOf::grid, "only where it is the grid of a pipeline module (not counted)",
           other_names);
  add_gaps(text, check, AskedOf::own_module,
           "only where a module of DeepSpeed's own is the mpu (not counted)", {});
  return text;
}

}  // namespace gridlock
