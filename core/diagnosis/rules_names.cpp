#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/vote.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// Ranks that wait in the making of one group under one name.
struct Party {
  Ranks ranks;
  const Record* making = nullptr;
};

/// The making of a group by its members alone in which the rank waits; null when it is elsewhere.
const Record* making_of(const Evidence& evidence, RankId rank) {
  if (evidence.state(rank) != HostState::creating) return nullptr;
  const Record* last = evidence.last(rank);
  if (last == nullptr || last->kind != RecordKind::shrink || last->detail < 0) return nullptr;
  return evidence.histories().store.spec(last->detail).members_only ? last : nullptr;
}

std::string making_text(const Evidence& evidence, const Record& making) {
  const std::string name =
      making.count == 0 ? "" : fmt::format(", by the name of group number {}", making.count);
  return fmt::format("making of {}{}", spec_text(evidence.histories().store.spec(making.detail)), name);
}

void report(Scene& scene, const std::vector<Party>& parties, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  std::vector<std::size_t> sizes;
  for (const Party& party : parties) sizes.push_back(party.ranks.size());
  const Vote result = vote(sizes, 0);
  Finding finding;
  finding.code = Code::GROUP_CREATE_DIVERGENT;
  finding.cause = Cause::creation;
  finding.relation = result.relation;
  for (std::size_t i = 0; i < result.order.size(); ++i) {
    const Party& party = parties[result.order[i]];
    finding.sides.push_back({party.ranks, making_text(evidence, *party.making),
                             label_text(evidence, *party.making), place_text(evidence, *party.making)});
    finding.nodes.insert(finding.nodes.end(), party.ranks.begin(), party.ranks.end());
    if (i >= result.blamed) continue;
    finding.blamed.insert(finding.blamed.end(), party.ranks.begin(), party.ranks.end());
    if (result.relation == Relation::tie) finding.alternatives.push_back(party.ranks);
  }
  for (const HostMeeting& meeting : scene.waits.host_meetings) {
    const bool is_here = std::any_of(meeting.waiting.begin(), meeting.waiting.end(), [&](RankId rank) {
      return std::find(finding.nodes.begin(), finding.nodes.end(), rank) != finding.nodes.end();
    });
    if (is_here) finding.nodes.push_back(meeting.node);
  }
  const bool is_counted = parties.front().making->count != parties.back().making->count;
  finding.summary = fmt::format("{{who}} came to the making of one group under other names: {} against {}.",
                                finding.sides.front().call, finding.sides.back().call);
  if (is_counted) {
    finding.hint =
        "Names count the groups that a rank has made, and a group that its members make alone moves the "
        "counters of its members only: give groups names that depend on their members, or let every rank "
        "make "
        "as many groups before.";
  }
  findings.push_back(std::move(finding));
}

}  // namespace

void find_making_divergence(Scene& scene, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  using Name = std::pair<std::int64_t, Ranks>;
  std::map<Ranks, std::map<Name, Party>> groups;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    const Record* making = making_of(evidence, rank);
    if (making == nullptr) continue;
    const Members& members = evidence.histories().store.spec(making->detail).members;
    Party& party =
        groups[Members::list(members.to_vector()).to_vector()][{making->count, members.to_vector()}];
    party.ranks.push_back(rank);
    party.making = making;
  }
  for (auto& [members, by_name] : groups) {
    if (by_name.size() < 2) continue;
    std::vector<Party> parties;
    for (auto& [name, party] : by_name) parties.push_back(std::move(party));
    std::sort(parties.begin(), parties.end(),
              [](const Party& a, const Party& b) { return a.ranks < b.ranks; });
    report(scene, parties, findings);
  }
}

}  // namespace gridlock
