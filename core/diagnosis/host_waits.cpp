// What hosts wait for: the part of Waits that is about no device.
#include <algorithm>

#include "core/diagnosis/waits.h"
#include "core/history/intention.h"

namespace gridlock {
namespace {

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

/// Before its first request a rank of a real world connects to all others, for which they have to come.
void connect_to_gone(RankId rank, const Evidence& evidence, WaitGraph& graph) {
  for (RankId other = 0; other < evidence.world_size(); ++other) {
    if (evidence.is_gone(other) && evidence.last(other) == nullptr) graph.add_edge(rank, other);
  }
}

}  // namespace

void Waits::connect_hosts() {
  for (int host = 0; host < evidence_.host_count(); ++host) connect_host(host);
}

void Waits::connect_host(int host) {
  const RankId rank = evidence_.rank_of(host);
  // Its process waits to be continued, wherever its host stands.
  if (evidence_.is_suspended(rank)) return;
  const Record* last = evidence_.host_last(host);
  const HostState state = evidence_.host_state(host);
  if (last == nullptr && state == HostState::creating) connect_to_gone(rank, evidence_, graph);
  if (state == HostState::joining) {
    for (const int thread : evidence_.hosts_of(rank)) {
      if (thread != host) graph.add_edge(host, thread);
    }
  }
  if (last == nullptr) return;
  if (state == HostState::connecting && last->kind == RecordKind::call) {
    graph.add_edge(host, heads[at(connecting_head_[at(host)])].node);
  } else if (state == HostState::submitting ||
             (state == HostState::waiting && last->kind == RecordKind::wait)) {
    connect_host_to_work(host, last->ticket);
  } else if (state == HostState::waiting && last->kind == RecordKind::synchronize) {
    for (int i = first_head_[at(rank)]; i < first_head_[at(rank) + 1]; ++i) {
      if (heads[at(i)].stream == last->stream) graph.add_edge(host, heads[at(i)].node);
    }
  } else if (state == HostState::awaiting && last->kind == RecordKind::await) {
    await_name(host, last->detail);
  } else if (state == HostState::creating && is_creation(*last)) {
    connect_creating(rank, *last);
  }
}

void Waits::connect_creating(RankId rank, const Record& creation) {
  const auto [entry, added] =
      creation_ids_.try_emplace(creation.sequence, static_cast<int>(creations.size()));
  if (added) {
    creations.push_back({creation.sequence, {}, {}, -1});
    creations.back().node = add_node(NodeKind::creation, entry->second);
  }
  creations[at(entry->second)].waiting.push_back(rank);
  graph.add_edge(rank, creations[at(entry->second)].node);
}

/// Who left because a peer was gone is gone for the same reason: others wait through it for that peer.
void Waits::connect_let_down() {
  RankId origin = kNoRank;
  for (RankId rank = 0; rank < evidence_.world_size() && origin == kNoRank; ++rank) {
    if (evidence_.is_gone(rank) && !evidence_.was_let_down(rank)) origin = rank;
  }
  if (origin == kNoRank) return;
  for (RankId rank = 0; rank < evidence_.world_size(); ++rank) {
    if (evidence_.is_gone(rank) && evidence_.was_let_down(rank)) graph.add_edge(rank, origin);
  }
}

void Waits::connect_host_to_work(int host, std::int64_t ticket) {
  const RankId rank = evidence_.rank_of(host);
  // The host waits for every stream that the ticket has calls on, and those for all that is before it.
  for (const Record* call : evidence_.calls_of(rank, ticket)) {
    for (int i = first_head_[at(rank)]; i < first_head_[at(rank) + 1]; ++i) {
      const Head& head = heads[at(i)];
      if (head.stream == call->stream && head.ticket <= ticket) graph.add_edge(host, head.node);
    }
  }
}

void Waits::await_name(int host, std::int32_t name) {
  const auto [entry, added] = awaited_ids_.try_emplace(name, static_cast<int>(awaited.size()));
  if (added) {
    awaited.push_back({name, {}, {}, host, -1});
    awaited.back().node = add_node(NodeKind::awaited, entry->second);
  }
  std::vector<RankId>& waiting = awaited[at(entry->second)].waiting;
  const RankId rank = evidence_.rank_of(host);
  if (waiting.empty() || waiting.back() != rank) waiting.push_back(rank);
  graph.add_edge(host, awaited[at(entry->second)].node);
}

/// A name waits for the ranks that would post it if they came to it.
void Waits::connect_awaited() {
  if (awaited.empty()) return;
  const HistoryStore& store = evidence_.histories().store;
  for (RankId rank = 0; rank < evidence_.world_size(); ++rank) {
    if (!is_waiting(evidence_.state(rank))) continue;
    const HistoryNode last = evidence_.last_node(rank);
    for (HistoryNode node = evidence_.end(rank).node; node != last; node = store.past(node)) {
      const Record& record = store.record(node);
      const auto name = is_planned_post(record) ? awaited_ids_.find(record.detail) : awaited_ids_.end();
      if (name == awaited_ids_.end()) continue;
      Awaited& wanted = awaited[at(name->second)];
      graph.add_edge(wanted.node, evidence_.host_of(rank, &record));
      if (wanted.posters.empty() || wanted.posters.back() != rank) wanted.posters.push_back(rank);
    }
  }
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

void Waits::add_host_meetings() {
  const Histories& histories = evidence_.histories();
  std::vector<int> meeting_of(histories.connections.size(), -1);
  for (int host = 0; host < evidence_.host_count(); ++host) {
    const std::int32_t connection = evidence_.connection(host);
    if (connection < 0 || !is_waiting(evidence_.host_state(host))) continue;
    int& place = meeting_of[at(connection)];
    if (place < 0) {
      place = static_cast<int>(host_meetings.size());
      const Connection& known = histories.connections[at(connection)];
      host_meetings.push_back({known.instance, {}, host, known.absent, -1});
      host_meetings.back().node = add_node(NodeKind::host_meeting, place);
      connect_host_meeting(host_meetings.back());
    }
    std::vector<RankId>& waiting = host_meetings[at(place)].waiting;
    const RankId rank = evidence_.rank_of(host);
    const bool is_known =
        evidence_.has_threads(rank) && std::find(waiting.begin(), waiting.end(), rank) != waiting.end();
    if (!is_known) waiting.push_back(rank);
    graph.add_edge(host, host_meetings[at(place)].node);
  }
}

/// Waits for those that have not come: of a rank with several threads, for the one that would.
void Waits::connect_host_meeting(const HostMeeting& meeting) {
  for (const RankId absent : meeting.absent) {
    const CallList* calls =
        evidence_.has_threads(absent) ? &evidence_.collectives(absent, meeting.instance) : nullptr;
    const bool is_planned = calls != nullptr && calls->made < calls->calls.size();
    graph.add_edge(meeting.node, is_planned ? evidence_.host_of(absent, calls->calls[calls->made])
                                            : static_cast<int>(absent));
  }
  // Where the hosts come with collectives, what is missing is a part of one.
  const Record* last = evidence_.host_last(meeting.host);
  if (last == nullptr || !is_collective(*last)) return;
  const auto known = meeting_ids_.find({meeting.instance, last->sequence});
  if (known != meeting_ids_.end()) graph.add_edge(meeting.node, meetings[at(known->second)].node);
}

}  // namespace gridlock
