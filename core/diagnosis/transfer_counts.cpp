#include "core/diagnosis/transfer_counts.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "core/diagnosis/argument.h"
#include "core/diagnosis/label_counts.h"

namespace gridlock {
namespace {

/// Replicas and neighbours that are asked.
constexpr std::size_t kReplicaMax = 256;
constexpr std::size_t kNeighbourMax = 16;
/// Neighbours show a pattern when they exchange more than one message.
constexpr std::size_t kPatternCalls = 2;

CallKind other_kind(CallKind kind) { return kind == CallKind::send ? CallKind::recv : CallKind::send; }

TransferEnd opposite(const Evidence& evidence, const TransferEnd& end) {
  const Members& members = evidence.members(end.instance);
  return {members[end.peer],          end.instance, other_kind(end.kind),
          members.index_of(end.rank), end.sequence, end.tag};
}

bool knows_all_calls(const Evidence& evidence, RankId rank) {
  return evidence.has_whole_plan(rank) || evidence.state(rank) == HostState::returned;
}

std::size_t count(const Evidence& evidence, const TransferEnd& end) {
  return evidence.transfers(end).calls.size();
}

/// Number of messages of a pair whose ends agree.
std::optional<std::size_t> agreed_count(const Evidence& evidence, const TransferEnd& end) {
  const TransferEnd other = opposite(evidence, end);
  if (!knows_all_calls(evidence, end.rank) || !knows_all_calls(evidence, other.rank)) return std::nullopt;
  const std::size_t mine = count(evidence, end);
  return mine == count(evidence, other) ? std::optional(mine) : std::nullopt;
}

/// What the handle of the pair's group is to its rank; nothing when the rank makes no call of that end.
GroupHandle group_of(const Evidence& evidence, const TransferEnd& end) {
  const HistoryStore& store = evidence.histories().store;
  for (HistoryNode node = evidence.end(end.rank).node; node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (is_transfer(record) && record.call == end.kind && record.peer == end.peer &&
        evidence.instance(record, end.rank) == end.instance) {
      return record.group;
    }
  }
  return GroupHandle::none;
}

/// The ends at the same places of other groups of the family; at most kReplicaMax.
std::vector<TransferEnd> replicas_of(const Evidence& evidence, const TransferEnd& mine) {
  std::vector<TransferEnd> list;
  const GroupHandle group = group_of(evidence, mine);
  if (group == GroupHandle::none) return list;
  // A group of the whole world has no replicas.
  if (evidence.members(mine.instance).size() == evidence.world_size()) return list;
  const GroupTable& groups = evidence.histories().groups;
  const GroupRank place = evidence.members(mine.instance).index_of(mine.rank);
  for (RankId rank = 0; rank < evidence.world_size() && list.size() < kReplicaMax; ++rank) {
    const InstanceId instance = groups.resolve(group, rank);
    if (instance == InstanceId::none || instance == mine.instance) continue;
    const Members& members = evidence.members(instance);
    if (members.index_of(rank) != place || mine.peer >= members.size()) continue;
    list.push_back({rank, instance, mine.kind, mine.peer, mine.sequence, mine.tag});
  }
  return list;
}

/// Votes of the pairs at the same places of other groups of the family.
void ask_replicas(const Evidence& evidence, const TransferEnd& mine, OddEndAnswer& answer) {
  int for_waiting = 0;
  int for_peer = 0;
  for (const TransferEnd& replica : replicas_of(evidence, mine)) {
    const auto agreed = agreed_count(evidence, replica);
    if (!agreed || *agreed == 0) continue;  // who exchanges nothing is no witness
    if (*agreed == answer.waiting_calls) ++for_waiting;
    if (*agreed == answer.peer_calls) ++for_peer;
  }
  if (for_waiting == for_peer) return;
  answer.end = for_waiting > for_peer ? OddEnd::peer : OddEnd::waiting;
  answer.by_replicas = true;
}

/// Pairs around two ranks, each by the end of its sender, and once.
class Neighbourhood {
 public:
  explicit Neighbourhood(const Evidence& evidence) : evidence_(evidence) {}

  /// Adds the pairs that a rank is in.
  void add(RankId rank) {
    const HistoryStore& store = evidence_.histories().store;
    for (HistoryNode node = evidence_.end(rank).node; node != HistoryNode::empty; node = store.past(node)) {
      const Record& record = store.record(node);
      if (!is_transfer(record)) continue;
      const InstanceId instance = evidence_.instance(record, rank);
      const bool is_known = instance != InstanceId::none && record.peer >= 0 &&
                            record.peer < evidence_.members(instance).size();
      if (!is_known || ends_.size() == kNeighbourMax) continue;
      const TransferEnd end{rank, instance, record.call, record.peer, 0, evidence_.tag_of(record, instance)};
      const TransferEnd sender = record.call == CallKind::send ? end : opposite(evidence_, end);
      if (known_.insert({sender.instance, sender.rank, sender.peer, sender.tag}).second)
        ends_.push_back(sender);
    }
  }

  /// Adds the pairs that the partners of these pairs are in.
  void widen() {
    std::set<RankId> partners;
    for (const TransferEnd& end : ends_) {
      partners.insert(end.rank);
      partners.insert(opposite(evidence_, end).rank);
    }
    for (const RankId rank : partners) add(rank);
  }

  const std::vector<TransferEnd>& ends() const { return ends_; }

