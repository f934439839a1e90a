#pragma once

#include <vector>

#include "harness/histories/flight_dump.h"
#include "harness/histories/recorded_run.h"

namespace gridlock {

/// The dumps of one job as one run. What the recorder does not see stays unknown: roots, reduce operations,
/// streams, what a host does outside of calls, ranks without a dump. Groups are the same where name and
/// members are; calls get their place in the order of their group from the launch numbers of the group
/// (collectives) or from the order of the pair (sends and receives), never from record ids, which every rank
/// counts for itself. Work of one communicator runs in order; work of several runs in the order in which it
/// was enqueued, unless a later one is seen to have started before an earlier one ended. Throws InputError
/// when two dumps are of one rank or a dump is of a rank that the groups do not know.
RecordedRun run_of_flight_dumps(const std::vector<FlightDump>& dumps);

}  // namespace gridlock
