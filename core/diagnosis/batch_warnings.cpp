#include <fmt/format.h>

#include "core/diagnosis/finding.h"

namespace gridlock {
namespace {

/// Sends and recvs of one batch that are sure to run together; PyTorch #174942 cuts larger batches.
constexpr std::int32_t kBatchSure = 256;

/// Whether a record ends a history in which a batch is larger than that. Index = node.
std::vector<bool> nodes_behind_large_batches(const HistoryStore& store) {
  std::vector<bool> is_behind(store.node_count(), false);
  std::vector<std::int32_t> transfers(store.node_count(), 0);
  for (std::size_t i = 1; i < is_behind.size(); ++i) {
    const auto node = static_cast<HistoryNode>(i);
    const auto past = static_cast<std::size_t>(store.past(node));
    const Record& record = store.record(node);
    if (record.kind == RecordKind::call && record.batched && !record.rejected) {
      const bool goes_on = past != 0 && store.record(store.past(node)).ticket == record.ticket;
      transfers[i] = (goes_on ? transfers[past] : 0) + (operation(record.call).is_p2p ? 1 : 0);
    }
    is_behind[i] = is_behind[past] || transfers[i] > kBatchSure;
  }
  return is_behind;
}

}  // namespace

std::vector<Diagnosis> find_large_batches(const Histories& histories) {
  const std::vector<bool> is_behind = nodes_behind_large_batches(histories.store);
  std::vector<RankId> ranks;
  for (std::size_t rank = 0; rank < histories.ranks.size(); ++rank) {
    if (is_behind[static_cast<std::size_t>(histories.ranks[rank].node)])
      ranks.push_back(static_cast<RankId>(rank));
  }
  if (ranks.empty()) return {};
  Diagnosis warning;
  warning.code = Code::P2P_PLAN_SPLIT_RISK;
  warning.severity = Severity::warning;
  warning.blame.ranks = RankSet(std::move(ranks));
  warning.blame.relation = Relation::all;
  warning.summary = fmt::format(
      "Batches of more than {} sends and recvs: the library may run them in parts, and where the parts of "
      "two ranks differ, they wait for each other.",
      kBatchSure);
  warning.hint = code_info(warning.code).fix;
  return {std::move(warning)};
}

}  // namespace gridlock
