#include "core/diagnosis/call_order.h"

#include <unordered_map>

namespace gridlock {
namespace {

enum class First : std::uint8_t { neither, a, b };

First first_of(const HistoryStore& store, HistoryNode node, const Record* a, const Record* b) {
  if (a == nullptr || b == nullptr) return a != nullptr ? First::a : b != nullptr ? First::b : First::neither;
  for (; node != HistoryNode::empty; node = store.past(node)) {
    const Record* record = &store.record(node);
    // Backwards: the one that is met first was made last.
    if (record == a) return First::b;
    if (record == b) return First::a;
  }
  return First::neither;
}

/// Collects votes; ranks with equal histories that mean the same calls give the same one.
class Ballot {
 public:
  Ballot(Evidence& evidence, const CallPlace& a, const CallPlace& b) : evidence_(evidence), a_(a), b_(b) {}

  void ask(RankId rank, InstanceId in_a, InstanceId in_b) {
    if (evidence_.state(rank) == HostState::unknown || evidence_.end(rank).starts_late) return;
    const HistoryNode node = evidence_.end(rank).node;
    const auto [entry, added] = known_.try_emplace(static_cast<std::uint32_t>(node), First::neither);
    if (added) {
      const Record* a = evidence_.collectives(rank, in_a).find(a_.sequence, true);
      const Record* b = evidence_.collectives(rank, in_b).find(b_.sequence, true);
      entry->second = first_of(evidence_.histories().store, node, a, b);
    }
    if (entry->second == First::a) votes.first.push_back(rank);
    if (entry->second == First::b) votes.second.push_back(rank);
  }

  OrderVotes votes;

 private:
  Evidence& evidence_;
  const CallPlace& a_;
  const CallPlace& b_;
  // Only looked up, never walked.
  std::unordered_map<std::uint32_t, First> known_;
};

}  // namespace

OrderVotes members_votes(Evidence& evidence, const CallPlace& a, const CallPlace& b) {
  Ballot ballot(evidence, a, b);
  const Members& others = evidence.members(b.instance);
  evidence.members(a.instance).for_each([&](RankId rank) {
    if (others.contains(rank)) ballot.ask(rank, a.instance, b.instance);
  });
  return std::move(ballot.votes);
}

OrderVotes replicas_votes(Evidence& evidence, const CallPlace& a, const CallPlace& b) {
  Ballot ballot(evidence, a, b);
  const GroupTable& groups = evidence.histories().groups;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    const InstanceId in_a = groups.resolve(a.group, rank);
    const InstanceId in_b = groups.resolve(b.group, rank);
    if (in_a != InstanceId::none && in_b != InstanceId::none) ballot.ask(rank, in_a, in_b);
  }
  return std::move(ballot.votes);
}

}  // namespace gridlock
