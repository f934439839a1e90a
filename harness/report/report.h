#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "harness/run/runner.h"

namespace gridlock {

/// How a report for people looks. Colour only where the reader is a terminal.
struct ReportStyle {
  bool colour = false;
};

/// A run for people: the verdict in one line, then the diagnoses, the complaints of the programs, and what
/// the run was (ranks, groups, calls, virtual time, seed, digest, transcript). One screen, whatever the size
/// of the world.
std::string text_report(const CaseResult& result, const ReportStyle& style);

/// The same for programs; documented in docs/report_format.md. Key order is fixed.
nlohmann::ordered_json json_report(const CaseResult& result);
/// Ranks as reports for programs have them: a list, or a text of runs for more than 64.
nlohmann::ordered_json ranks_json(const RankSet& ranks);

/// One diagnosis in it.
nlohmann::ordered_json diagnosis_json(const Diagnosis& diagnosis);

/// JUnit XML of a test run, one suite with one case per scenario, as CI systems read it.
struct JunitCase {
  std::string file;
  std::string name;
  double seconds = 0;
  /// Empty: it passed.
  std::string failure;
};
std::string junit_report(std::span<const JunitCase> cases);

/// 16 hexadecimal digits, as digests and transcripts are written everywhere.
std::string hash_text(std::uint64_t hash);
/// "1.5 ms", "2 h": the largest unit in which the number is at least 1.
std::string duration_text(Nanos duration);

}  // namespace gridlock
