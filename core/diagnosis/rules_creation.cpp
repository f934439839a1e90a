#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/vote.h"
#include "core/grid/group_registry.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// The creations of all histories as a tree: ranks with one chain asked for the same groups in the same
/// order.
class CreationChains {
 public:
  explicit CreationChains(const HistoryStore& store) : chain_of_node_(store.node_count(), 0), chains_(1) {
    std::map<std::tuple<std::size_t, RecordKind, std::int32_t, std::int64_t>, std::size_t> known;
    for (std::size_t i = 1; i < chain_of_node_.size(); ++i) {
      const auto node = static_cast<HistoryNode>(i);
      const Record& record = store.record(node);
      const std::size_t past = chain_of_node_[static_cast<std::size_t>(store.past(node))];
      chain_of_node_[i] = past;
      if (record.kind != RecordKind::new_group && record.kind != RecordKind::create_grid) continue;
      const auto [entry, added] =
          known.try_emplace({past, record.kind, record.detail, record.count}, chains_.size());
      if (added) chains_.push_back({past, &record});
      chain_of_node_[i] = entry->second;
    }
  }

  std::size_t chain_of(HistoryNode node) const { return chain_of_node_[static_cast<std::size_t>(node)]; }

  std::vector<const Record*> records(std::size_t chain) const {
    std::vector<const Record*> list;
    for (; chain != 0; chain = chains_[chain].past) list.push_back(chains_[chain].record);
    std::reverse(list.begin(), list.end());
    return list;
  }

  /// Whether the one chain is an early part of the other.
  bool is_part_of(std::size_t part, std::size_t whole) const {
    while (whole > part) whole = chains_[whole].past;
    return whole == part;
  }

 private:
  struct Chain {
    std::size_t past = 0;
    const Record* record = nullptr;
  };

  std::vector<std::size_t> chain_of_node_;
  std::vector<Chain> chains_;
};

/// One group that a chain makes, and the record that asked for it.
struct Creation {
  GroupSpec spec;
  const Record* record = nullptr;
};

void expand_grid(const HistoryStore& store, const Record& record, GroupRegistry& registry,
                 std::vector<Creation>& list) {
  const Plan& plan = store.plan(record.detail);
  std::int64_t made = registry.creation_count();
  const std::vector<std::int64_t> answers = registry.resolve(plan);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i] < made) continue;
    made = answers[i] + 1;
    list.push_back({plan.request(static_cast<std::int64_t>(i)), &record});
  }
}

std::vector<Creation> expand(const HistoryStore& store, const std::vector<const Record*>& records) {
  GroupRegistry registry;
  std::vector<Creation> list;
  for (const Record* record : records) {
    if (record->kind == RecordKind::create_grid) {
      expand_grid(store, *record, registry, list);
    } else {
      registry.new_group();
      list.push_back({store.spec(record->detail), record});
    }
  }
  return list;
}

/// The number in the name of the group that is creation `index` of the world; 0 where names have none.
std::int64_t name_number(const Creation& creation, std::size_t index) {
  const Record& record = *creation.record;
  return record.count == 0 ? 0 : record.count + static_cast<std::int64_t>(index) - record.sequence;
}

bool same_group(const Creation& a, const Creation& b, std::size_t index) {
  return a.spec.backend == b.spec.backend && a.spec.members == b.spec.members &&
         name_number(a, index) == name_number(b, index);
}

struct ChainRanks {
  Ranks ranks;
  std::vector<Creation> creations;
};

/// Index of the first creation in which two of the chains differ.
std::optional<std::size_t> first_parting(const std::vector<ChainRanks>& chains) {
  for (std::size_t i = 0;; ++i) {
    const Creation* first = nullptr;
    for (const ChainRanks& chain : chains) {
      if (i >= chain.creations.size()) continue;
      if (first != nullptr && !same_group(*first, chain.creations[i], i)) return i;
      first = &chain.creations[i];
    }
    if (first == nullptr) return std::nullopt;
  }
}

struct Party {
  Ranks ranks;
  const Creation* creation;
};

std::vector<Party> parties_at(const std::vector<ChainRanks>& chains, std::size_t index) {
  std::vector<Party> list;
  for (const ChainRanks& chain : chains) {
    if (index >= chain.creations.size()) continue;
    const Creation& creation = chain.creations[index];
    const auto same = std::find_if(list.begin(), list.end(), [&](const Party& party) {
      return same_group(*party.creation, creation, index);
    });
    if (same == list.end()) {
      list.push_back({chain.ranks, &creation});
    } else {
      same->ranks.insert(same->ranks.end(), chain.ranks.begin(), chain.ranks.end());
    }
  }
  for (Party& party : list) std::sort(party.ranks.begin(), party.ranks.end());
  return list;
}

