#include "core/history/intention.h"

#include <algorithm>
#include <vector>

namespace gridlock {
namespace {

/// The calls of one order: collectives of a group, or sends to (receives from) one member.
struct Order {
  InstanceId group;
  CallKind kind;
  GroupRank peer;
  std::int32_t next;
};

class Orders {
 public:
  /// Place of the next call of this order.
  std::int32_t& next(InstanceId group, CallKind kind, GroupRank peer) {
    const bool is_p2p = operation(kind).is_p2p;
    const Order wanted{group, is_p2p ? kind : CallKind::barrier, is_p2p ? peer : -1, 0};
    for (Order& order : orders_) {
      if (order.group == wanted.group && order.kind == wanted.kind && order.peer == wanted.peer)
        return order.next;
    }
    orders_.push_back(wanted);
    return orders_.back().next;
  }

 private:
  std::vector<Order> orders_;
};

}  // namespace

std::size_t intended_calls_max(RankId world_size) {
  constexpr std::size_t kAllRanksMax = 8'000'000;
  return std::clamp<std::size_t>(kAllRanksMax / static_cast<std::size_t>(world_size), 32, 4096);
}

Record planned_record(const Call& call, std::int32_t sequence) {
  Record record = call_record(call);
  record.kind = RecordKind::planned;
  record.sequence = sequence;
  if (operation(call.kind).count == CountMeaning::per_rank) record.unknown |= kUnknownCount;
  return record;
}

Record planned_rest(bool is_cut) {
  Record record;
  record.kind = RecordKind::planned;
  record.unknown = is_cut ? kUnknownGroup | kUnknownCount : kUnknownGroup;
  return record;
}

bool is_planned_cut(const Record& record) {
  constexpr std::uint16_t kCut = kUnknownGroup | kUnknownCount;
  return record.kind == RecordKind::planned && (record.unknown & kCut) == kCut;
}

void note_intended(Histories& histories, RankId rank, const IntendedCalls& intended) {
  RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
  Orders orders;
  for (const Record* record : histories.store.records(end.node)) {
    if (record->kind != RecordKind::call || record->rejected) continue;
    const InstanceId group = histories.groups.resolve(record->group, rank);
    orders.next(group, record->call, record->peer) = record->sequence + 1;
  }
  for (const Call& call : intended.calls) {
    const InstanceId group = histories.groups.resolve(call.group, rank);
    if (group == InstanceId::none) continue;
    std::int32_t& sequence = orders.next(group, call.kind, call.peer);
    end.node = histories.store.append(end.node, planned_record(call, sequence++));
  }
  end.node = histories.store.append(end.node, planned_rest(intended.is_cut));
}

}  // namespace gridlock
