#include "harness/histories/diagnosis_report.h"

#include <fmt/color.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/rank_classes.h"
#include "core/diagnosis/render.h"
#include "harness/histories/history_words.h"
#include "harness/run/runner.h"

namespace gridlock {
namespace {

/// Diagnoses that are shown whole; those after them mostly are the same trouble in other groups.
constexpr std::size_t kShownMax = 4;
/// Rows of the table of ranks; further classes are counted.
constexpr std::size_t kRowMax = 12;

std::string_view state_word(HostState state) { return host_state_words()[static_cast<std::size_t>(state)]; }

RankSet without_history(const Histories& histories) {
  std::vector<RankId> ranks;
  for (std::size_t rank = 0; rank < histories.ranks.size(); ++rank) {
    if (histories.ranks[rank].state == HostState::unknown) ranks.push_back(static_cast<RankId>(rank));
  }
  return RankSet(std::move(ranks));
}

std::string headline(const Verdict& verdict, const ReportStyle& style) {
  std::string text(outcome_name(verdict.outcome));
  if (style.colour) {
    const bool passed = verdict.outcome == Outcome::passed;
    text =
        fmt::format(fmt::emphasis::bold | fmt::fg(passed ? fmt::color::green : fmt::color::red), "{}", text);
  }
  if (const Diagnosis* deciding = deciding_diagnosis(verdict))
    text += fmt::format(" {}", code_name(deciding->code));
  return text + "\n";
}

std::string class_text(const RankClass& row) {
  std::string text =
      fmt::format("  {}: {} in {}", ranks_text(row.ranks), state_word(row.state), row.position);
  if (!row.waits_for.empty()) text += fmt::format(" -> {}", ranks_text(row.waits_for));
  return text + "\n";
}

std::string classes_text(const std::vector<RankClass>& classes) {
  std::string text = "where the ranks stood -> whom they wait for\n";
  for (std::size_t i = 0; i < std::min(classes.size(), kRowMax); ++i) text += class_text(classes[i]);
  if (classes.size() > kRowMax) text += fmt::format("  and {} more places\n", classes.size() - kRowMax);
  return text;
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += c;
  }
  return result + "\"";
}

nlohmann::ordered_json class_json(const RankClass& row) {
  return {{"ranks", row.ranks.to_string()},
          {"state", state_word(row.state)},
          {"position", row.position},
          {"waits_for", row.waits_for.to_string()}};
}

bool overlap(const RankSet& a, const RankSet& b) { return a.without(b).size() != a.size(); }

}  // namespace

DiagnosedRun diagnose(RecordedRun run) {
  Verdict verdict = judge(*run.histories, run.end, run.complaints);
  for (Diagnosis& diagnosis : verdict.diagnoses) {
    if (!run.shows_completion) diagnosis.certainty = std::max(diagnosis.certainty, Certainty::likely);
  }
  return {std::move(run), std::move(verdict)};
}

std::string text_report(const DiagnosedRun& diagnosed, const ReportStyle& style) {
  const Histories& histories = *diagnosed.run.histories;
  std::string text = headline(diagnosed.verdict, style);
  const std::vector<Diagnosis>& diagnoses = diagnosed.verdict.diagnoses;
  for (std::size_t i = 0; i < std::min(diagnoses.size(), kShownMax); ++i)
    text += render(diagnoses[i], histories);
  if (diagnoses.size() > kShownMax)
    text += fmt::format("and {} more: --format json lists them\n", diagnoses.size() - kShownMax);
  for (const Complaint& complaint : diagnosed.run.complaints)
    text += fmt::format("  rank {}: {}\n", complaint.rank, complaint.text);
  if (diagnoses.empty() && diagnosed.run.complaints.empty())
    text += "  No rank waits for another one in what these histories show.\n";
  text += classes_text(rank_classes(histories));
  const RankSet missing = without_history(histories);
  text += fmt::format("{} ranks, {} of them with a history", histories.ranks.size(),
                      histories.ranks.size() - missing.size());
  text += missing.empty() ? "\n" : fmt::format("; none of {}\n", ranks_text(missing));
  for (const std::string& note : diagnosed.run.notes) text += fmt::format("note: {}\n", note);
  return text;
}

nlohmann::ordered_json json_report(const DiagnosedRun& diagnosed) {
  const Histories& histories = *diagnosed.run.histories;
  nlohmann::ordered_json diagnoses = nlohmann::ordered_json::array();
  for (const Diagnosis& diagnosis : diagnosed.verdict.diagnoses)
    diagnoses.push_back(diagnosis_json(diagnosis));
  nlohmann::ordered_json classes = nlohmann::ordered_json::array();
  for (const RankClass& row : rank_classes(histories)) classes.push_back(class_json(row));
  nlohmann::ordered_json complaints = nlohmann::ordered_json::array();
  for (const Complaint& complaint : diagnosed.run.complaints)
    complaints.push_back({{"rank", complaint.rank}, {"text", complaint.text}});
  return {{"outcome", outcome_name(diagnosed.verdict.outcome)},
          {"exit_code", static_cast<int>(diagnosed.verdict.outcome)},
          {"diagnoses", diagnoses},
          {"complaints", complaints},
          {"ranks", histories.ranks.size()},
          {"without_history", without_history(histories).to_string()},
          {"classes", classes},
          {"notes", diagnosed.run.notes}};
}

std::string dot_report(const DiagnosedRun& diagnosed) {
  const std::vector<RankClass> classes = rank_classes(*diagnosed.run.histories);
  RankSet blamed;
  if (const Diagnosis* deciding = deciding_diagnosis(diagnosed.verdict)) blamed = deciding->blame.ranks;
  std::string text = "digraph waits {\n  node [shape=box];\n";
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const std::string label = fmt::format("{}: {}", ranks_text(classes[i].ranks), classes[i].position);
    text += fmt::format("  c{} [label={}{}];\n", i, quoted(label),
                        overlap(classes[i].ranks, blamed) ? ", color=red" : "");
  }
  for (std::size_t i = 0; i < classes.size(); ++i) {
    for (std::size_t j = 0; j < classes.size(); ++j) {
      if (overlap(classes[i].waits_for, classes[j].ranks)) text += fmt::format("  c{} -> c{};\n", i, j);
    }
  }
  return text + "}\n";
}

}  // namespace gridlock
