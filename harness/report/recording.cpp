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

using Lines = std::vector<std::string>;

std::string line_at(const Lines& lines, Lines::const_iterator at) {
  return at == lines.end() ? "nothing more" : *at;
}

std::string line_difference(const Recording& first, const Recording& second, const RecordingNames& names) {
  const std::size_t ranks = std::min(first.lines.size(), second.lines.size());
  std::size_t different = 0;
  std::string text;
  for (std::size_t rank = 0; rank < ranks; ++rank) {
    const Lines& a = first.lines[rank];
    const Lines& b = second.lines[rank];
    const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    if (in_a == a.end() && in_b == b.end()) continue;
    if (++different > 1) continue;
    text = fmt::format("rank {}, record {}: {} '{}', {} '{}'", rank, in_a - a.begin(), names.first,
                       line_at(a, in_a), names.second, line_at(b, in_b));
  }
  if (different > 1) text += fmt::format("; {} of {} ranks differ", different, ranks);
  return text;
}

std::string pair_text(const RecordingNames& names, std::string_view first, std::string_view second) {
  return fmt::format("{} {}, {} {}", names.first, first, names.second, second);
}

}  // namespace

Recording record(const CaseResult& result) {
  Recording recording;
  recording.scenario = result.scenario;
  recording.options = result.options;
  recording.world = result.world;
  recording.outcome = result.run.verdict.outcome;
  recording.digest = result.run.digest;
  recording.transcript = make_transcript(*result.run.histories).hash;
  recording.lines = all_lines(*result.run.histories);
  return recording;
}

std::string recording_text(const CaseResult& result) {
  const Recording recording = record(result);
  Json file = Json::parse(result.scenario->plain);
  file["recorded"] = {{"world", recording.world},
                      {"seed", recording.options.seed},
                      {"payload", recording.options.payload == Payload::data ? "data" : "shape"},
                      {"outcome", outcome_name(recording.outcome)},
                      {"digest", hash_text(recording.digest)},
                      {"transcript", hash_text(recording.transcript)},
                      {"lines", recording.lines}};
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

std::vector<std::string> recording_differences(const Recording& first, const Recording& second,
                                               const RecordingNames& names) {
  std::vector<std::string> differences;
  const auto compare = [&](std::string_view what, const std::string& a, const std::string& b) {
    if (a != b) differences.push_back(fmt::format("{}: {}", what, pair_text(names, a, b)));
  };
  compare("outcome", std::string(outcome_name(first.outcome)), std::string(outcome_name(second.outcome)));
  compare("ranks", std::to_string(first.scenario->world_size), std::to_string(second.scenario->world_size));
  if (const std::string line = line_difference(first, second, names); !line.empty())
    differences.push_back(line);
  compare("transcript", hash_text(first.transcript), hash_text(second.transcript));
  if (first.digest != 0 && second.digest != 0)
    compare("digest (order of events and times)", hash_text(first.digest), hash_text(second.digest));
  return differences;
}

}  // namespace gridlock
