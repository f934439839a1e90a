#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/model/scenario.h"

namespace gridlock {

/// What `gridlock lint` can find in the sizes of a scenario's grids, without running it. Spelled as in
/// reports and docs; the table in lint_table.cpp has the meaning of each.
enum class LintCode : std::uint8_t {
  LAYERS_NOT_DIVISIBLE,
  HEADS_NOT_DIVISIBLE,
  HIDDEN_NOT_DIVISIBLE,
  SEQUENCE_NOT_DIVISIBLE,
  EXPERTS_NOT_DIVISIBLE,
  BATCH_NOT_DIVISIBLE,
  VIRTUAL_STAGES_NOT_USABLE,
  FEW_MICRO_BATCHES,
  EXPERT_STAGES_DIFFER,
  EXPERT_GROUPS_IGNORE_MAPPING,
  GROUP_ORDER_SURPRISE,
  TENSOR_CROSSES_NODE,
  EXPERT_CROSSES_NODE,
  EMBEDDING_CROSSES_NODE,
  UNUSED_RANKS,
  MANY_CREATIONS,
  MANY_GLOO_CONNECTIONS,
  COMMUNICATOR_MEMORY,
};

/// error: the framework refuses it, or computes something else. warning: it runs, but slowly or with a trap.
/// note: worth knowing.
enum class LintSeverity : std::uint8_t { error, warning, note };

struct LintInfo {
  LintCode code;
  LintSeverity severity;
  std::string_view name;
  std::string_view meaning;
  std::string_view fix;
};

/// One row per code, in the order of the enumeration.
std::span<const LintInfo> all_lints();
const LintInfo& lint_info(LintCode code);
std::string_view lint_severity_name(LintSeverity severity);

struct LintFinding {
  LintCode code = LintCode::LAYERS_NOT_DIVISIBLE;
  /// Empty when it is about the whole world.
  std::string grid;
  /// One sentence, with names and numbers.
  std::string text;
};

/// What the grids of a scenario cost before the first step. Groups of one rank make no connection and use no
/// communicator memory.
struct LintCosts {
  /// new_group calls that every rank makes (requests that a registry answers left out).
  std::int64_t creations = 0;
  /// Groups made of nccl and of gloo.
  std::int64_t nccl_groups = 0;
  std::int64_t gloo_groups = 0;
  /// For the rank that has most: its nccl communicators, and the gloo connections to other members.
  std::int64_t communicators_per_rank = 0;
  RankId communicators_rank = 0;
  std::int64_t gloo_connections_per_rank = 0;
  RankId gloo_rank = 0;
};

struct LintReport {
  std::vector<LintFinding> findings;
  LintCosts costs;

  bool has_errors() const;
};

/// Device memory of one used communicator. Measured: 486 MiB on each of 2 H200 joined by NVLink (NCCL 2.28.3,
/// all channels, default buffers); other machines and larger groups differ.
inline constexpr std::int64_t kCommunicatorBytes = std::int64_t{486} << 20;
/// Above these a report says so.
inline constexpr std::int64_t kCommunicatorMemoryWarning = std::int64_t{8} << 30;
inline constexpr std::int64_t kCreationsWarning = 10'000;
/// The usual limit on a process's open files is 1,024.
inline constexpr std::int64_t kGlooConnectionsWarning = 1'000;

/// Holds sizes against each other. O(ranks x families + requests).
LintReport lint(const Scenario& scenario);

/// Plain text; ends with a line end.
std::string lint_text(const Scenario& scenario, const LintReport& report);

}  // namespace gridlock
