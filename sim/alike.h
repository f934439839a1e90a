#pragma once

#include <span>

#include "core/history/history.h"
#include "sim/open_call.h"

namespace gridlock::sim {

/// Whether two calls that meet at one place ask for the same operation: kind, and, where the operation has
/// them, count or counts, dtype, op, scalar and root; for the two ends of a message count and dtype.
inline bool are_alike(const OpenCall& first, const OpenCall& second) {
  const OperationInfo& info = operation(first.kind);
  if (info.is_p2p) return first.count == second.count && first.dtype == second.dtype;
  if (first.kind != second.kind) return false;
  if (info.count == CountMeaning::nothing) return true;
  if (first.dtype != second.dtype || first.count != second.count) return false;
  // Each rank of an all_to_all_v has its own counts; they are compared when all are there.
  if (first.kind == CallKind::all_gather_v && first.counts != second.counts) return false;
  if (info.has_root && first.peer != second.peer) return false;
  if (!info.reduces) return true;
  return first.op == second.op && (first.op != ReduceOp::premul_sum || first.scalar == second.scalar);
}

/// Whether what each rank of an all_to_all_v sends is what the others expect to receive. `calls` in group
/// order, one for every member.
bool is_split_consistent(const HistoryStore& store, std::span<const OpenCall* const> calls);

}  // namespace gridlock::sim
