#include "harness/report/dump_check_report.h"

#include <string_view>

#include "core/base/outcome.h"
#include "harness/report/report.h"

namespace gridlock {
namespace {

using Json = nlohmann::ordered_json;

std::string_view kind_name(GapKind kind) {
  switch (kind) {
    case GapKind::missing:
      return "missing";
    case GapKind::raises:
      return "raises";
    case GapKind::wrong_kind:
      return "wrong_kind";
  }
  return "";
}

std::string_view asked_of_name(AskedOf of) {
  switch (of) {
    case AskedOf::mpu:
      return "mpu";
    case AskedOf::grid:
      return "grid";
    case AskedOf::own_module:
      return "own_module";
  }
  return "";
}

Json gaps_json(const DumpCheck& check) {
  Json gaps = Json::array();
  for (const ContractGap& gap : check.gaps) {
    Json breaks = Json::array();
    for (const BrokenRead& read : gap.breaks)
      breaks.push_back({{"subsystem", read.subsystem}, {"where", read.where}, {"always", read.always}});
    gaps.push_back({{"accessor", accessor_name(gap.accessor)},
                    {"kind", kind_name(gap.kind)},
                    {"got", gap.got},
                    {"ranks", ranks_json(gap.ranks)},
                    {"counts", check.counts(gap)},
                    {"asked_of", asked_of_name(gap.of)},
                    {"breaks", std::move(breaks)}});
  }
  return gaps;
}

Json grid_json(const DumpCheck& check) {
  Json values = Json::array();
  for (const AlgebraMismatch& mismatch : check.algebra.mismatches)
    values.push_back({{"accessor", accessor_name(mismatch.accessor)},
                      {"ranks", ranks_json(mismatch.ranks)},
                      {"example", mismatch.example}});
  return {{"compared", check.grid.plan != nullptr},
          {"axes", check.grid.axes},
          {"origin", check.grid.origin},
          {"values", check.algebra.compared},
          {"differ", std::move(values)}};
}

Json violations_json(const DumpCheck& check, InvariantKind kind) {
  Json found = Json::array();
  for (const MpuViolation& violation : check.violations) {
    if (violation.invariant->kind != kind) continue;
    found.push_back({{"invariant", violation.invariant->name},
                     {"sentence", violation.invariant->sentence},
                     {"ranks", ranks_json(violation.ranks)},
                     {"example", violation.example}});
  }
  return found;
}

Json disagreements_json(const DumpCheck& check) {
  Json found = Json::array();
  for (const DumpDisagreement& one : check.disagreements)
    found.push_back({{"what", one.what}, {"ranks", ranks_json(one.ranks)}, {"example", one.example}});
  return found;
}

}  // namespace

Json json_report(const DumpCheck& check, const std::string& object) {
  const Outcome outcome = check.passed() ? Outcome::passed : Outcome::mismatch;
  return {{"object", object},
          {"ranks", check.world_size},
          {"outcome", outcome_name(outcome)},
          {"exit_code", static_cast<int>(outcome)},
          {"contract", check.contract},
          {"subsystems", check.subsystems},
          {"creations", check.creations},
          {"gaps", gaps_json(check)},
          {"grid", grid_json(check)},
          {"disagreements", disagreements_json(check)},
          {"inconsistencies", violations_json(check, InvariantKind::inconsistent)},
          {"hazards", violations_json(check, InvariantKind::hazard)}};
}

}  // namespace gridlock
