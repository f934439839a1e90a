#include "harness/report/report.h"

#include <fmt/color.h>
#include <fmt/format.h>

#include <array>
#include <map>
#include <set>
#include <utility>

#include "core/base/plural.h"
#include "core/diagnosis/render.h"
#include "core/diagnosis/watchdog_log.h"
#include "core/history/transcript.h"

namespace gridlock {
namespace {

/// Lines of the watchdogs' log in a report.
constexpr std::size_t kWatchdogLineMax = 64;

std::string coloured(const std::string& text, fmt::color colour, const ReportStyle& style) {
  return style.colour ? fmt::format(fmt::emphasis::bold | fmt::fg(colour), "{}", text) : text;
}

std::string headline(const CaseResult& result, const ReportStyle& style) {
  const Verdict& verdict = result.run.verdict;
  const bool passed = verdict.outcome == Outcome::passed;
  std::string line = fmt::format("{}: {}", result.scenario->name,
                                 coloured(std::string(outcome_name(verdict.outcome)),
                                          passed ? fmt::color::green : fmt::color::red, style));
  if (const Diagnosis* deciding = deciding_diagnosis(verdict))
    line += fmt::format(" {}", code_name(deciding->code));
  return line + "\n";
}

std::string facts(const CaseResult& result) {
  const RunResult& run = result.run;
  std::string text =
      fmt::format("  {} on {}, {}, {}", plural(result.scenario->world_size, "rank", "ranks"), result.world,
                  plural(run.histories->groups.instance_count(), "group", "groups"),
                  plural(run.request_count, "request", "requests"));
  // Only the simulator has a digest, and sees all ends of a call.
  if (run.digest != 0) text += ", " + plural(run.match_count, "matched call", "matched calls");
  if (run.virtual_time.count() > 0) text += fmt::format(", virtual time {}", duration_text(run.virtual_time));
  text += fmt::format("\n  seed {}", result.options.seed);
  if (run.digest != 0) text += fmt::format(", digest {}", hash_text(run.digest));
  return text + fmt::format(", transcript {}\n", hash_text(make_transcript(*run.histories).hash));
}

/// The first ones whole, and the first of each kind of warning, which may explain an error before it: the
/// others mostly are the same trouble in other groups.
/// Whether another schedule of the ranks could end otherwise; only the simulator knows.
std::string schedule_text(const RunResult& run) {
  if (run.digest == 0) return "";
  if (run.choices.empty()) return "  every schedule of the ranks ends so\n";
  std::string text;
  for (const ContendedChoice& choice : run.choices) {
    text +=
        fmt::format("  depends on the schedule: {} ({} of rank {} at {}{})\n", choice_meaning(choice.kind),
                    choice_name(choice.kind), choice.rank, duration_text(choice.time),
                    choice.count > 1 ? fmt::format(", and {} more", choice.count - 1) : "");
  }
  return text;
}

std::string diagnoses_text(const CaseResult& result) {
  constexpr std::size_t kShownMax = 4;
  const std::vector<Diagnosis>& diagnoses = result.run.verdict.diagnoses;
  std::string text;
  std::set<Code> shown;
  std::map<std::string_view, std::size_t> others;
  for (std::size_t i = 0; i < diagnoses.size(); ++i) {
    const Diagnosis& diagnosis = diagnoses[i];
    const bool is_new_warning = diagnosis.severity == Severity::warning && shown.count(diagnosis.code) == 0;
    if (i < kShownMax || is_new_warning) {
      text += render(diagnosis, *result.run.histories);
      shown.insert(diagnosis.code);
    } else {
      ++others[code_name(diagnosis.code)];
    }
  }
  for (const auto& [code, count] : others)
    text += fmt::format("and {} more {}: --report lists them\n", count, code);
  const std::size_t further = result.run.verdict.further_causes;
  if (further > 0) text += fmt::format("and {} further causes, which no report lists\n", further);
  return text;
}

std::string complaints_text(const CaseResult& result) {
  constexpr std::size_t kShownMax = 8;
  const std::vector<Complaint>& complaints = result.run.complaints;
  std::string text;
  for (std::size_t i = 0; i < complaints.size() && i < kShownMax; ++i) {
    const Complaint& complaint = complaints[i];
    const SiteTable& sites = result.run.histories->sites;
    const std::string& place = sites.site(complaint.label.site).place;
    text += fmt::format(
        "  rank {}: {}{}{}\n", complaint.rank, complaint.text,
        complaint.label.site == SiteId::none ? "" : fmt::format("  at {}", sites.text(complaint.label)),
        place.empty() ? "" : fmt::format(" ({})", place));
  }
  if (complaints.size() > kShownMax) text += fmt::format("  and {} more\n", complaints.size() - kShownMax);
  return text;
}

std::string xml_escaped(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        // XML 1.0 has no other control characters.
        escaped += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return escaped;
}

}  // namespace

nlohmann::ordered_json ranks_json(const RankSet& ranks) {
  // A million ranks stay one line: the runs, not the ranks.
  constexpr std::size_t kListedMax = 64;
  if (ranks.size() <= kListedMax) return ranks.to_vector();
  return ranks.to_string();
}

nlohmann::ordered_json diagnosis_json(const Diagnosis& diagnosis) {
  nlohmann::ordered_json sides = nlohmann::ordered_json::array();
  for (const Divergence& side : diagnosis.first_divergence) {
    sides.push_back({{"ranks", ranks_json(side.ranks)},
                     {"call", side.call},
                     {"label", side.label},
                     {"place", side.place}});
  }
  nlohmann::ordered_json edges = nlohmann::ordered_json::array();
  for (const WaitEdge& edge : diagnosis.wait_for) {
    edges.push_back({{"from", ranks_json(edge.from)}, {"to", ranks_json(edge.to)}, {"reason", edge.reason}});
  }
  nlohmann::ordered_json alternatives = nlohmann::ordered_json::array();
  for (const RankSet& ranks : diagnosis.blame.alternatives) alternatives.push_back(ranks_json(ranks));
  return {{"code", code_name(diagnosis.code)},
          {"severity", severity_name(diagnosis.severity)},
          {"certainty", certainty_name(diagnosis.certainty)},
          {"blame",
           {{"ranks", ranks_json(diagnosis.blame.ranks)},
            {"relation", relation_name(diagnosis.blame.relation)},
            {"alternatives", alternatives}}},
          {"summary", diagnosis.summary},
          {"first_divergence", sides},
          {"wait_for", edges},
          {"waiting", ranks_json(diagnosis.waiting)},
          {"hint", diagnosis.hint}};
}

std::string hash_text(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::string duration_text(Nanos duration) {
  static constexpr std::array<std::pair<std::int64_t, const char*>, 6> kUnits = {{{3'600'000'000'000, "h"},
                                                                                  {60'000'000'000, "min"},
                                                                                  {1'000'000'000, "s"},
                                                                                  {1'000'000, "ms"},
                                                                                  {1'000, "us"},
                                                                                  {1, "ns"}}};
  for (const auto& [size, name] : kUnits) {
    if (duration.count() >= size) {
      return fmt::format("{:.6g} {}", static_cast<double>(duration.count()) / static_cast<double>(size),
                         name);
    }
  }
  return "0 ns";
}

std::string text_report(const CaseResult& result, const ReportStyle& style) {
  std::string text = headline(result, style);
  text += diagnoses_text(result);
  text += complaints_text(result);
  if (!result.run.error.empty()) text += fmt::format("  {}\n", result.run.error);
  text += facts(result);
  text += schedule_text(result.run);
  for (const std::string& unmet : result.unmet)
    text += fmt::format("  not as the scenario expects: {}\n", unmet);
  return text;
}

nlohmann::ordered_json json_report(const CaseResult& result) {
  const RunResult& run = result.run;
  nlohmann::ordered_json diagnoses = nlohmann::ordered_json::array();
  for (const Diagnosis& diagnosis : run.verdict.diagnoses) diagnoses.push_back(diagnosis_json(diagnosis));
  nlohmann::ordered_json complaints = nlohmann::ordered_json::array();
  for (const Complaint& complaint : run.complaints) {
    complaints.push_back(
        {{"rank", complaint.rank},
         {"kind", complaint.kind == Complaint::Kind::wrong_result ? "wrong_result" : "expectation_failed"},
         {"label", run.histories->sites.text(complaint.label)},
         {"text", complaint.text}});
  }
  nlohmann::ordered_json choices = nlohmann::ordered_json::array();
  for (const ContendedChoice& choice : run.choices) {
    choices.push_back({{"kind", choice_name(choice.kind)},
                       {"rank", choice.rank},
                       {"time_ns", choice.time.count()},
                       {"count", choice.count}});
  }
  const nlohmann::ordered_json every_schedule =
      run.digest == 0 ? nullptr : nlohmann::ordered_json(run.choices.empty());
  return {{"name", result.scenario->name},
          {"file", result.scenario->file},
          {"world", result.world},
          {"outcome", outcome_name(run.verdict.outcome)},
          {"exit_code", static_cast<int>(run.verdict.outcome)},
          {"as_expected", result.held()},
          {"unmet", result.unmet},
          {"diagnoses", diagnoses},
          {"further_causes", run.verdict.further_causes},
          {"complaints", complaints},
          {"watchdog",
           watchdog_log(*run.histories, Nanos(result.options.semantics.timeout_ns), kWatchdogLineMax)},
          {"error", run.error},
          {"ranks", result.scenario->world_size},
          {"groups", run.histories->groups.instance_count()},
          {"requests", run.request_count},
          {"matched_calls", run.match_count},
          {"virtual_time_ns", run.virtual_time.count()},
          {"every_schedule", every_schedule},
          {"choices", choices},
          {"seed", result.options.seed},
          {"digest", hash_text(run.digest)},
          {"transcript", hash_text(make_transcript(*run.histories).hash)}};
}

std::string junit_report(std::span<const JunitCase> cases) {
  std::size_t failures = 0;
  double seconds = 0;
  std::string body;
  for (const JunitCase& one : cases) {
    seconds += one.seconds;
    const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\"",
                                         xml_escaped(one.file), xml_escaped(one.name), one.seconds);
    if (one.failure.empty()) {
      body += head + "/>\n";
      continue;
    }
    ++failures;
    body += fmt::format("{}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n", head,
                        xml_escaped(one.failure.substr(0, one.failure.find('\n'))), xml_escaped(one.failure));
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"gridlock\" tests=\"{}\" failures=\"{}\" time=\"{:.3f}\">\n{}  "
      "</testsuite>\n</testsuites>\n",
      cases.size(), failures, seconds, body);
}

}  // namespace gridlock
