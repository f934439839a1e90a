#include "harness/report/recording.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/input_error.h"
#include "core/history/transcript.h"
#include "harness/read/scenario_reader.h"
#include "harness/report/report.h"

namespace gridlock {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::vector<std::string>> all_lines(const Histories& histories) {
  std::size_t total = 0;
  std::vector<std::vector<std::string>> lines;
  for (std::size_t rank = 0; rank < histories.ranks.size(); ++rank) {
    total += static_cast<std::size_t>(histories.store.length(histories.ranks[rank].node));
    if (total > kRecordedLinesMax) return {};
    lines.push_back(transcript_lines(histories, static_cast<RankId>(rank)));
  }
  return lines;
}

std::uint64_t hash_from_text(const std::string& text, const std::string& place) {
  std::uint64_t hash = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), hash, 16);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw InputError(place, fmt::format("expected 16 hexadecimal digits, got '{}'", text));
  }
  return hash;
}

std::string first_line_difference(const Recording& recording, const CaseResult& again) {
  const std::vector<std::vector<std::string>> now = all_lines(*again.run.histories);
  const std::size_t ranks = std::min(now.size(), recording.lines.size());
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const auto& was = recording.lines[rank];
    const auto& is = now[rank];
    const auto [old_line, new_line] = std::mismatch(was.begin(), was.end(), is.begin(), is.end());
    if (old_line == was.end() && new_line == is.end()) continue;
    return fmt::format("rank {}, record {}: recorded '{}', now '{}'", rank, old_line - was.begin(),
                       old_line == was.end() ? "nothing more" : *old_line,
                       new_line == is.end() ? "nothing more" : *new_line);
  }
  return "";
}

}  // namespace

std::string recording_text(const CaseResult& result) {
  Json file = Json::parse(result.scenario->plain);
  file["recorded"] = {{"world", result.world},
                      {"seed", result.options.seed},
                      {"payload", result.options.payload == Payload::data ? "data" : "shape"},
                      {"outcome", outcome_name(result.run.verdict.outcome)},
                      {"digest", hash_text(result.run.digest)},
                      {"transcript", hash_text(make_transcript(*result.run.histories).hash)},
                      {"lines", all_lines(*result.run.histories)}};
  return file.dump(1) + "\n";
}

Recording read_recording(const std::string& path) {
  std::vector<Scenario> scenarios = load_scenarios(path);
  std::ifstream in(path);
  const Json file = Json::parse(in, nullptr, true, true);
  if (!file.contains("recorded")) {
    throw InputError(path, "this scenario is no recording: it has no key 'recorded'",
                     "gridlock run SCENARIO --record FILE writes one");
  }
  const Json& recorded = file.at("recorded");
  Recording recording;
  recording.scenario = std::make_shared<const Scenario>(std::move(scenarios.at(0)));
  recording.options = recording.scenario->options;
  recording.options.seed = recorded.at("seed");
  recording.options.payload = recorded.at("payload") == "data" ? Payload::data : Payload::shape;
  recording.world = recorded.at("world");
  const std::optional<Outcome> outcome = outcome_from_name(recorded.at("outcome").get<std::string>());
  if (!outcome)
    throw InputError(path + " /recorded/outcome", "unknown outcome " + recorded.at("outcome").dump());
  recording.outcome = *outcome;
  recording.digest = hash_from_text(recorded.at("digest"), path + " /recorded/digest");
  recording.transcript = hash_from_text(recorded.at("transcript"), path + " /recorded/transcript");
  recording.lines = recorded.at("lines");
  return recording;
}

std::vector<std::string> recording_differences(const Recording& recording, const CaseResult& again) {
  std::vector<std::string> differences;
  const Outcome outcome = again.run.verdict.outcome;
  if (outcome != recording.outcome) {
    differences.push_back(
        fmt::format("outcome: recorded {}, now {}", outcome_name(recording.outcome), outcome_name(outcome)));
  }
  if (const std::string line = first_line_difference(recording, again); !line.empty())
    differences.push_back(line);
  const std::uint64_t transcript = make_transcript(*again.run.histories).hash;
  if (transcript != recording.transcript) {
    differences.push_back(fmt::format("transcript: recorded {}, now {}", hash_text(recording.transcript),
                                      hash_text(transcript)));
  }
  if (again.run.digest != recording.digest) {
    differences.push_back(fmt::format("digest (order of events and times): recorded {}, now {}",
                                      hash_text(recording.digest), hash_text(again.run.digest)));
  }
  return differences;
}

}  // namespace gridlock
