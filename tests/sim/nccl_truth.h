#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/world/world.h"

namespace gridlock {

/// A row of tests/data/nccl_truth.json: a program, and what real GPUs did with it.
struct TruthRow {
  nlohmann::json json;

  std::string name() const { return json.at("case"); }
  bool was_connected() const { return json.at("connected_before"); }
  int hosts() const { return json.value("hosts", 1); }
  RankId world_size() const { return json.at("world_size"); }
  /// "send_no_recv_4KB cold, 1 host, 2 ranks"
  std::string text() const;
};

std::vector<TruthRow> truth_rows();

/// What a rank saw, in order: "completed", "hang", "host blocked", "refused" or "lost" for every point at
/// which it looked, up to the first that did not end.
using Sights = std::vector<std::string>;

/// What the row says that its ranks saw. The harness that measured went on after a hang; what came then is
/// left out.
std::vector<Sights> recorded_sights(const TruthRow& row);

/// The first elements that a rank printed after its operations had completed, one list per print.
std::vector<std::vector<double>> recorded_values(const TruthRow& row, RankId rank);

/// One run of the row's program in the simulator.
struct TruthRun {
  std::vector<Sights> sights;
  /// First elements of the outputs that each rank would print at the same points.
  std::vector<std::vector<std::vector<double>>> values;
  RunResult result;
};

/// Runs the row with the preset `nccl` in `emulate`.
TruthRun run_row(const TruthRow& row);

}  // namespace gridlock