/// Chains of all ranks whose history is known, expanded to single groups; empty when one chain is part of the
/// other for all of them, so that nothing can differ.
std::vector<ChainRanks> differing_chains(const Scene& scene) {
  const Histories& histories = scene.evidence.histories();
  const CreationChains chains(histories.store);
  std::map<std::size_t, Ranks> ranks_of;
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (scene.evidence.state(rank) == HostState::unknown) continue;
    ranks_of[chains.chain_of(scene.evidence.end(rank).node)].push_back(rank);
  }
  // A chain has a larger number than its parts: if all are parts of the longest, all are parts of each other.
  std::size_t longest = 0;
  std::size_t length = 0;
  for (const auto& [chain, ranks] : ranks_of) {
    const std::size_t size = chains.records(chain).size();
    if (size >= length) longest = chain;
    length = std::max(length, size);
  }
  const bool all_agree = std::all_of(ranks_of.begin(), ranks_of.end(), [&](const auto& entry) {
    return chains.is_part_of(entry.first, longest);
  });
  std::vector<ChainRanks> list;
  if (all_agree) return list;
  for (auto& [chain, ranks] : ranks_of) {
    list.push_back({std::move(ranks), expand(histories.store, chains.records(chain))});
  }
  return list;
}

std::string creation_text(std::size_t index, const Creation& creation) {
  const bool is_grid = creation.record->kind == RecordKind::create_grid;
  const std::int64_t number = name_number(creation, index);
  return fmt::format("creation #{}: {}{}{}", index + 1, spec_text(creation.spec),
                     is_grid ? ", for a grid" : "",
                     number == 0 ? "" : fmt::format(", by the name of group number {}", number));
}

bool are_same_ranks(const Members& a, const Members& b) {
  return a.size() == b.size() && Members::list(a.to_vector()) == Members::list(b.to_vector());
}

/// What ranks disagree on who ask for different groups with one creation.
std::string difference_text(const Creation& a, const Creation& b, std::size_t index) {
  if (a.spec.backend == b.spec.backend && a.spec.members == b.spec.members) {
    return fmt::format("its name, which counts the groups of a rank, is {} against {}", name_number(a, index),
                       name_number(b, index));
  }
  const bool is_order = a.spec.backend == b.spec.backend && are_same_ranks(a.spec.members, b.spec.members);
  return fmt::format("{}{} against {}", is_order ? "the same ranks in another order, " : "",
                     spec_text(a.spec), spec_text(b.spec));
}

/// Whether all members of the group asked for it and nobody else did: nothing that every rank makes is made
/// by its members alone, unless they alone come to it.
bool is_of_members_only(const Party& party) {
  return are_same_ranks(party.creation->spec.members, Members::list(party.ranks));
}

/// Few ranks asked for a group of theirs while the rest went on to the next one: rather than these few, the
/// rest is wrong, which left out a creation that every rank makes, member or not.
void blame_those_who_left_out(Finding& finding, const Ranks& rest, const std::string& difference) {
  finding.relation = Relation::edge;
  finding.certainty = Certainty::likely;
  finding.alternatives = {finding.blamed};
  finding.summary = fmt::format(
      "{{who}} left out a creation that every rank makes, member or not; only the members, {}, "
      "came to it as creation #{} of the world: {}.",
      ranks_text(finding.blamed), finding.sequence + 1, difference);
  finding.blamed = rest;
  std::rotate(finding.sides.begin(), std::prev(finding.sides.end()), finding.sides.end());
}

}  // namespace

