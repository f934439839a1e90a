#include "core/history/intention.h"

#include <algorithm>
#include <vector>

namespace gridlock {
namespace {

/// The calls of one order: collectives of a group, or sends to (receives from) one member with one tag.
struct Order {
  InstanceId group;
  CallKind kind;
  GroupRank peer;
  /// Of a gloo group; 0 elsewhere.
  std::int32_t tag;
  std::int32_t next = 0;
  /// The thread that intends calls of it; -1: none, or the main one.
  std::int32_t thread = -1;
};

class Orders {
 public:
  explicit Orders(const GroupTable& groups) : groups_(groups) {}

  Order& next(InstanceId group, CallKind kind, GroupRank peer, const CallNotes* notes) {
    const bool is_p2p = operation(kind).is_p2p;
    const bool has_tag = is_p2p && notes != nullptr && group != InstanceId::none &&
                         groups_.instance(group).spec.backend == BackendKind::gloo;
    const Order wanted{group, is_p2p ? kind : CallKind::barrier, is_p2p ? peer : -1,
                       has_tag ? notes->tag : 0};
    for (Order& order : orders_) {
      if (order.group == wanted.group && order.kind == wanted.kind && order.peer == wanted.peer &&
          order.tag == wanted.tag)
        return order;
    }
    orders_.push_back(wanted);
    return orders_.back();
  }

 private:
  const GroupTable& groups_;
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

Record planned_post(std::int32_t name, const Label& label) {
  Record record;
  record.kind = RecordKind::planned;
  record.unknown = kUnknownGroup | kUnknownKind;
  record.detail = name;
  record.label = label;
  return record;
}

bool is_planned_post(const Record& record) {
  constexpr std::uint16_t kPost = kUnknownGroup | kUnknownKind;
  return record.kind == RecordKind::planned && (record.unknown & kPost) == kPost;
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

void note_intended(Histories& histories, RankId rank, std::span<const ThreadIntention> threads) {
  RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
  Orders orders(histories.groups);
  for (const Record* record : histories.store.records(end.node)) {
    if (record->kind != RecordKind::call || record->rejected) continue;
    const InstanceId group = histories.groups.resolve(record->group, rank);
    const CallNotes* notes = record->notes >= 0 ? &histories.store.notes(*record) : nullptr;
    orders.next(group, record->call, record->peer, notes).next = record->sequence + 1;
  }
  bool is_cut = false;
  for (const ThreadIntention& thread : threads) {
    const IntendedCalls& intended = thread.intended;
    auto post = intended.posts.begin();
    const auto note_posts = [&](std::size_t before) {
      for (; post != intended.posts.end() && post->before <= before; ++post) {
        Record planned = planned_post(histories.store.add_name(post->name), post->label);
        planned.thread = thread.thread;
        end.node = histories.store.append(end.node, planned);
      }
    };
    for (std::size_t i = 0; i < intended.calls.size(); ++i) {
      note_posts(i);
      const Call& call = intended.calls[i];
      const InstanceId group = histories.groups.resolve(call.group, rank);
      if (group == InstanceId::none) continue;
      Order& order = orders.next(group, call.kind, call.peer, call.notes);
      // The main thread goes on when the others have ended.
      is_cut = is_cut || (thread.thread >= 0 && order.thread >= 0 && order.thread != thread.thread);
      if (is_cut) break;
      order.thread = thread.thread;
      Record planned = planned_record(call, order.next++);
      planned.thread = thread.thread;
      if (call.notes != nullptr) planned.notes = histories.store.add_notes(*call.notes);
      end.node = histories.store.append(end.node, planned);
    }
    is_cut = is_cut || intended.is_cut;
    if (is_cut) break;
    note_posts(intended.calls.size());
  }
  end.node = histories.store.append(end.node, planned_rest(is_cut));
}

void note_intended(Histories& histories, RankId rank, const IntendedCalls& intended) {
  const ThreadIntention main{-1, intended};
  note_intended(histories, rank, std::span(&main, 1));
}

}  // namespace gridlock
