#pragma once

#include "harness/read/schedule_table.h"

namespace gridlock {

/// Refuses a table without transfers that cannot end: work that comes twice or is missing in some stage, and
/// an order in which some work can never start. Throws InputError, its place the line of the row that is
/// wrong: the one that lacks the action, has it before what it needs, or, in a circle of rows that wait for
/// each other, has its micro-batches in another order than most stages. Where the stages are divided evenly
/// the missing action is blamed, not the one too many, and of a circle its first row.
/// Stages may leave out all backwards of a micro-batch; an I has a W, as torch asserts
/// (torch/distributed/pipelining/schedules.py _validate_schedule, 2.5).
void check_work(const ScheduleTable& table);

/// Refuses a table with transfers in which an action comes twice or a transfer has no work of its own row
/// that makes or takes what it moves. Everything else is run as it is, mistakes included. Throws as above.
void check_transfers(const ScheduleTable& table);

}  // namespace gridlock