void find_creation_divergence(Scene& scene, Findings& findings) {
  const std::vector<ChainRanks> chains = differing_chains(scene);
  const std::optional<std::size_t> index = first_parting(chains);
  if (!index) return;
  const std::vector<Party> list = parties_at(chains, *index);
  std::vector<std::size_t> sizes;
  std::size_t known = 0;
  for (const Party& party : list) sizes.push_back(party.ranks.size());
  for (const std::size_t size : sizes) known += size;
  std::size_t unknown = 0;
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (scene.evidence.state(rank) == HostState::unknown) ++unknown;
  }
  const Vote result = vote(sizes, unknown);
  Finding finding;
  finding.code = Code::GROUP_CREATE_DIVERGENT;
  finding.cause = Cause::creation;
  finding.relation = result.relation;
  finding.certainty = result.certainty;
  // The creation itself comes first: ranks that do not come to it at all are no cause of their own.
  for (const gridlock::Creation& creation : scene.waits.creations) finding.nodes.push_back(creation.node);
  for (std::size_t i = 0; i < result.order.size(); ++i) {
    const Party& party = list[result.order[i]];
    const Record& record = *party.creation->record;
    finding.sides.push_back({party.ranks, creation_text(*index, *party.creation),
                             label_text(scene.evidence, record), place_text(scene.evidence, record)});
    finding.nodes.insert(finding.nodes.end(), party.ranks.begin(), party.ranks.end());
    if (i >= result.blamed) continue;
    finding.blamed.insert(finding.blamed.end(), party.ranks.begin(), party.ranks.end());
    if (result.relation == Relation::tie) finding.alternatives.push_back(party.ranks);
  }
  const Party& first = list[result.order.front()];
  const Party& rest = list[result.order.back()];
  const std::string difference = difference_text(*first.creation, *rest.creation, *index);
  finding.summary = fmt::format("{{who}} {} creation #{} of the world: {}.",
                                result.relation == Relation::tie ? "asked for different groups in"
                                                                 : "asked for another group than the rest in",
                                *index + 1, difference);
  finding.sequence = static_cast<std::int64_t>(*index);
  if (list.size() == 2 && result.relation == Relation::minority && is_of_members_only(first) &&
      !is_of_members_only(rest))
    blame_those_who_left_out(finding, rest.ranks, difference);
  findings.push_back(std::move(finding));
}

namespace {

/// The last creation that the ranks made before the one they miss: the place after which it is to come.
FoundSide side_before(Scene& scene, const Ranks& ranks, std::int64_t number) {
  const HistoryStore& store = scene.evidence.histories().store;
  for (HistoryNode node = scene.evidence.last_node(ranks.front()); node != HistoryNode::empty;
       node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.kind != RecordKind::new_group && record.kind != RecordKind::create_grid) continue;
    const std::string what =
        record.kind == RecordKind::new_group ? spec_text(store.spec(record.detail)) : "those of a grid";
    return {ranks, fmt::format("no creation #{}; its last one is {}", number + 1, what),
            label_text(scene.evidence, record), place_text(scene.evidence, record)};
  }
  return {ranks, fmt::format("no creation #{}, and none before", number + 1), "", ""};
}

/// Ranks ended where others wait in a creation; where most ended, the others are odd.
Finding about_missing(Scene& scene, const gridlock::Creation& creation, const Ranks& never) {
  Finding finding;
  finding.code = Code::GROUP_CREATE_MISSING_RANK;
  finding.cause = Cause::creation;
  finding.nodes = {creation.node};
  finding.sequence = creation.number;
  const RankId waiting = creation.waiting.front();
  const std::string what = position_text(scene.evidence, waiting);
  const Record& record = *scene.evidence.last(waiting);
  finding.sides = {
      side_before(scene, never, creation.number),
      {creation.waiting, what, label_text(scene.evidence, record), place_text(scene.evidence, record)}};
  finding.edges = {{creation.waiting, never, "in " + what}};
  const bool most_ended = never.size() > creation.waiting.size();
  finding.relation = never.size() == creation.waiting.size() ? Relation::edge : Relation::minority;
  finding.blamed = most_ended ? creation.waiting : never;
  if (finding.relation == Relation::edge || most_ended) {
    finding.alternatives = {most_ended ? never : creation.waiting};
    finding.certainty = Certainty::likely;
  }
  if (most_ended) std::swap(finding.sides[0], finding.sides[1]);
  finding.summary =
      most_ended
          ? fmt::format(
                "Only {{who}} came to {}, which needs every rank of the world; most ended without it.", what)
          : fmt::format("{{who}} ended without {}, which needs every rank of the world.", what);
  return finding;
}

}  // namespace

void find_missing_creators(Scene& scene, Findings& findings) {
  for (const gridlock::Creation& creation : scene.waits.creations) {
    Ranks never;
    for (const RankId rank : creation.absent) {
      if (scene.evidence.state(rank) == HostState::returned) never.push_back(rank);
    }
    if (never.empty()) continue;
    findings.push_back(about_missing(scene, creation, never));
  }
}

}  // namespace gridlock
