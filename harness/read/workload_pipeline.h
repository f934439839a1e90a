#pragma once

#include <vector>

#include "harness/read/workload_scope.h"

namespace gridlock {

/// The ordinary steps of one training step of a pipeline-parallel model:
///
///   { "workload": "pipeline", "grid": "actor", "schedule": "1f1b", "p2p": "batched", "micro_batches": 4,
///     "count": 4096, "dtype": "bfloat16", "forward": "2ms", "backward": "4ms", "tensor_all_reduces": 2,
///     "data_all_reduce": 65536, "tied_embedding": 8192, "overflow_check": true }
///
/// Required: grid, schedule and micro_batches (or table), count (elements of an activation). Stages are the
/// grid's axis "pipe" (one stage without it).
///
/// Schedules (labels "forward" and "backward"; loop variable m is the micro-batch):
///   gpipe         all forwards, then all backwards
///   1f1b          min(stages - stage - 1, micro_batches) forwards, then one forward and one backward in
///                 turn, then the backwards that are left; at most min(stages - stage, micro_batches)
///                 micro-batches are in flight (PipeDream-flush; DeepSpeed TrainSchedule, Megatron 1F1B)
///   forward_only  no backward, and nothing of what follows below
///   interleaved, zero_bubble, table: FILE.csv, and all schedules with p2p_groups pairs: see
///   pipeline_schedules.h and pipeline_table_steps.h
///
/// How a 1f1b stage in the steady phase trades with one neighbour, where it has something to send and
/// something to receive. All three are safe when sends are rendezvous:
///   batched     both in one batch
///   even_odd    one after the other; even stages send first, odd stages receive first
///   sequential  one after the other; what flows forward goes before what flows backward. (Sending first on
///               every stage would deadlock: that choice is not offered.)
///
/// After the backwards: tied_embedding elements over actor.embedding on the first and last of several stages
/// ("embedding"), data_all_reduce elements over actor.data ("gradients"), and one float32 maximum over
/// actor.model ("overflow check").
///
/// Throws InputError for unknown keys and words, and for numbers out of range.
JsonNode::Array pipeline_steps(const WorkloadScope& scope, const JsonCursor& workload);

}  // namespace gridlock
