#include "core/diagnosis/rank_classes.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/waits.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

bool is_missing(const MemberCall& member) {
  return member.presence == Presence::absent || member.presence == Presence::queued ||
         member.presence == Presence::unknown;
}

/// What a rank stands in: the first work that its host waits for, or its host.
class Stand {
 public:
  Stand(Evidence& evidence, const Waits& waits) : evidence_(evidence), waits_(waits) {
    head_of_.resize(static_cast<std::size_t>(evidence.world_size()), -1);
    for (std::size_t i = 0; i < waits.heads.size(); ++i) {
      int& head = head_of_[static_cast<std::size_t>(waits.heads[i].rank)];
      if (head < 0 && waits.heads[i].is_started && !waits.heads[i].calls.empty()) head = static_cast<int>(i);
    }
    for (std::size_t i = 0; i < waits.meetings.size(); ++i)
      meeting_of_[waits.meetings[i].node] = static_cast<int>(i);
  }

  std::string position(RankId rank) const {
    const int head = head_of_[static_cast<std::size_t>(rank)];
    if (head < 0 || evidence_.has_threads(rank)) return position_text(evidence_, rank);
    return call_text(evidence_, rank, *waits_.heads[static_cast<std::size_t>(head)].calls.front());
  }

  /// Number that ranks share which wait in one collective; -1 for those in none.
  int meeting(RankId rank) const {
    const int head = head_of_[static_cast<std::size_t>(rank)];
    if (head < 0) return -1;
    for (const int node : waits_.graph.waits_for(waits_.heads[static_cast<std::size_t>(head)].node)) {
      const auto found = meeting_of_.find(node);
      if (found != meeting_of_.end()) return found->second;
    }
    return -1;
  }

  Ranks waits_for(RankId rank, int meeting) const {
    Ranks ranks;
    if (meeting >= 0) {
      for (const MemberCall& member : waits_.meetings[static_cast<std::size_t>(meeting)].members) {
        if (is_missing(member)) ranks.push_back(member.rank);
      }
      return ranks;
    }
    const int head = head_of_[static_cast<std::size_t>(rank)];
    if (head >= 0) {
      for (const Transfer& transfer : waits_.transfers_of(head)) {
        if (transfer.theirs.rank != kNoRank && transfer.theirs.presence != Presence::done)
          ranks.push_back(transfer.theirs.rank);
      }
      return ranks;
    }
    for (const int node : waits_.graph.waits_for(rank)) {
      if (waits_.kind(node) != NodeKind::creation) continue;
      const Creation& creation = waits_.creations[static_cast<std::size_t>(waits_.index(node))];
      ranks.insert(ranks.end(), creation.absent.begin(), creation.absent.end());
    }
    return ranks;
  }

 private:
  Evidence& evidence_;
  const Waits& waits_;
  std::vector<int> head_of_;
  std::map<int, int> meeting_of_;
};

}  // namespace

std::vector<RankClass> rank_classes(const Histories& histories) {
  Evidence evidence(histories);
  const Waits waits(evidence);
  const Stand stand(evidence, waits);
  struct Group {
    Ranks ranks;
    Ranks waits_for;
    /// The collectives whose missing ranks were counted already.
    std::vector<int> meetings;
  };
  std::map<std::pair<HostState, std::string>, Group> classes;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    Group& members = classes[{evidence.state(rank), stand.position(rank)}];
    members.ranks.push_back(rank);
    const int meeting = stand.meeting(rank);
    const bool is_known = meeting >= 0 && std::find(members.meetings.begin(), members.meetings.end(),
                                                    meeting) != members.meetings.end();
    if (is_known) continue;
    if (meeting >= 0) members.meetings.push_back(meeting);
    const Ranks more = stand.waits_for(rank, meeting);
    members.waits_for.insert(members.waits_for.end(), more.begin(), more.end());
  }
  std::vector<RankClass> list;
  for (auto& [key, members] : classes)
    list.push_back({RankSet(members.ranks), key.first, key.second, RankSet(members.waits_for)});
  std::sort(list.begin(), list.end(),
            [](const RankClass& a, const RankClass& b) { return a.ranks.first() < b.ranks.first(); });
  return list;
}

}  // namespace gridlock
