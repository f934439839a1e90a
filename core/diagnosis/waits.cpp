#include "core/diagnosis/waits.h"

#include <algorithm>

namespace gridlock {

Waits::Waits(Evidence& evidence) : evidence_(evidence) {
  for (int host = 0; host < evidence.host_count(); ++host) add_node(NodeKind::host, host);
  add_heads();
  connect_hosts();
  connect_awaited();
  connect_let_down();
  for (Head& head : heads) connect_head(head);
  for (std::size_t i = 0; i < heads.size(); ++i) {
    first_transfer_.push_back(static_cast<int>(transfers.size()));
    if (heads[i].is_started) start_calls(static_cast<int>(i));
  }
  first_transfer_.push_back(static_cast<int>(transfers.size()));
  add_silent_meetings();
  for (Meeting& meeting : meetings) fill_meeting(meeting);
  fill_creations();
  add_host_meetings();
}

RankId Waits::rank_of(int node) const {
  if (kind(node) == NodeKind::host) return evidence_.rank_of(index(node));
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
  connecting_head_.assign(at(evidence_.host_count()), -1);
  for (RankId rank = 0; rank < evidence_.world_size(); ++rank) {
    first_head_.push_back(static_cast<int>(heads.size()));
    for (const OpenWork& work : evidence_.end(rank).open) {
      if (is_connecting_in(rank, work)) continue;
      add_head(rank, work.stream, static_cast<std::int64_t>(work.first_open));
      heads.back().waits_for_slot = work.waits_for_slot;
    }
    if (!evidence_.has_threads(rank)) {
      add_head_of_host(rank);
      continue;
    }
    for (const int host : evidence_.hosts_of(rank)) add_head_of_host(host);
  }
  first_head_.push_back(static_cast<int>(heads.size()));
}

/// Real worlds number a call before its host stands in it: add_head_of_host has it.
bool Waits::is_connecting_in(RankId rank, const OpenWork& work) const {
  const Record* last = evidence_.last(rank);
  return evidence_.state(rank) == HostState::connecting && last != nullptr &&
         last->kind == RecordKind::call && last->ticket == static_cast<std::int64_t>(work.first_open);
}

/// What a host stands in before it is on a stream.
void Waits::add_head_of_host(int host) {
  const HostState state = evidence_.host_state(host);
  const bool is_connecting = state == HostState::connecting;
  if (state != HostState::submitting && !is_connecting) return;
  const Record* call = evidence_.host_last(host);
  if (call == nullptr || call->kind != RecordKind::call) return;
  const auto mine = std::span(heads).subspan(at(first_head_.back()));
  const bool known =
      std::any_of(mine.begin(), mine.end(), [&](const Head& h) { return h.stream == call->stream; });
  if (!known || is_connecting) add_head(evidence_.rank_of(host), call->stream, call->ticket);
  if (!is_connecting) return;
  heads.back().is_connecting = true;
  connecting_head_[at(host)] = static_cast<int>(heads.size()) - 1;
}

void Waits::add_head(RankId rank, StreamId stream, std::int64_t ticket) {
  Head head{rank, stream, ticket, evidence_.calls_of(rank, ticket), -1};
  head.node = add_node(NodeKind::head, static_cast<int>(heads.size()));
  heads.push_back(head);
}

void Waits::wait_for_head(Head& head, const Head& other) {
  graph.add_edge(head.node, other.node);
  head.is_started = false;
}

/// A batch starts as a whole: with a part queued on one stream, none of its calls has started.
void Waits::connect_head(Head& head) {
  if (head.is_connecting) return;
  if (head.waits_for_slot) connect_behind_slots(head);
  for (const Record* call : head.calls) {
    for (int i = first_head_[at(head.rank)]; i < first_head_[at(head.rank) + 1]; ++i) {
      const Head& other = heads[at(i)];
      if (other.stream == call->stream && other.ticket < head.ticket) wait_for_head(head, other);
    }
  }
  connect_behind_events(head);
}

/// The device runs other work, which holds the room that this one needs.
void Waits::connect_behind_slots(Head& head) {
  for (int i = first_head_[at(head.rank)]; i < first_head_[at(head.rank) + 1]; ++i) {
    const Head& other = heads[at(i)];
    if (!other.waits_for_slot && !other.is_connecting) wait_for_head(head, other);
  }
}

void Waits::start_calls(int head) {
  for (const Record* call : heads[at(head)].calls) {
    if (is_collective(*call)) {
      join_meeting(head, *call);
    } else if (is_transfer(*call)) {
      add_transfer(head, *call);
    }
  }
}

/// A stream that waits for an event waits for what was open on the event's stream when the event was
/// recorded.
void Waits::connect_behind_events(Head& head) {
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
void Waits::connect_to_stream(Head& head, StreamId stream, HistoryNode node) {
  const HistoryStore& store = evidence_.histories().store;
  for (; node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.kind != RecordKind::call || record.rejected || record.stream != stream) continue;
    for (int i = first_head_[at(head.rank)]; i < first_head_[at(head.rank) + 1]; ++i) {
      const Head& other = heads[at(i)];
      if (other.stream == stream && other.ticket <= record.ticket) wait_for_head(head, other);
    }
    return;
  }
}

MemberCall Waits::member_call(RankId rank, const Record* call, Presence otherwise) const {
  MemberCall member{rank, call, otherwise, -1, rank};
  if (call == nullptr) return member;
  member.presence = Presence::done;
  if (!evidence_.is_open(rank, *call)) return member;
  for (int i = first_head_[at(rank) + 1] - 1; i >= first_head_[at(rank)] && heads[at(i)].is_connecting; --i) {
    if (heads[at(i)].ticket != call->ticket) continue;
    member.head_node = heads[at(i)].node;
    member.presence = Presence::started;
    return member;
  }
  for (const Record* part : evidence_.calls_of(rank, call->ticket)) {
    for (int i = first_head_[at(rank)]; i < first_head_[at(rank) + 1]; ++i) {
      const Head& head = heads[at(i)];
      if (head.stream != part->stream || head.ticket > call->ticket) continue;
      member.head_node = head.node;
      const bool is_queued = head.ticket < call->ticket || !head.is_started;
      member.presence = is_queued ? Presence::queued : Presence::started;
      if (is_queued) return member;
    }
  }
  return member;
}

/// What is known of a call that a rank's history does not have, when `first` is the place of the first one of
/// its order that it has (-1: none).
Presence Waits::presence_without_record(RankId rank, std::int32_t sequence, std::int32_t first) const {
  if (evidence_.state(rank) == HostState::unknown) return Presence::unknown;
  // A history that starts in the middle does not show what was before: that is over.
  if (!evidence_.end(rank).starts_late || sequence > first) return Presence::absent;
  return first < 0 ? Presence::unknown : Presence::done;
}

void Waits::wait_for_member(int from, const MemberCall& member) {
  const bool is_missing = member.presence == Presence::absent || member.presence == Presence::unknown;
  const bool died_inside = member.presence != Presence::done && evidence_.is_gone(member.rank);
  if (is_missing || died_inside) {
    graph.add_edge(from, died_inside ? member.rank : member.host);
  } else if (member.presence == Presence::queued) {
    graph.add_edge(from, member.head_node);
  }
}

void Waits::join_meeting(int head, const Record& call) {
  const RankId rank = heads[at(head)].rank;
  const InstanceId instance = evidence_.instance(call, rank);
  if (instance == InstanceId::none) return;
  const auto [entry, added] =
      meeting_ids_.try_emplace({instance, call.sequence}, static_cast<int>(meetings.size()));
  if (added) {
    meetings.push_back({instance, call.sequence, rank, &call, {}, -1});
    meetings.back().node = add_node(NodeKind::meeting, entry->second);
  }
  graph.add_edge(heads[at(head)].node, meetings[at(entry->second)].node);
}

void Waits::fill_meeting(Meeting& meeting) {
  evidence_.members(meeting.instance).for_each([&](RankId rank) {
    const CallList& calls = evidence_.collectives(rank, meeting.instance);
    const std::int32_t first = calls.calls.empty() ? -1 : calls.calls.front()->sequence;
    meeting.members.push_back(member_call(rank, calls.find(meeting.sequence),
                                          presence_without_record(rank, meeting.sequence, first)));
    if (evidence_.has_threads(rank))
      meeting.members.back().host = evidence_.host_of(rank, calls.find(meeting.sequence, true));
    wait_for_member(meeting.node, meeting.members.back());
  });
  if (!graph.waits_for(meeting.node).empty()) return;
  // All of it is there and did not complete.
  for (const MemberCall& member : meeting.members) {
    if (evidence_.is_suspended(member.rank)) graph.add_edge(meeting.node, member.rank);
  }
}

void Waits::add_transfer(int head, const Record& call) {
  const TransferEnd wanted = evidence_.other_end(heads[at(head)].rank, call);
  Transfer transfer{head, &call, wanted, {}};
  if (wanted.rank != kNoRank) {
    const std::int32_t first = evidence_.end(wanted.rank).starts_late ? evidence_.first_sequence(wanted) : -1;
    transfer.theirs = member_call(wanted.rank, evidence_.find(wanted),
                                  presence_without_record(wanted.rank, wanted.sequence, first));
    if (evidence_.has_threads(wanted.rank))
      transfer.theirs.host = evidence_.host_of(wanted.rank, evidence_.find(wanted, true));
    wait_for_other_end(heads[at(head)], transfer.theirs);
  }
  transfers.push_back(transfer);
}

/// A message whose host still stands in its submit is not on its way. A host that stands there itself waits
/// only for those that have not come: with the others its pair is connected.
void Waits::wait_for_other_end(const Head& head, MemberCall& theirs) {
  const bool is_known = theirs.record != nullptr && theirs.presence != Presence::done;
  if (head.is_connecting && is_known && !evidence_.is_gone(theirs.rank)) return;
  if (theirs.presence == Presence::started && evidence_.is_suspended(theirs.rank)) {
    graph.add_edge(head.node, theirs.rank);
    return;
  }
  if (theirs.presence == Presence::started && heads[at(index(theirs.head_node))].is_connecting)
    theirs.presence = Presence::queued;
  wait_for_member(head.node, theirs);
}

/// Calls that met without being alike and went on: complete now, and to be compared nevertheless.
void Waits::add_silent_meetings() {
  for (const SilentMismatch& silent : evidence_.histories().silent_mismatches) {
    if (silent.from >= 0) continue;
    const auto [entry, added] =
        meeting_ids_.try_emplace({silent.instance, silent.sequence}, static_cast<int>(meetings.size()));
    if (added) {
      Meeting meeting{silent.instance, silent.sequence, kNoRank, nullptr, {}, -1};
      evidence_.members(silent.instance).for_each([&](RankId rank) {
        if (meeting.call != nullptr) return;
        meeting.call = evidence_.collectives(rank, silent.instance).find(silent.sequence);
        meeting.starter = rank;
      });
      if (meeting.call == nullptr) {
        meeting_ids_.erase(entry);
        continue;
      }
      meeting.node = add_node(NodeKind::meeting, entry->second);
      meetings.push_back(std::move(meeting));
    }
    meetings[at(entry->second)].is_silent = true;
  }
}

}  // namespace gridlock
