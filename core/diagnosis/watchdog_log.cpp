#include "core/diagnosis/watchdog_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/diagnosis/evidence.h"

namespace gridlock {
namespace {

/// OpType in the words of ProcessGroupNCCL.
std::string_view torch_name(CallKind kind) {
  switch (kind) {
    case CallKind::all_reduce:
      return "ALLREDUCE";
    case CallKind::reduce:
      return "REDUCE";
    case CallKind::broadcast:
      return "BROADCAST";
    case CallKind::all_gather:
      return "_ALLGATHER_BASE";
    case CallKind::reduce_scatter:
      return "_REDUCE_SCATTER_BASE";
    case CallKind::all_to_all:
    case CallKind::all_to_all_v:
      return "ALLTOALL_BASE";
    case CallKind::gather:
      return "GATHER";
    case CallKind::scatter:
      return "SCATTER";
    case CallKind::send:
      return "SEND";
    case CallKind::recv:
      return "RECV";
    case CallKind::barrier:
      return "BARRIER";
    case CallKind::all_gather_v:
      return "ALLGATHER";
  }
  return "UNKNOWN";
}

std::string line_of(Evidence& evidence, RankId rank, const Record& call, std::size_t batch, Nanos timeout) {
  const InstanceId instance = evidence.instance(call, rank);
  const GroupSpec& spec = evidence.histories().groups.instance(instance).spec;
  const GroupRank size = spec.members.size();
  const GroupRank self = spec.members.index_of(rank);
  const Nanos limit = timeout > Nanos{0} ? timeout : spec.timeout;
  const std::int64_t milliseconds = limit.count() / 1'000'000;
  const bool is_uneven = operation(call.call).count == CountMeaning::per_rank;
  const std::int64_t count = is_uneven ? 0 : call.count;
  return fmt::format(
      "[Rank {}] Watchdog caught collective operation timeout: WorkNCCL(SeqNum={}, OpType={}, NumelIn={}, "
      "NumelOut={}, Timeout(ms)={}) ran for {} milliseconds before timing out.",
      rank, call.sequence + 1, batch > 1 ? "COALESCED" : torch_name(call.call),
      input_count(call.call, count, size, self, call.peer),
      output_count(call.call, count, size, self, call.peer), milliseconds, milliseconds);
}

}  // namespace

std::vector<std::string> watchdog_log(const Histories& histories, Nanos timeout, std::size_t max) {
  Evidence evidence(histories);
  std::vector<std::string> lines;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    for (const OpenWork& work : evidence.end(rank).open) {
      if (lines.size() == max || evidence.is_gone(rank)) break;
      const auto calls = evidence.calls_of(rank, static_cast<std::int64_t>(work.first_open));
      if (calls.empty() || evidence.instance(*calls.front(), rank) == InstanceId::none) continue;
      lines.push_back(line_of(evidence, rank, *calls.front(), calls.size(), timeout));
    }
  }
  return lines;
}

}  // namespace gridlock
