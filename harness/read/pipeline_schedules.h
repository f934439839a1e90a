#pragma once

#include "harness/read/schedule_table.h"

namespace gridlock {

enum class PipelineSchedule : std::uint8_t { gpipe, one_f_one_b, forward_only, interleaved, zero_bubble };

/// The order of work of each of `ranks` ranks, without transfers and idle time. Stages are dealt out in turn:
/// stage s is on rank s % ranks.
///
///   interleaved   Megatron's: micro-batches go through the stages of a rank in rounds of `ranks`; a rank
///                 starts with 2 (ranks - rank - 1) + (virtual_stages - 1) ranks forwards
///   zero_bubble   ZB-H1 of Qi et al., "Zero Bubble Pipeline Parallelism": 1f1b with the backward cut in two;
///                 rank r's weight gradients lag r inputs' gradients behind
///
/// Requires: all at least 1; virtual_stages is 1 but for interleaved, which also needs at least 2 ranks and a
/// multiple of `ranks` micro-batches.
ScheduleTable schedule_table(PipelineSchedule schedule, std::int32_t ranks, std::int32_t virtual_stages,
                             std::int32_t micro_batches);

}  // namespace gridlock
