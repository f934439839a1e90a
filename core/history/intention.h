#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/history/histories.h"
#include "core/rank/step_machine.h"

namespace gridlock {

/// Calls that one rank's program is asked for when its run has stalled: enough for a training step, and in
/// all ranks together no more than a stalled world of a million can note in seconds.
std::size_t intended_calls_max(RankId world_size);

/// The planned record of an intended call with that place in its order. Counts of uneven calls stay unknown;
/// notes are for the caller to add.
Record planned_record(const Call& call, std::int32_t sequence);
/// The planned record of an intended post; `name` is its number in the store.
Record planned_post(std::int32_t name, const Label& label);
/// Whether the record is one.
bool is_planned_post(const Record& record);
/// Stands behind the last planned record of a rank: its program intends nothing more, or, with `is_cut`, more
/// than was asked for.
Record planned_rest(bool is_cut);
/// Whether the record is the mark of a cut.
bool is_planned_cut(const Record& record);

/// What one host thread of a rank intends.
struct ThreadIntention {
  /// As in Record::thread.
  std::int32_t thread = -1;
  IntendedCalls intended;
};

/// Notes what a rank's program still intends behind its history (RankEnd::node): the threads that have not
/// ended, then what the main thread does after them. Two that intend calls of one order cut the list there,
/// as nothing tells how they would take turns.
void note_intended(Histories& histories, RankId rank, std::span<const ThreadIntention> threads);
void note_intended(Histories& histories, RankId rank, const IntendedCalls& intended);

}  // namespace gridlock
