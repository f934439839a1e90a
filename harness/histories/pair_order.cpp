#include "harness/histories/pair_order.h"

#include <algorithm>

#include "core/diagnosis/argument.h"

namespace gridlock {
namespace {

/// Sends that may be ahead of their receives when both ends are laid against each other.
constexpr std::size_t kLeadMax = 64;
/// Completed transfers that are compared then.
constexpr std::size_t kComparedMax = 256;

}  // namespace

std::map<PairOrder::Pair, PairOrder::Ends> PairOrder::collect(const GroupTable& groups,
                                                              std::vector<Calls>& dumps) {
  std::map<Pair, Ends> pairs;
  for (Calls& dump : dumps) {
    for (std::size_t i = 0; i < dump.records.size(); ++i) {
      Record& record = dump.records[i];
      if (!operation(record.call).is_p2p || record.group == GroupHandle::none) continue;
      const InstanceId instance = groups.resolve(record.group, dump.rank);
      const GroupRank self = groups.instance(instance).spec.members.index_of(dump.rank);
      const bool is_send = record.call == CallKind::send;
      Ends& ends = pairs[is_send ? Pair{instance, self, record.peer} : Pair{instance, record.peer, self}];
      End& end = is_send ? ends.sends : ends.receives;
      end.calls.push_back(&record);
      end.starts_late = dump.starts_late;
      if (dump.is_completed[i]) ++end.completed;
    }
  }
  return pairs;
}

/// Whether all known completed transfers have equal sizes when `lead` completed sends wait for their receive.
bool PairOrder::fits(const Ends& ends, std::size_t lead) {
  if (lead > ends.sends.completed) return false;
  const std::size_t overlap = std::min({ends.sends.completed - lead, ends.receives.completed, kComparedMax});
  for (std::size_t i = 1; i <= overlap; ++i) {
    if (!same_size(*ends.sends.calls[ends.sends.completed - lead - i],
                   *ends.receives.calls[ends.receives.completed - i]))
      return false;
  }
  return true;
}

void PairOrder::number(Ends& ends) {
  const bool has_both = !ends.sends.calls.empty() && !ends.receives.calls.empty();
  std::size_t first_send = 0;
  std::size_t first_receive = 0;
  if (has_both && (ends.sends.starts_late || ends.receives.starts_late)) {
    std::size_t lead = 0;
    while (lead < kLeadMax && !fits(ends, lead)) ++lead;
    if (lead == kLeadMax) lead = 0;
    const std::size_t sent = ends.sends.completed - lead;
    first_send = std::max(sent, ends.receives.completed) - sent;
    first_receive = std::max(sent, ends.receives.completed) - ends.receives.completed;
  }
  for (Record* call : ends.sends.calls) call->sequence = static_cast<std::int32_t>(first_send++);
  for (Record* call : ends.receives.calls) call->sequence = static_cast<std::int32_t>(first_receive++);
}

void PairOrder::number(const GroupTable& groups, std::vector<Calls>& dumps) {
  for (auto& [pair, ends] : collect(groups, dumps)) number(ends);
}

}  // namespace gridlock
