#include "harness/report/generated_docs.h"

#include <fmt/format.h>

#include "core/base/outcome.h"
#include "core/diagnosis/code_example.h"
#include "core/diagnosis/diagnosis.h"
#include "harness/lint/lint.h"
#include "harness/report/scenario_page.h"
#include "harness/report/semantics_page.h"

namespace gridlock {
namespace {

constexpr const char* kOrigin =
    "<!-- Written by `gridlock docs`; edit the tables in the code instead. -->\n\n";

std::string outcomes_page() {
  std::string page =
      std::string(kOrigin) +
      "# Outcomes\n\nHow a run ends. The number is the exit code of `gridlock run`. Rows are in order of "
      "precedence: when several apply to one run, the first one is its outcome. A run that stalled takes the "
      "outcome "
      "of its first diagnosis, the cause of what comes after it.\n\n"
      "| outcome | exit code | meaning |\n|---|---|---|\n";
  for (const OutcomeInfo& info : outcomes_by_precedence()) {
    page += fmt::format("| `{}` | {} | {} |\n", info.name, static_cast<int>(info.outcome), info.meaning);
  }
  return page +
         "\n`gridlock test` ends with 0 when every scenario ended as its `expect` says, else with 1; "
         "`gridlock check` with 0 "
         "or 9; bad input ends every command with 2 before anything runs (`gridlock test` still runs the "
         "files "
         "that it can read).\n"
         "\nA warning changes no outcome. With `--fail-on CODES` (codes with commas between them, or `any`) "
         "`run`, "
         "`test` and `diagnose` end with 1 when a run that passed has such a warning, unless its scenario "
         "expects it (`expect.warnings`) or the file of `--accept` does:\n\n```json\n"
         "{ \"accept\": [ { \"code\": \"COMM_ORDER_RISK\", \"scenario\": \"step\", \"reason\": \"connected "
         "at the start\" } ] }\n```\n\n"
         "A scenario's name stands for all cells of its matrix; an entry without one counts everywhere, and "
         "is "
         "the only kind that `diagnose` knows, as recorded runs have no scenario. Entries that nothing "
         "needed are "
         "named on standard error.\n";
}

std::string link(std::string_view path) { return fmt::format("[{}](../{})", path, path); }

/// The scenario that shows it, the one that does not, and threads of people who had it.
std::string example_text(Code code) {
  const CodeExample* example = code_example(code);
  if (example == nullptr) return "";
  const bool is_history = example->scenario.ends_with(".jsonl");
  std::string text =
      fmt::format("\n*Example:* `gridlock {}` {}; without it: {}\n", is_history ? "diagnose" : "run",
                  link(example->scenario), link(example->quiet_twin));
  std::string threads;
  for (const std::string_view thread : example->threads) {
    if (!thread.empty()) threads += fmt::format("{}<{}>", threads.empty() ? "" : ", ", thread);
  }
  if (!threads.empty()) text += fmt::format("\n*Seen in:* {}\n", threads);
  return text;
}

std::string diagnoses_page() {
  std::string page = std::string(kOrigin) +
                     "# Diagnoses\n\nWhat can be said about a run. `gridlock explain CODE` prints one of "
                     "these. The outcome is "
                     "that of a run whose first diagnosis this is; `passed` marks warnings.\n";
  for (const CodeInfo& info : all_codes()) {
    page += fmt::format("\n## {}\n\n{}\n\n*What to change:* {}\n\n*Outcome:* `{}`\n", info.name, info.meaning,
                        info.fix, outcome_name(info.outcome));
    page += example_text(info.code);
  }
  return page;
}

std::string lint_page() {
  std::string page =
      std::string(kOrigin) +
      "# Lint\n\nWhat `gridlock lint` and `gridlock plan` say about the sizes of a scenario's grids, without "
      "running it. An error is refused by the framework or makes it compute something else, a warning runs "
      "slowly or with a trap, a note is worth knowing; `gridlock lint` ends with 1 when there is an error. "
      "What is known about the model stands in the key `model` of a grid; [configs.md](configs.md) fills it "
      "from a configuration.\n";
  for (const LintInfo& info : all_lints()) {
    page += fmt::format("\n## {}\n\n{}\n\n*What to change:* {}\n\n*Severity:* {}\n", info.name, info.meaning,
                        info.fix, lint_severity_name(info.severity));
  }
  return page;
}

}  // namespace

std::vector<GeneratedPage> generated_docs() {
  return {{"outcomes.md", outcomes_page()},
          {"diagnoses.md", diagnoses_page()},
          {"lint.md", lint_page()},
          {"scenario_format.md", kOrigin + scenario_page()},
          {"semantics.md", kOrigin + semantics_page()}};
}

}  // namespace gridlock
