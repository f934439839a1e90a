#include <fmt/format.h>

#include <cctype>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "core/base/input_error.h"
#include "core/base/outcome.h"
#include "core/diagnosis/code_example.h"
#include "core/diagnosis/diagnosis.h"
#include "harness/lint/lint.h"

namespace gridlock::cli {
namespace {

void list_codes() {
  for (const CodeInfo& info : all_codes()) {
    const std::string_view first_sentence = info.meaning.substr(0, info.meaning.find(". "));
    fmt::print("{:<28} {}\n", info.name, first_sentence);
  }
  for (const LintInfo& info : all_lints()) {
    fmt::print("{:<28} (lint) {}\n", info.name, info.meaning.substr(0, info.meaning.find(". ")));
  }
}

void list_outcomes() {
  for (const OutcomeInfo& info : outcomes_by_precedence()) {
    fmt::print("{:>2}  {:<20} {}\n", static_cast<int>(info.outcome), info.name, info.meaning);
  }
}

void print_example(const CodeExample& example) {
  fmt::print("Example: {}; without it: {}\n", example.scenario, example.quiet_twin);
  for (const std::string_view thread : example.threads) {
    if (!thread.empty()) fmt::print("Seen in: {}\n", thread);
  }
}

/// Codes are written in capitals everywhere, and typed as it comes.
std::string in_capitals(std::string word) {
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return word;
}

std::string in_small_letters(std::string word) {
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

void explain(const std::string& typed) {
  if (typed.empty()) return list_codes();
  const std::string word = in_small_letters(typed);
  if (word == "outcomes") return list_outcomes();
  if (const std::optional<Code> code = code_from_name(in_capitals(typed))) {
    const CodeInfo& info = code_info(*code);
    fmt::print("{}\n\n{}\n\nWhat to change: {}\n\nOutcome of the run: {}\n", info.name, info.meaning,
               info.fix, outcome_name(info.outcome));
    if (const CodeExample* example = code_example(*code)) print_example(*example);
    return;
  }
  for (const LintInfo& info : all_lints()) {
    if (info.name != in_capitals(typed)) continue;
    fmt::print("{} ({}, of gridlock lint)\n\n{}\n\nWhat to change: {}\n", info.name,
               lint_severity_name(info.severity), info.meaning, info.fix);
    return;
  }
  for (const OutcomeInfo& info : outcomes_by_precedence()) {
    if (info.name != word) continue;
    fmt::print("{} (exit code {}): {}\n", info.name, static_cast<int>(info.outcome), info.meaning);
    return;
  }
  std::vector<std::string> known;
  for (const CodeInfo& info : all_codes()) known.emplace_back(info.name);
  for (const LintInfo& info : all_lints()) known.emplace_back(info.name);
  for (const OutcomeInfo& info : outcomes_by_precedence()) known.emplace_back(info.name);
  const std::string as_code = nearest_name(in_capitals(typed), known);
  const std::string nearest = as_code.empty() ? nearest_name(word, known) : as_code;
  throw InputError(
      "explain", fmt::format("'{}' is no diagnosis code and no outcome", typed),
      nearest.empty() ? "'gridlock explain' lists all codes" : fmt::format("did you mean '{}'?", nearest));
}

}  // namespace

void add_explain_command(CLI::App& app, Invocation& /*invocation*/) {
  CLI::App* command =
      app.add_subcommand("explain", "Say what a diagnosis code or an outcome means and what to change");
  const auto word = std::make_shared<std::string>();
  command->add_option("code", *word,
                      "A code (COLL_MISSING_RANK), an outcome (stall), 'outcomes', or nothing for the list");
  command->callback([word] { explain(*word); });
}

}  // namespace gridlock::cli
