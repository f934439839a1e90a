#include <fmt/format.h>

#include <algorithm>

#include "core/base/plural.h"
#include "core/mpu/accessor_report.h"

namespace gridlock {
namespace {

std::size_t count_of(const AccessorReport& report, InvariantKind kind) {
  return static_cast<std::size_t>(
      std::count_if(report.violations.begin(), report.violations.end(),
                    [&](const MpuViolation& violation) { return violation.invariant->kind == kind; }));
}

std::string ranks_words(const RankSet& ranks) {
  return (ranks.size() == 1 ? "rank " : "ranks ") + ranks.to_string();
}

void add_violations(std::string& text, const AccessorReport& report, InvariantKind kind,
                    std::string_view title) {
  if (count_of(report, kind) == 0) return;
  text += fmt::format("\n{}\n", title);
  for (const MpuViolation& violation : report.violations) {
    if (violation.invariant->kind != kind) continue;
    text += fmt::format("  {}: does not hold on {}: {}\n    {}\n", violation.invariant->name,
                        ranks_words(violation.ranks), violation.invariant->sentence, violation.example);
  }
}

/// Probes of one subsystem under its name, in table order; a subsystem whose probes lie apart is named again.
void add_probes(std::string& text, const AccessorClass& part, bool raises) {
  std::string_view subsystem;
  for (const ProbeRow& row : part.probes) {
    if (row.raises != raises) continue;
    if (row.subsystem != subsystem) text += fmt::format("    {}\n", row.subsystem);
    subsystem = row.subsystem;
    const std::string where = row.ranks == part.ranks ? "" : fmt::format(" ({})", ranks_words(row.ranks));
    text += fmt::format("      {}{}: {}\n", row.probe, where, row.value);
  }
}

std::size_t raising(const AccessorClass& part) {
  return static_cast<std::size_t>(
      std::count_if(part.probes.begin(), part.probes.end(), [](const ProbeRow& row) { return row.raises; }));
}

void add_accessors(std::string& text, const AccessorClass& part) {
  std::size_t width = 0;
  std::string missing;
  for (const AccessorRow& row : part.accessors) {
    if (row.missing) missing += (missing.empty() ? "" : ", ") + std::string(accessor_name(row.accessor));
    width = std::max(width, accessor_name(row.accessor).size());
  }
  text += "  accessors\n";
  for (const AccessorRow& row : part.accessors) {
    if (!row.missing) text += fmt::format("    {:<{}}  {}\n", accessor_name(row.accessor), width, row.value);
  }
  if (!missing.empty()) text += fmt::format("    missing: {}\n", missing);
}

void add_class(std::string& text, const AccessorClass& part) {
  text += fmt::format("\n{} ({}{})\n", ranks_words(part.ranks), plural(part.ranks.size(), "rank", "ranks"),
                      part.member ? "" : ", not in the model");
  if (raising(part) > 0) {
    text += "  DeepSpeed would raise, where that part of it is used\n";
    add_probes(text, part, true);
  }
  if (part.member) {
    text += "  DeepSpeed would get\n";
    add_probes(text, part, false);
  } else {
    text += "  DeepSpeed would get -1 for ranks and None for groups, which torch takes for the whole world\n";
  }
  add_accessors(text, part);
}

void add_gap(std::string& text, const ProviderGap& gap) {
  if (gap.subsystems.empty()) {
    text += fmt::format("  {}: nothing more would raise\n", provider_title(gap.provider));
    return;
  }
  std::string names, subsystems;
  for (Accessor name : gap.missing) names += (names.empty() ? "" : ", ") + std::string(accessor_name(name));
  for (std::string_view name : gap.subsystems)
    subsystems += (subsystems.empty() ? "" : ", ") + std::string(name);
  text += fmt::format("  {}: {} would raise\n    missing: {}\n    in: {}\n", provider_title(gap.provider),
                      plural(gap.subsystems.size(), "subsystem", "subsystems"), names, subsystems);
}

}  // namespace

std::string to_text(const AccessorReport& report) {
  const std::size_t inconsistent = count_of(report, InvariantKind::inconsistent);
  const std::size_t hazards = count_of(report, InvariantKind::hazard);
  std::string text =
      fmt::format("{} in {}: {}, {}\n", plural(report.world_size, "rank", "ranks"),
                  plural(report.classes.size(), "class", "classes"),
                  inconsistent == 0 ? std::string("consistent")
                                    : plural(inconsistent, "inconsistency", "inconsistencies"),
                  hazards == 0 ? std::string("no hazards") : plural(hazards, "hazard", "hazards"));
  add_violations(text, report, InvariantKind::inconsistent,
                 "inconsistent: collectives over these groups cannot work");
  add_violations(text, report, InvariantKind::hazard, "hazards: DeepSpeed raises nothing and goes wrong");
  for (const AccessorClass& part : report.classes) add_class(text, part);
  if (report.gaps.empty()) return text;
  text += "\nwith the names of another object only\n";
  for (const ProviderGap& gap : report.gaps) add_gap(text, gap);
  return text;
}

}  // namespace gridlock
