#pragma once

#include <optional>
#include <string>

#include "harness/read/json_maker.h"
#include "harness/read/pipeline_schedules.h"
#include "harness/read/workload_scope.h"

namespace gridlock {

/// In the order of the words of "p2p".
enum class Exchange : std::uint8_t { batched, even_odd, sequential, gradient_first };

/// What a pipeline workload asks for.
struct PipelineRequest {
  std::string grid;
  /// Size of the axis pipe.
  std::int32_t ranks = 1;
  PipelineSchedule schedule = PipelineSchedule::gpipe;
  /// With transfers, instead of the schedule.
  std::optional<ScheduleTable> table;
  Exchange exchange = Exchange::batched;
  /// Transfers go over groups of two neighbours each.
  bool uses_pairs = false;
  std::int32_t micro_batches = 1;
  JsonNode count;
  JsonNode dtype;
  std::optional<JsonNode> forward;
  std::optional<JsonNode> backward;
  std::optional<JsonNode> backward_input;
  std::optional<JsonNode> backward_weight;
  std::int64_t tensor_all_reduces = 0;
  std::optional<JsonNode> data_all_reduce;
  std::optional<JsonNode> tied_embedding;
  bool overflow_check = false;

  /// Whether nothing follows the forwards.
  bool is_forward_only() const { return !table && schedule == PipelineSchedule::forward_only; }
};

/// Reads the keys of a pipeline workload. A schedule that loops cannot express is a table, as are all over
/// pairs. Throws InputError for whatever is wrong with them, and for a table that does not fit the grid.
PipelineRequest read_pipeline(const WorkloadScope& scope, const JsonCursor& workload);

}  // namespace gridlock
