#include "harness/run/runner.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "harness/run/data_size.h"
#include "harness/run/real_intentions.h"
#include "harness/run/real_world.h"
#include "harness/run/scenario_program.h"
#include "harness/run/world_size.h"

namespace gridlock {
namespace {

std::vector<std::string> code_names(std::vector<Code> codes) {
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  std::vector<std::string> names;
  for (const Code code : codes) names.emplace_back(code_name(code));
  return names;
}

std::string list_text(const std::vector<std::string>& names) {
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::vector<Code> warnings_of(const Verdict& verdict) {
  std::vector<Code> codes;
  for (const Diagnosis& diagnosis : verdict.diagnoses) {
    if (diagnosis.severity == Severity::warning) codes.push_back(diagnosis.code);
  }
  return codes;
}

std::string sides_text(const Diagnosis* found) {
  if (found == nullptr || found->first_divergence.empty()) return "none";
  std::vector<std::string> sides;
  for (const Divergence& side : found->first_divergence)
    sides.push_back(fmt::format("{} at '{}'", side.ranks.to_string(), side.call));
  return fmt::format("{}", fmt::join(sides, "; "));
}

bool has_side(const Diagnosis* found, const ExpectedSide& expected) {
  if (found == nullptr) return false;
  return std::any_of(found->first_divergence.begin(), found->first_divergence.end(),
                     [&](const Divergence& side) {
                       return side.ranks == expected.ranks && side.call.starts_with(expected.call);
                     });
}

}  // namespace

const Diagnosis* deciding_diagnosis(const Verdict& verdict) {
  for (const Diagnosis& diagnosis : verdict.diagnoses) {
    if (diagnosis.severity != Severity::warning) return &diagnosis;
  }
  return nullptr;
}

std::vector<std::string> unmet_expectations(const Expectation& expect, const Verdict& verdict,
                                            const RankSet& returned) {
  std::vector<std::string> unmet;
  const auto compare = [&unmet](std::string_view what, const std::string& expected, const std::string& got) {
    if (expected != got) unmet.push_back(fmt::format("{}: expected {}, got {}", what, expected, got));
  };
  compare("outcome", std::string(outcome_name(expect.outcome)), std::string(outcome_name(verdict.outcome)));
  const Diagnosis* found = deciding_diagnosis(verdict);
  if (expect.diagnosis) {
    compare("diagnosis", std::string(code_name(*expect.diagnosis)),
            found ? std::string(code_name(found->code)) : "none");
  }
  if (expect.blame)
    compare("blame", expect.blame->to_string(), found ? found->blame.ranks.to_string() : "none");
  if (expect.relation) {
    compare("relation", std::string(relation_name(*expect.relation)),
            found ? std::string(relation_name(found->blame.relation)) : "none");
  }
  for (const ExpectedSide& side : expect.first_divergence) {
    if (has_side(found, side)) continue;
    compare("first divergence", fmt::format("{} at '{}'", side.ranks.to_string(), side.call),
            sides_text(found));
  }
  if (expect.returned) compare("returned", expect.returned->to_string(), returned.to_string());
  if (expect.warnings) {
    compare("warnings", list_text(code_names(*expect.warnings)), list_text(code_names(warnings_of(verdict))));
  }
  return unmet;
}

CaseResult run_case(std::shared_ptr<const Scenario> scenario, World& world, const RunOptions& options,
                    World* simulator) {
  if (world.name() == "sim") {
    check_world_size(*scenario, options.memory_max);
  } else {
    check_real_world(*scenario, options, world.name());
  }
  if (options.payload == Payload::data) check_data_size(*scenario);
  CaseResult result;
  result.scenario = scenario;
  result.options = options;
  result.world = world.name();
  const auto program = std::make_shared<const ScenarioProgram>(std::move(scenario));
  result.run = world.run(options, make_rank_program(program), program->sites());
  if (simulator != nullptr && wants_intentions(result.run)) {
    const RunOptions simulated = options_for_intentions(result.run, options);
    add_intentions(result.run, simulator->run(simulated, make_rank_program(program), program->sites()));
  }
  result.unmet = unmet_expectations(result.scenario->expect, result.run.verdict, result.run.returned);
  return result;
}

}  // namespace gridlock
