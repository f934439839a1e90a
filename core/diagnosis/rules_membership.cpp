#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/vote.h"

namespace gridlock {
namespace {

/// Ranks that mean one instance by a group of that creation.
struct Party {
  InstanceId instance = InstanceId::none;
  std::vector<RankId> ranks;
  const Record* call = nullptr;
};

/// Where creations are recorded, find_creation_divergence tells more.
bool records_creations(const HistoryStore& store) {
  for (std::size_t i = 1; i < store.node_count(); ++i) {
    const RecordKind kind = store.record(static_cast<HistoryNode>(i)).kind;
    if (kind == RecordKind::new_group || kind == RecordKind::create_grid || kind == RecordKind::split ||
        kind == RecordKind::shrink) {
      return true;
    }
  }
  return false;
}

bool overlap(const Members& a, const Members& b) {
  for (GroupRank i = 0; i < a.size(); ++i) {
    if (b.contains(a[i])) return true;
  }
  return false;
}

/// Instances of one creation that share a member with another one of it.
std::map<std::int64_t, std::vector<InstanceId>> contested(const GroupTable& groups) {
  std::map<std::int64_t, std::vector<InstanceId>> by_creation;
  for (std::size_t i = 1; i < groups.instance_count(); ++i) {
    const auto id = static_cast<InstanceId>(i);
    by_creation[groups.instance(id).creation_index].push_back(id);
  }
  std::erase_if(by_creation, [&](const auto& entry) {
    const std::vector<InstanceId>& list = entry.second;
    for (std::size_t i = 0; i < list.size(); ++i) {
      for (std::size_t j = i + 1; j < list.size(); ++j) {
        const GroupSpec& a = groups.instance(list[i]).spec;
        const GroupSpec& b = groups.instance(list[j]).spec;
        if (a.backend == b.backend && overlap(a.members, b.members)) return false;
      }
    }
    return true;
  });
  return by_creation;
}

std::vector<Party> parties_of(Scene& scene, const std::vector<InstanceId>& instances) {
  std::vector<Party> parties;
  for (const InstanceId instance : instances) {
    Party party{instance, {}, nullptr};
    scene.evidence.members(instance).for_each([&](RankId rank) {
      const CallList& calls = scene.evidence.collectives(rank, instance);
      if (calls.calls.empty()) return;
      party.ranks.push_back(rank);
      if (party.call == nullptr) party.call = calls.calls.front();
    });
    if (!party.ranks.empty()) parties.push_back(std::move(party));
  }
  return parties;
}

void report(Scene& scene, std::int64_t creation, const std::vector<Party>& parties, Findings& findings) {
  std::vector<std::size_t> sizes;
  for (const Party& party : parties) sizes.push_back(party.ranks.size());
  const Vote result = vote(sizes, 0);
  Finding finding;
  finding.code = Code::GROUP_MEMBERSHIP_DIVERGES;
  finding.cause = Cause::creation;
  finding.relation = result.relation;
  finding.certainty = Certainty::likely;
  finding.sequence = creation;
  for (std::size_t i = 0; i < result.order.size(); ++i) {
    const Party& party = parties[result.order[i]];
    const GroupSpec& spec = scene.evidence.histories().groups.instance(party.instance).spec;
    finding.sides.push_back({party.ranks, spec_text(spec), label_text(scene.evidence, *party.call),
                             place_text(scene.evidence, *party.call)});
    finding.nodes.insert(finding.nodes.end(), party.ranks.begin(), party.ranks.end());
    if (i >= result.blamed) continue;
    finding.blamed.insert(finding.blamed.end(), party.ranks.begin(), party.ranks.end());
    if (result.relation == Relation::tie) finding.alternatives.push_back(party.ranks);
  }
  for (const Meeting& meeting : scene.waits.meetings) {
    const bool is_on_it = std::any_of(parties.begin(), parties.end(),
                                      [&](const Party& party) { return party.instance == meeting.instance; });
    if (is_on_it) finding.nodes.push_back(meeting.node);
  }
  finding.summary = fmt::format("{{who}} {} who is in one group: {} against {}.",
                                result.relation == Relation::tie ? "disagree" : "disagree with the rest",
                                finding.sides.front().call, finding.sides.back().call);
  findings.push_back(std::move(finding));
}

}  // namespace

void find_membership_divergence(Scene& scene, Findings& findings) {
  const GroupTable& groups = scene.evidence.histories().groups;
  if (records_creations(scene.evidence.histories().store)) return;
  for (const auto& [creation, instances] : contested(groups)) {
    const std::vector<Party> parties = parties_of(scene, instances);
    if (parties.size() > 1) report(scene, creation, parties, findings);
  }
}

}  // namespace gridlock
