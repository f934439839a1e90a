#include "core/diagnosis/waits.h"

#include <algorithm>

#include "core/check.h"

namespace gridlock {
namespace {

std::size_t at(int index) { return static_cast<std::size_t>(index); }

bool is_creation(const Record& record) {
  return record.kind == RecordKind::new_group || record.kind == RecordKind::create_grid;
}

/// Number of the last creation that each history came to; -1 before the first. Index = node.
std::vector<std::int64_t> creations_reached(const HistoryStore& store) {
  std::vector<std::int64_t> reached(store.node_count(), -1);
  for (std::size_t i = 1; i < reached.size(); ++i) {
    const auto node = static_cast<HistoryNode>(i);
    const Record& record = store.record(node);
    reached[i] = is_creation(record) ? record.sequence : reached[static_cast<std::size_t>(store.past(node))];
  }
  return reached;
}

}  // namespace

Waits::Waits(Evidence& evidence) : evidence_(evidence) {
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) add_node(NodeKind::host, rank);
  add_heads();
  connect_hosts();
  for (std::size_t i = 0; i < heads.size(); ++i) {
    first_transfer_.push_back(static_cast<int>(transfers.size()));
    connect_head(static_cast<int>(i));
  }
  first_transfer_.push_back(static_cast<int>(transfers.size()));
  for (Meeting& meeting : meetings) fill_meeting(meeting);
  fill_creations();
}

RankId Waits::rank_of(int node) const {
  if (kind(node) == NodeKind::host) return index(node);
  if (kind(node) == NodeKind::head) return heads[at(index(node))].rank;
  return kNoRank;
}

std::span<const Transfer> Waits::transfers_of(int head) const {
  const int first = first_transfer_[at(head)];
  return std::span(transfers).subspan(at(first), at(first_transfer_[at(head) + 1] - first));
}

int Waits::add_node(NodeKind kind, int index) {
  places_.push_back({kind, index});
  return graph.add_node();
}

void Waits::add_heads() {
  for (RankId rank = 0; rank < evidence_.world_size(); ++rank) {
    first_head_.push_back(static_cast<int>(heads.size()));
    for (const OpenWork& work : evidence_.end(rank).open) {
      add_head(rank, work.stream, static_cast<std::int64_t>(work.first_open));
    }
    if (evidence_.state(rank) != HostState::submitting) continue;
    const Record* call = evidence_.last(rank);
    if (call == nullptr || call->kind != RecordKind::call) continue;
    const auto mine = std::span(heads).subspan(at(first_head_.back()));
    const bool known =
        std::any_of(mine.begin(), mine.end(), [&](const Head& h) { return h.stream == call->stream; });
    if (!known) add_head(rank, call->stream, call->ticket);
  }
  first_head_.push_back(static_cast<int>(heads.size()));
}

void Waits::add_head(RankId rank, StreamId stream, std::int64_t ticket) {
  Head head{rank, stream, ticket, evidence_.calls_of(rank, ticket), -1};
  head.node = add_node(NodeKind::head, static_cast<int>(heads.size()));
  heads.push_back(head);
}

void Waits::connect_hosts() {
  for (RankId rank = 0; rank < evidence_.world_size(); ++rank) {
    const Record* last = evidence_.last(rank);
    if (last == nullptr) continue;
    const HostState state = evidence_.state(rank);
    if (state == HostState::submitting || (state == HostState::waiting && last->kind == RecordKind::wait)) {
      connect_host_to_work(rank, last->ticket);
    } else if (state == HostState::waiting && last->kind == RecordKind::synchronize) {
      for (int i = first_head_[at(rank)]; i < first_head_[at(rank) + 1]; ++i) {
        if (heads[at(i)].stream == last->stream) graph.add_edge(rank, heads[at(i)].node);
      }
    } else if (state == HostState::awaiting && last->kind == RecordKind::await) {
      await_name(rank, last->detail);
    } else if (state == HostState::creating && is_creation(*last)) {
      const auto [entry, added] =
          creation_ids_.try_emplace(last->sequence, static_cast<int>(creations.size()));
      if (added) {
        creations.push_back({last->sequence, {}, {}, -1});
        creations.back().node = add_node(NodeKind::creation, entry->second);
      }
      creations[at(entry->second)].waiting.push_back(rank);
      graph.add_edge(rank, creations[at(entry->second)].node);
    }
  }
}

void Waits::connect_host_to_work(RankId rank, std::int64_t ticket) {
  // The host waits for every stream that the ticket has calls on, and those for all that is before it.
  for (const Record* call : evidence_.calls_of(rank, ticket)) {
    for (int i = first_head_[at(rank)]; i < first_head_[at(rank) + 1]; ++i) {
      const Head& head = heads[at(i)];
      if (head.stream == call->stream && head.ticket <= ticket) graph.add_edge(rank, head.node);
    }
  }
}

void Waits::await_name(RankId rank, std::int32_t name) {
  const auto [entry, added] = awaited_ids_.try_emplace(name, static_cast<int>(awaited.size()));
  if (added) {
    awaited.push_back({name, {}, -1});
    awaited.back().node = add_node(NodeKind::awaited, entry->second);
  }
  awaited[at(entry->second)].waiting.push_back(rank);
  graph.add_edge(rank, awaited[at(entry->second)].node);
}