 private:
  const Evidence& evidence_;
  std::vector<TransferEnd> ends_;
  std::set<std::tuple<InstanceId, RankId, GroupRank, std::int32_t>> known_;
};

/// The other pairs around the two ranks: they decide when all of them exchange one and the same number.
void ask_neighbours(const Evidence& evidence, const TransferEnd& mine, const TransferEnd& wanted,
                    OddEndAnswer& answer) {
  Neighbourhood around(evidence);
  around.add(mine.rank);
  around.add(wanted.rank);
  around.widen();
  std::optional<std::size_t> pattern;
  for (const TransferEnd& end : around.ends()) {
    const auto agreed = agreed_count(evidence, end);
    if (!agreed) continue;
    if (pattern && *pattern != *agreed) return;
    pattern = agreed;
  }
  if (!pattern || *pattern < kPatternCalls) return;
  if (*pattern == answer.waiting_calls) answer.end = OddEnd::peer;
  if (*pattern == answer.peer_calls) answer.end = OddEnd::waiting;
}

/// What the pairs of a rank with others than `partner` say of it.
enum class Standing : std::uint8_t { untold, agrees, disagrees };

Standing standing_of(const Evidence& evidence, RankId rank, RankId partner) {
  Neighbourhood around(evidence);
  around.add(rank);
  Standing standing = Standing::untold;
  for (const TransferEnd& end : around.ends()) {
    const TransferEnd other = opposite(evidence, end);
    if (end.rank == partner || other.rank == partner) continue;
    if (!knows_all_calls(evidence, end.rank) || !knows_all_calls(evidence, other.rank)) continue;
    if (count(evidence, end) != count(evidence, other)) return Standing::disagrees;
    standing = Standing::agrees;
  }
  return standing;
}

/// Who disagrees with its other partners too, while those of the other end agree with that one, is the odd
/// one of the two.
void ask_other_partners(const Evidence& evidence, RankId waiting, RankId peer, OddEndAnswer& answer) {
  const Standing of_waiting = standing_of(evidence, waiting, peer);
  const Standing of_peer = standing_of(evidence, peer, waiting);
  if ((of_waiting == Standing::disagrees) == (of_peer == Standing::disagrees)) return;
  answer.end = of_waiting == Standing::disagrees ? OddEnd::waiting : OddEnd::peer;
  answer.by_other_partners = true;
}

}  // namespace

OddEndAnswer find_odd_end(Evidence& evidence, RankId waiting, const TransferEnd& wanted) {
  OddEndAnswer answer;
  if (!knows_all_calls(evidence, waiting) || !knows_all_calls(evidence, wanted.rank)) return answer;
  const TransferEnd mine = opposite(evidence, wanted);
  answer.waiting_calls = count(evidence, mine);
  answer.peer_calls = count(evidence, wanted);
  if (answer.waiting_calls <= answer.peer_calls) return answer;
  ask_replicas(evidence, mine, answer);
  if (answer.end == OddEnd::untold) ask_other_partners(evidence, waiting, wanted.rank, answer);
  if (answer.end == OddEnd::untold) ask_neighbours(evidence, mine, wanted, answer);
  if (answer.end == OddEnd::untold &&
      has_one_twice(evidence.histories().sites, evidence.transfers(mine), evidence.transfers(wanted))) {
    answer.end = OddEnd::waiting;
    answer.by_labels = true;
  }
  return answer;
}

bool counts_differ(const Evidence& evidence, RankId rank, const TransferEnd& wanted) {
  if (!knows_all_calls(evidence, rank) || !knows_all_calls(evidence, wanted.rank)) return false;
  const TransferEnd mine = opposite(evidence, wanted);
  TransferEnd back = mine;
  back.kind = wanted.kind;
  TransferEnd forth = wanted;
  forth.kind = mine.kind;
  return count(evidence, mine) != count(evidence, wanted) || count(evidence, back) != count(evidence, forth);
}

namespace {

/// How many messages, whose two ends agree, are of one of two sizes.
struct SizeVotes {
  std::size_t mine = 0;
  std::size_t theirs = 0;
};

void count_size(const Record* a, const Record* b, const Record& mine, const Record& theirs,
                SizeVotes& votes) {
  if (a == nullptr || b == nullptr || !same_size(*a, *b)) return;
  if (same_size(*a, mine)) ++votes.mine;
  if (same_size(*a, theirs)) ++votes.theirs;
}

/// The other messages of the pair under the label of this one's sender; nothing where one of them has a
/// third size.
SizeVotes ask_other_messages(const Evidence& evidence, const TransferEnd& sender, const Record& mine,
                             const Record& theirs) {
  const TransferEnd receiver = opposite(evidence, sender);
  const Record* self = evidence.find(sender, true);
  SizeVotes votes;
  for (const Record* call : evidence.transfers(sender).calls) {
    if (self == nullptr || call->sequence == self->sequence || call->label.site != self->label.site) continue;
    TransferEnd end = receiver;
    end.sequence = call->sequence;
    const Record* answer = evidence.find(end, true);
    if (!same_size(*call, mine) && !same_size(*call, theirs)) return {};
    count_size(call, answer, mine, theirs, votes);
  }
  return votes;
}

}  // namespace

std::optional<RankId> find_odd_size(const Evidence& evidence, const TransferEnd& mine, const Record& my_call,
                                    const Record& their_call) {
  const TransferEnd theirs = opposite(evidence, mine);
  SizeVotes votes;
  for (const TransferEnd& replica : replicas_of(evidence, mine)) {
    count_size(evidence.find(replica, true), evidence.find(opposite(evidence, replica), true), my_call,
               their_call, votes);
  }
  if (votes.mine == votes.theirs) {
    const bool is_sender = mine.kind == CallKind::send;
    votes = ask_other_messages(evidence, is_sender ? mine : theirs, my_call, their_call);
    if (votes.mine + votes.theirs < kPatternCalls || (votes.mine > 0 && votes.theirs > 0))
      return std::nullopt;
  }
  return votes.mine > votes.theirs ? theirs.rank : mine.rank;
}

}  // namespace gridlock
