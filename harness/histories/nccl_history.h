#pragma once

#include <string>
#include <vector>

#include "harness/histories/nccl_log.h"
#include "harness/histories/recorded_run.h"

namespace gridlock {

/// The logs of one job as one run. A process's rank is the number in its file's name, or its rank in the
/// largest communicator, of which all processes have to be. Calls of a communicator pair up in the order of
/// their lines, sends and receives per pair. The log does not say what completed: taken is that a call did
/// whose partners all made one that fits it, and that work of a stream is in order; RecordedRun says that it
/// was. Batches are not visible. Throws InputError where ranks cannot be told.
RecordedRun run_of_nccl_logs(std::vector<NcclProcess> processes);

/// What the logs show beside histories from elsewhere, one sentence each: the version, and communicators that
/// some ranks began to make and did not end.
std::vector<std::string> notes_of_nccl_logs(std::vector<NcclProcess> processes);

}  // namespace gridlock