void Waits::connect_head(int index) {
  const Head head = heads[at(index)];
  bool is_first_everywhere = true;
  for (const Record* call : head.calls) {
    for (int i = first_head_[at(head.rank)]; i < first_head_[at(head.rank) + 1]; ++i) {
      const Head& other = heads[at(i)];
      if (other.stream != call->stream || other.ticket >= head.ticket) continue;
      graph.add_edge(head.node, other.node);
      is_first_everywhere = false;
    }
  }
  connect_behind_events(head);
  // A batch starts as a whole: with a part queued, none of its calls has started.
  if (!is_first_everywhere) return;
  for (const Record* call : head.calls) {
    if (is_collective(*call)) {
      join_meeting(index, *call);
    } else if (is_transfer(*call)) {
      add_transfer(index, *call);
    }
  }
}

/// A stream that waits for an event waits for what was open on the event's stream when the event was
/// recorded.
void Waits::connect_behind_events(const Head& head) {
  if (head.calls.empty()) return;
  const HistoryStore& store = evidence_.histories().store;
  HistoryNode before = evidence_.last_node(head.rank);
  while (&store.record(before) != head.calls.front()) before = store.past(before);
  before = store.past(before);
  std::vector<std::int64_t> events;
  for (HistoryNode node = before; node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.kind == RecordKind::call && record.stream == head.stream) break;
    if (record.kind == RecordKind::stream_wait && record.stream == head.stream)
      events.push_back(record.ticket);
  }
  for (HistoryNode node = before; node != HistoryNode::empty && !events.empty(); node = store.past(node)) {
    const Record& record = store.record(node);
    const auto event = std::find(events.begin(), events.end(), record.ticket);
    if (record.kind != RecordKind::event_record || event == events.end()) continue;
    events.erase(event);
    connect_to_stream(head, record.stream, store.past(node));
  }
}

/// `head` waits for what its rank had put on `stream` when it was at `node`.
void Waits::connect_to_stream(const Head& head, StreamId stream, HistoryNode node) {
  const HistoryStore& store = evidence_.histories().store;
  for (; node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.kind != RecordKind::call || record.rejected || record.stream != stream) continue;
    for (int i = first_head_[at(head.rank)]; i < first_head_[at(head.rank) + 1]; ++i) {
      const Head& other = heads[at(i)];
      if (other.stream == stream && other.ticket <= record.ticket) graph.add_edge(head.node, other.node);
    }
    return;
  }
}

Presence Waits::presence(RankId rank, const Record& call, int* head_node) const {
  if (!evidence_.is_open(rank, call)) return Presence::done;
  Presence result = Presence::done;
  for (const Record* part : evidence_.calls_of(rank, call.ticket)) {
    for (int i = first_head_[at(rank)]; i < first_head_[at(rank) + 1]; ++i) {
      const Head& head = heads[at(i)];
      if (head.stream != part->stream || head.ticket > call.ticket) continue;
      if (head.ticket < call.ticket) {
        *head_node = head.node;
        return Presence::queued;
      }
      result = Presence::started;
    }
  }
  return result;
}

void Waits::wait_for_member(int from, const MemberCall& member, int head_node) {
  const bool is_missing = member.presence == Presence::absent || member.presence == Presence::unknown;
  const bool died_inside = member.presence != Presence::done && evidence_.is_gone(member.rank);
  if (is_missing || died_inside) {
    graph.add_edge(from, member.rank);
  } else if (member.presence == Presence::queued) {
    graph.add_edge(from, head_node);
  }
}

void Waits::join_meeting(int head, const Record& call) {
  const RankId rank = heads[at(head)].rank;
  const InstanceId instance = evidence_.instance(call, rank);
  if (instance == InstanceId::none) return;
  const auto [entry, added] =
      meeting_ids_.try_emplace({instance, call.sequence}, static_cast<int>(meetings.size()));
  if (added) {
    meetings.push_back({instance, call.sequence, {}, -1});
    meetings.back().node = add_node(NodeKind::meeting, entry->second);
  }
  graph.add_edge(heads[at(head)].node, meetings[at(entry->second)].node);
}

void Waits::fill_meeting(Meeting& meeting) {
  evidence_.members(meeting.instance).for_each([&](RankId rank) {
    MemberCall member{rank, evidence_.collectives(rank, meeting.instance).find(meeting.sequence),
                      Presence::absent};
    int head_node = -1;
    if (member.record != nullptr) {
      member.presence = presence(rank, *member.record, &head_node);
    } else if (evidence_.state(rank) == HostState::unknown) {
      member.presence = Presence::unknown;
    }
    wait_for_member(meeting.node, member, head_node);
    meeting.members.push_back(member);
  });
}

void Waits::add_transfer(int head, const Record& call) {
  const RankId rank = heads[at(head)].rank;
  Transfer transfer{head, &call, evidence_.other_end(rank, call), {}};
  const RankId peer = transfer.wanted.rank;
  if (peer != kNoRank) {
    transfer.theirs = {peer, evidence_.find(transfer.wanted), Presence::absent};
    int head_node = -1;
    if (transfer.theirs.record != nullptr) {
      transfer.theirs.presence = presence(peer, *transfer.theirs.record, &head_node);
    } else if (evidence_.state(peer) == HostState::unknown) {
      transfer.theirs.presence = Presence::unknown;
    }
    wait_for_member(heads[at(head)].node, transfer.theirs, head_node);
  }
  transfers.push_back(transfer);
}

void Waits::fill_creations() {
  if (creations.empty()) return;
  const std::vector<std::int64_t> reached = creations_reached(evidence_.histories().store);
  for (Creation& creation : creations) {
    for (RankId rank = 0; rank < evidence_.world_size(); ++rank) {
      const bool came = reached[static_cast<std::size_t>(evidence_.end(rank).node)] >= creation.number;
      if (came && !evidence_.is_gone(rank)) continue;
      if (!came) creation.absent.push_back(rank);
      graph.add_edge(creation.node, rank);
    }
  }
}

}  // namespace gridlock
