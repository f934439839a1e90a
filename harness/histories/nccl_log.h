#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/units.h"
#include "core/data/dtype.h"
#include "core/data/operation.h"
#include "core/data/reduce_op.h"

namespace gridlock {

/// A communicator as one process made it.
struct NcclCommunicator {
  /// Equal on all of its ranks: the hash that NCCL gives it, or of a split the parent's with its number and
  /// color.
  std::string id;
  RankId rank = kNoRank;
  RankId size = 0;
  /// The log says that it was made, and not only begun.
  bool is_made = false;
};

/// One call that a process made.
struct NcclCall {
  CallKind kind = CallKind::barrier;
  std::int64_t count = 0;
  /// Nothing for a type or operation that is not known here.
  std::optional<DType> dtype;
  std::optional<ReduceOp> op;
  /// Rank in the communicator of the root, or of the other end.
  RankId root = kNoRank;
  /// Index into the process's communicators.
  std::size_t communicator = 0;
  /// As the log spells it.
  std::string stream;
};

/// What one process left in a log of NCCL (NCCL_DEBUG=INFO with NCCL_DEBUG_SUBSYS=INIT,COLL): the
/// communicators that it made and the calls on them, in order. Nothing in it says which calls completed,
/// where a batch begins and ends, or what is not a call of NCCL.
struct NcclProcess {
  std::string file;
  /// "host:pid"
  std::string name;
  /// The number after "rank" in the file's name, where the file is of one process.
  RankId rank = kNoRank;
  /// "2.28.9"; empty where the log does not say.
  std::string version;
  std::vector<NcclCommunicator> communicators;
  std::vector<NcclCall> calls;
  /// Calls on communicators whose making is not in the log, and operations that are not known here.
  std::int64_t unread_calls = 0;
};

/// Whether a text is a log of NCCL: one of its first lines is one of NCCL's.
bool is_nccl_log(std::string_view text);

/// The processes of a log, in the order of their first lines; lines of others, and of NCCL that say nothing
/// of the above, are passed over. Never fails: a line that is damaged is passed over.
std::vector<NcclProcess> read_nccl_log(std::string_view text, const std::string& file);

}  // namespace gridlock
