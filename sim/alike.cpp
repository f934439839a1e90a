#include "sim/alike.h"

namespace gridlock::sim {

bool are_alike(const OpenCall& first, const OpenCall& second) {
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

bool is_split_consistent(const HistoryStore& store, std::span<const OpenCall* const> calls) {
  const std::size_t size = calls.size();
  for (std::size_t from = 0; from < size; ++from) {
    const std::vector<std::int64_t>& sent = store.counts(calls[from]->counts);
    for (std::size_t to = 0; to < size; ++to) {
      if (sent[to] != store.counts(calls[to]->counts)[size + from]) return false;
    }
  }
  return true;
}

}  // namespace gridlock::sim
