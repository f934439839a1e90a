#include "core/diagnosis/coming.h"

#include <functional>

namespace gridlock {
namespace {

using Matches = std::function<bool(const Record&)>;

bool has_ended(HostState state) {
  return state == HostState::returned || state == HostState::exited || state == HostState::crashed;
}

bool alike(const Record& a, const Record& b) {
  return a.kind == b.kind && a.call == b.call && a.group == b.group && a.peer == b.peer;
}

/// The last real call of a rank: the one it is stuck in, or the one before its wait.
HistoryNode last_call(const Evidence& evidence, RankId rank) {
  const HistoryStore& store = evidence.histories().store;
  HistoryNode node = evidence.last_node(rank);
  while (node != HistoryNode::empty && store.record(node).kind != RecordKind::call) node = store.past(node);
  return node;
}

/// The rank always made the missed call between two calls like the one it is stuck in, and this time it did
/// not. All earlier rounds have to agree, as far as they are looked at: where two like calls stand in one
/// round, every second stretch has no missed call.
bool breaks_rhythm(const Evidence& evidence, RankId rank, const Matches& is_missed) {
  constexpr int kRoundMax = 6;
  const HistoryStore& store = evidence.histories().store;
  HistoryNode node = last_call(evidence, rank);
  if (node == HistoryNode::empty) return false;
  const Record& stuck = store.record(node);
  int rounds = 0;
  int missed = 0;
  for (node = store.past(node); node != HistoryNode::empty && rounds < kRoundMax; node = store.past(node)) {
    const Record& record = store.record(node);
    if (is_missed(record)) ++missed;
    if (!alike(record, stuck)) continue;
    const bool as_expected = rounds == 0 ? missed == 0 : missed > 0;
    if (!as_expected) return false;
    ++rounds;
    missed = 0;
  }
  return rounds >= 2;
}

enum class Intent { none, fewer_calls, planned };

ComingAnswer by_evidence(const Evidence& evidence, RankId rank, Intent intent, const Record& waiting,
                         const Matches& is_missed) {
  // A program that ended because its backend failed has a plan as well, and would have come.
  const bool has_plan = intent == Intent::planned && evidence.state(rank) == HostState::returned;
  if (has_ended(evidence.state(rank)) && !has_plan) return {Coming::no, true};
  if (evidence.state(rank) == HostState::unknown) return {Coming::unknown, true};
  if (intent == Intent::planned) return {Coming::yes, true};
  // A later call would take this place, and one is missing in the end: which one, the places do not tell.
  if (intent == Intent::fewer_calls) return {Coming::no, false};
  if (evidence.has_whole_plan(rank)) return {Coming::no, true};
  // Nothing holds the rank in its last call: the next one may still come.
  if (evidence.state(rank) == HostState::unseen) return {Coming::unknown, true};
  const HistoryNode node = last_call(evidence, rank);
  if (node == HistoryNode::empty) return {Coming::unknown, true};
  const Label& here = evidence.histories().store.record(node).label;
  if (is_later_iteration(evidence.histories().sites, here, waiting.label)) return {Coming::no, false};
  if (breaks_rhythm(evidence, rank, is_missed)) return {Coming::no, false};
  return {Coming::unknown, true};
}

}  // namespace

bool is_later_iteration(const SiteTable& sites, const Label& a, const Label& b) {
  const Site& site_a = sites.site(a.site);
  const Site& site_b = sites.site(b.site);
  for (std::size_t i = kLoopsShown - 1; i > 0; --i) {
    const bool same_loop = !site_a.loops[i].empty() && site_a.loops[i] == site_b.loops[i];
    if (same_loop && a.turns[i] >= 0 && b.turns[i] >= 0 && a.turns[i] != b.turns[i])
      return a.turns[i] > b.turns[i];
  }
  return a.site != SiteId::none && a.site == b.site && b.turns[0] >= 0 && a.turns[0] > b.turns[0];
}

ComingAnswer is_coming(Evidence& evidence, RankId rank, InstanceId instance, RankId waiting_rank,
                       const Record& waiting) {
  const CallList& mine = evidence.collectives(rank, instance);
  const CallList& theirs = evidence.collectives(waiting_rank, instance);
  Intent intent = Intent::none;
  if (mine.find(waiting.sequence, true) != nullptr) {
    const bool has_fewer = mine.last_sequence() < theirs.last_sequence();
    intent = has_fewer ? Intent::fewer_calls : Intent::planned;
  }
  return by_evidence(evidence, rank, intent, waiting, [&](const Record& record) {
    return record.kind == RecordKind::call && record.call == waiting.call && record.group == waiting.group;
  });
}

Coming is_coming_to_group(Evidence& evidence, RankId rank, InstanceId instance) {
  if (has_ended(evidence.state(rank))) return Coming::no;
  if (evidence.state(rank) == HostState::unknown) return Coming::unknown;
  const HistoryStore& store = evidence.histories().store;
  const HistoryNode last = evidence.last_node(rank);
  for (HistoryNode node = evidence.end(rank).node; node != last; node = store.past(node)) {
    const Record& record = store.record(node);
    const bool is_use = is_collective(record) || is_transfer(record);
    if (is_use && evidence.instance(record, rank) == instance) return Coming::yes;
  }
  return evidence.has_whole_plan(rank) ? Coming::no : Coming::unknown;
}

ComingAnswer is_coming(Evidence& evidence, const TransferEnd& end, RankId waiting_rank,
                       const Record& waiting) {
  Intent intent = Intent::none;
  if (evidence.find(end, true) != nullptr) {
    const TransferEnd mine{waiting_rank, end.instance, waiting.call, waiting.peer, 0, end.tag};
    const bool has_fewer = evidence.last_sequence(end) < evidence.last_sequence(mine);
    intent = has_fewer ? Intent::fewer_calls : Intent::planned;
  }
  return by_evidence(evidence, end.rank, intent, waiting, [&](const Record& record) {
    return record.kind == RecordKind::call && record.call == end.kind && record.peer == end.peer &&
           record.group == waiting.group && evidence.tag_of(record, end.instance) == end.tag;
  });
}

}  // namespace gridlock
