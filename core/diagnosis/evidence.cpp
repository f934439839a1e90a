#include "core/diagnosis/evidence.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/base/status.h"
#include "core/history/intention.h"

namespace gridlock {
namespace {

bool is_after_the_end(const Record& record) {
  return record.kind == RecordKind::planned || record.kind == RecordKind::fault ||
         record.kind == RecordKind::timeout;
}

bool takes_a_place(const Record& record) {
  return (record.kind == RecordKind::call || record.kind == RecordKind::planned) && !record.rejected &&
         (record.unknown & kUnknownGroup) == 0;
}

std::uint64_t key_of(HistoryNode node, std::int64_t second) {
  return std::uint64_t{static_cast<std::uint32_t>(node)} << 32 | static_cast<std::uint32_t>(second);
}

CallKind other_kind(CallKind kind) { return kind == CallKind::send ? CallKind::recv : CallKind::send; }

}  // namespace

bool is_waiting(HostState state) {
  return state == HostState::submitting || state == HostState::waiting || state == HostState::awaiting ||
         state == HostState::creating || state == HostState::connecting || state == HostState::destroying ||
         state == HostState::joining;
}

bool is_collective(const Record& record) { return takes_a_place(record) && !operation(record.call).is_p2p; }
bool is_transfer(const Record& record) { return takes_a_place(record) && operation(record.call).is_p2p; }

const Record* CallList::find(std::int32_t sequence, bool planned) const {
  const auto end = planned ? calls.end() : calls.begin() + static_cast<std::ptrdiff_t>(made);
  const auto place =
      std::lower_bound(calls.begin(), end, sequence,
                       [](const Record* call, std::int32_t wanted) { return call->sequence < wanted; });
  return place != end && (*place)->sequence == sequence ? *place : nullptr;
}

std::int32_t CallList::last_sequence() const { return calls.empty() ? -1 : calls.back()->sequence; }

Evidence::Evidence(const Histories& histories) : histories_(histories) {
  // A node's past always has a smaller number, so one pass over the tree answers for all histories at once.
  const HistoryStore& store = histories.store;
  last_real_.resize(store.node_count(), HistoryNode::empty);
  first_rejected_.resize(store.node_count(), HistoryNode::empty);
  for (std::size_t i = 1; i < store.node_count(); ++i) {
    const auto node = static_cast<HistoryNode>(i);
    const auto past = static_cast<std::size_t>(store.past(node));
    const Record& record = store.record(node);
    last_real_[i] = is_after_the_end(record) ? last_real_[past] : node;
    const bool is_first = record.rejected && first_rejected_[past] == HistoryNode::empty;
    first_rejected_[i] = is_first ? node : first_rejected_[past];
    if (record.kind == RecordKind::planned) has_plans_ = true;
  }
  add_threads();
}

void Evidence::add_threads() {
  const auto has_some = [](const RankEnd& end) { return !end.threads.empty(); };
  if (std::none_of(histories_.ranks.begin(), histories_.ranks.end(), has_some)) return;
  for (RankId rank = 0; rank < world_size(); ++rank) {
    first_thread_.push_back(static_cast<int>(threads_.size()));
    for (const ThreadEnd& thread : end(rank).threads)
      threads_.push_back({rank, &thread, last_of(rank, thread.name)});
  }
  first_thread_.push_back(static_cast<int>(threads_.size()));
}

const Record* Evidence::last_of(RankId rank, std::int32_t thread) const {
  for (HistoryNode node = last_node(rank); node != HistoryNode::empty; node = histories_.store.past(node)) {
    const Record& record = histories_.store.record(node);
    if (record.thread == thread && !is_after_the_end(record)) return &record;
  }
  return nullptr;
}

HostState Evidence::host_state(int host) const {
  return host < world_size() ? state(host) : thread(host).end->state;
}

const Record* Evidence::host_last(int host) const {
  if (host >= world_size()) return thread(host).last;
  if (has_threads(host)) return last_of(host, -1);
  const HistoryNode node = last_node(host);
  return node == HistoryNode::empty ? nullptr : &histories_.store.record(node);
}

std::int32_t Evidence::connection(int host) const {
  return host < world_size() ? end(host).connection : thread(host).end->connection;
}

Nanos Evidence::busy_until(int host) const {
  return host < world_size() ? end(host).busy_until : thread(host).end->busy_until;
}

const Label& Evidence::work_label(int host) const {
  return host < world_size() ? end(host).label : thread(host).end->label;
}

std::string Evidence::thread_name(int host) const {
  return host < world_size() ? "" : histories_.store.name(thread(host).end->name);
}

std::vector<int> Evidence::hosts_of(RankId rank) const {
  std::vector<int> hosts{rank};
  if (first_thread_.empty()) return hosts;
  const auto place = static_cast<std::size_t>(rank);
  for (int i = first_thread_[place]; i < first_thread_[place + 1]; ++i) hosts.push_back(world_size() + i);
  return hosts;
}

int Evidence::host_of(RankId rank, const Record* planned) const {
  if (planned == nullptr || planned->thread < 0) return rank;
  for (const int host : hosts_of(rank)) {
    if (host != rank && thread(host).end->name == planned->thread) return host;
  }
  return rank;
}

bool Evidence::was_let_down(RankId rank) const {
  HistoryNode node = end(rank).node;
  const HistoryStore& store = histories_.store;
  while (node != HistoryNode::empty && store.record(node).kind == RecordKind::planned)
    node = store.past(node);
  if (node == HistoryNode::empty) return false;
  const Record& record = store.record(node);
  if (record.kind == RecordKind::timeout) return true;
  return record.kind == RecordKind::fault && record.detail >= 0 &&
         (store.name(record.detail) == status_name(StatusCode::peer_lost) ||
          store.name(record.detail) == status_name(StatusCode::remote_error));
}

bool Evidence::has_whole_plan(RankId rank) const {
  const HistoryNode last = end(rank).node;
  return has_plans_ && (last == HistoryNode::empty || !is_planned_cut(histories_.store.record(last)));
}

HistoryNode Evidence::last_node(RankId rank) const {
  return last_real_[static_cast<std::size_t>(end(rank).node)];
}

const Record* Evidence::first_rejected(RankId rank) const {
  const HistoryNode node = first_rejected_[static_cast<std::size_t>(end(rank).node)];
  return node == HistoryNode::empty ? nullptr : &histories_.store.record(node);
}

InstanceId Evidence::instance(const Record& record, RankId rank) const {
  if (record.group == GroupHandle::none) return InstanceId::none;
  return histories_.groups.resolve(record.group, rank);
}

const Members& Evidence::members(InstanceId instance) const {
  return histories_.groups.instance(instance).spec.members;
}

const CallList& Evidence::collectives(RankId rank, InstanceId instance) {
  const HistoryNode node = end(rank).node;
  const auto [entry, added] = collectives_.try_emplace(key_of(node, static_cast<std::int64_t>(instance)));
  CallList& list = entry->second;
  if (!added) return list;
  GroupHandle resolved = GroupHandle::none;
  bool matches = false;
  for (HistoryNode at = node; at != HistoryNode::empty; at = histories_.store.past(at)) {
    const Record& record = histories_.store.record(at);
    if (!is_collective(record)) continue;
    if (record.group != resolved) {
      resolved = record.group;
      matches = this->instance(record, rank) == instance;
    }
    // A damaged history may number its calls wrongly; what is kept is in order.
    if (!matches || (!list.calls.empty() && record.sequence >= list.calls.back()->sequence)) continue;
    list.calls.push_back(&record);
    if (record.kind == RecordKind::call) ++list.made;
  }
  std::reverse(list.calls.begin(), list.calls.end());
  return list;
}

bool Evidence::is_at(const TransferEnd& end, const Record& record) const {
  return is_transfer(record) && record.call == end.kind && record.peer == end.peer &&
         instance(record, end.rank) == end.instance && tag_of(record, end.instance) == end.tag;
}

std::int32_t Evidence::tag_of(const Record& transfer, InstanceId instance) const {
  if (transfer.notes < 0 || instance == InstanceId::none) return 0;
  const bool has_tags = histories_.groups.instance(instance).spec.backend == BackendKind::gloo;
  return has_tags ? histories_.store.notes(transfer).tag : 0;
}

const Record* Evidence::find(const TransferEnd& wanted, bool planned) const {
  const HistoryNode from = planned ? end(wanted.rank).node : last_node(wanted.rank);
  for (HistoryNode at = from; at != HistoryNode::empty; at = histories_.store.past(at)) {
    const Record& record = histories_.store.record(at);
    if (!is_at(wanted, record)) continue;
    if (record.sequence == wanted.sequence) return &record;
    if (record.sequence < wanted.sequence) return nullptr;
  }
  return nullptr;
}

std::int32_t Evidence::last_sequence(const TransferEnd& wanted) const {
  for (HistoryNode at = end(wanted.rank).node; at != HistoryNode::empty; at = histories_.store.past(at)) {
    const Record& record = histories_.store.record(at);
    if (is_at(wanted, record)) return record.sequence;
  }
  return -1;
}

std::int32_t Evidence::first_sequence(const TransferEnd& wanted) const {
  std::int32_t first = -1;
  for (HistoryNode at = end(wanted.rank).node; at != HistoryNode::empty; at = histories_.store.past(at)) {
    const Record& record = histories_.store.record(at);
    if (is_at(wanted, record)) first = record.sequence;
  }
  return first;
}

CallList Evidence::transfers(const TransferEnd& wanted) const {
  CallList list;
  for (const Record* record : histories_.store.records(end(wanted.rank).node)) {
    if (!is_at(wanted, *record)) continue;
    list.calls.push_back(record);
    if (record->kind == RecordKind::call) ++list.made;
  }
  return list;
}

TransferEnd Evidence::other_end(RankId rank, const Record& transfer) const {
  TransferEnd other;
  other.instance = instance(transfer, rank);
  other.kind = other_kind(transfer.call);
  other.sequence = transfer.sequence;
  other.tag = tag_of(transfer, other.instance);
  if (other.instance == InstanceId::none || (transfer.unknown & kUnknownPeer) != 0) return other;
  const Members& group = members(other.instance);
  if (transfer.peer < 0 || transfer.peer >= group.size()) return other;
  other.rank = group[transfer.peer];
  other.peer = group.index_of(rank);
  return other;
}

bool Evidence::is_open(RankId rank, const Record& call) const {
  for (const OpenWork& work : end(rank).open) {
    if (work.stream == call.stream && call.ticket >= static_cast<std::int64_t>(work.first_open)) return true;
  }
  // A call that parked its own submit is open even where the world had not yet put it on a stream.
  const auto is_inside = [&](int host) {
    const HostState where = host_state(host);
    if (where != HostState::submitting && where != HostState::connecting) return false;
    const Record* now = host_last(host);
    return now != nullptr && now->kind == RecordKind::call && now->ticket == call.ticket;
  };
  if (!has_threads(rank)) return is_inside(rank);
  const std::vector<int> hosts = hosts_of(rank);
  return std::any_of(hosts.begin(), hosts.end(), is_inside);
}

std::span<const Record* const> Evidence::calls_of(RankId rank, std::int64_t ticket) {
  const HistoryNode node = last_node(rank);
  const auto [entry, added] = tickets_.try_emplace(key_of(node, ticket));
  std::vector<const Record*>& calls = entry->second;
  if (!added) return calls;
  for (HistoryNode at = node; at != HistoryNode::empty; at = histories_.store.past(at)) {
    const Record& record = histories_.store.record(at);
    if (record.kind != RecordKind::call || record.rejected) continue;
    if (record.ticket < ticket) break;
    if (record.ticket == ticket) calls.push_back(&record);
  }
  std::reverse(calls.begin(), calls.end());
  return calls;
}

}  // namespace gridlock
