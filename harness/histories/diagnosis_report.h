#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/histories/recorded_run.h"
#include "harness/report/report.h"

namespace gridlock {

/// A recorded run and what the judge says about it.
struct DiagnosedRun {
  RecordedRun run;
  Verdict verdict;
};

DiagnosedRun diagnose(RecordedRun run);

/// For people, one screen whatever the size of the world: the verdict, the diagnoses, then where every rank
/// stood and whom it waits for, then what is to be known about the files.
std::string text_report(const DiagnosedRun& diagnosed, const ReportStyle& style);
/// The same for programs; documented in docs/report_format.md.
nlohmann::ordered_json json_report(const DiagnosedRun& diagnosed);
/// The wait-for graph for Graphviz: a node for each class of ranks that stood in one place, blamed ranks in
/// red.
std::string dot_report(const DiagnosedRun& diagnosed);

}  // namespace gridlock
