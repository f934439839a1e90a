#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/label_fit.h"
#include "core/diagnosis/vote.h"

namespace gridlock {
namespace {

using Calls = std::vector<const Record*>;
using Ranks = std::vector<RankId>;

/// Records that are read at most: groups beyond that are not compared.
constexpr std::int64_t kReadMax = 20'000'000;
/// Different histories of one group that are compared with the first.
constexpr std::size_t kClassMax = 16;

/// Members of a group that did the same.
struct Class {
  HistoryNode node = HistoryNode::empty;
  Ranks ranks;
};

/// Whether any call has a name that somebody gave it: without one there is nothing to compare.
bool has_own_labels(const Histories& histories) {
  for (std::size_t i = 1; i < histories.store.node_count(); ++i) {
    const Record& record = histories.store.record(static_cast<HistoryNode>(i));
    if (record.kind == RecordKind::call && has_own_label(histories.sites, record)) return true;
  }
  return false;
}

/// Two programs whose calls met one by one, and the first place where their labels differ although they
/// agree at another one, or have the same labels in another order.
std::optional<std::size_t> first_mismatch(const SiteTable& sites, const Calls& a, const Calls& b) {
  const LabelFit fit(sites, a, b);
  const std::size_t size = std::min(a.size(), b.size());
  std::optional<std::size_t> first;
  bool has_agreement = false;
  for (std::size_t i = 0; i < size; ++i) {
    if (!has_own_label(sites, *a[i]) || !has_own_label(sites, *b[i])) continue;
    const Fit labels = fit(*a[i], *b[i]);
    has_agreement = has_agreement || labels == Fit::agree;
    if (labels == Fit::differ && !first) first = i;
  }
  if (!first || has_agreement) return first;
  const auto begin = static_cast<std::ptrdiff_t>(*first);
  const auto end = static_cast<std::ptrdiff_t>(size);
  const bool is_permutation =
      std::is_permutation(a.begin() + begin, a.begin() + end, b.begin() + begin, b.begin() + end,
                          [&](const Record* x, const Record* y) { return fit(*x, *y) == Fit::agree; });
  return size - *first <= kReorderMax && is_permutation ? first : std::nullopt;
}

/// Reads histories without remembering them: most groups are looked at once.
class Reader {
 public:
  explicit Reader(Evidence& evidence) : evidence_(evidence) {}

  bool is_exhausted() const { return read_ > kReadMax; }

  /// Calls of a rank that `fits` accepts, oldest first.
  template <typename Fits>
  Calls calls(RankId rank, Fits fits) {
    const HistoryStore& store = evidence_.histories().store;
    Calls list;
    for (HistoryNode node = evidence_.last_node(rank); node != HistoryNode::empty; node = store.past(node)) {
      ++read_;
      const Record& record = store.record(node);
      if (record.kind == RecordKind::call && !record.rejected && fits(record)) list.push_back(&record);
    }
    std::reverse(list.begin(), list.end());
    return list;
  }

  Calls collectives(RankId rank, InstanceId instance) {
    return calls(rank, [&](const Record& record) {
      return is_collective(record) && evidence_.instance(record, rank) == instance;
    });
  }

  /// The handles under which the rank knows the group of its collectives there; none if it made none.
  std::vector<GroupHandle> handles(RankId rank, InstanceId instance) {
    std::vector<GroupHandle> handles;
    for (const GroupHandle handle : used(rank).groups) {
      if (evidence_.histories().groups.resolve(handle, rank) == instance) handles.push_back(handle);
    }
    return handles;
  }

  /// The first send of the rank to each peer in each group, with each tag.
  const Calls& first_sends(RankId rank) { return used(rank).sends; }

  Calls transfers(const TransferEnd& end) {
    return calls(end.rank, [&](const Record& record) { return evidence_.is_at(end, record); });
  }

 private:
  /// What a history uses. Ranks of equal histories have it in common, and mostly they are many.
  struct Used {
    std::vector<GroupHandle> groups;
    Calls sends;
  };
  const Used& used(RankId rank);

  Evidence& evidence_;
  std::int64_t read_ = 0;
  std::map<HistoryNode, Used> used_;
};

const Reader::Used& Reader::used(RankId rank) {
  const auto [entry, is_new] = used_.try_emplace(evidence_.last_node(rank));
  Used& used = entry->second;
  if (!is_new) return used;
  std::set<std::tuple<GroupHandle, GroupRank, std::int32_t>> known;
  for (const Record* call : calls(rank, [](const Record&) { return true; })) {
    if (is_collective(*call)) {
      if (known.insert({call->group, kNoRank, 0}).second) used.groups.push_back(call->group);
    } else if (call->call == CallKind::send) {
      const std::int32_t tag = evidence_.tag_of(*call, evidence_.instance(*call, rank));
      if (known.insert({call->group, call->peer, tag}).second) used.sends.push_back(call);
    }
  }
  return used;
}

std::vector<Class> classes_of(const Evidence& evidence, const Members& members) {
  std::vector<Class> classes;
  members.for_each([&](RankId rank) {
    const HistoryNode node = evidence.last_node(rank);
    auto same =
        std::find_if(classes.rbegin(), classes.rend(), [&](const Class& one) { return one.node == node; });
    if (same != classes.rend()) {
      same->ranks.push_back(rank);
    } else if (classes.size() < kClassMax) {
      classes.push_back({node, {rank}});
    }
  });
  return classes;
}

/// Ranks that give one call the same label.
struct Party {
  Ranks ranks;
  const Record* call;
};

Diagnosis warning_about(const Evidence& evidence, std::vector<Party> parties) {
  std::vector<std::size_t> sizes;
  for (const Party& party : parties) sizes.push_back(party.ranks.size());
  const Vote result = vote(sizes, 0);
  Diagnosis warning;
  warning.code = Code::LABEL_MISMATCH;
  warning.severity = Severity::warning;
  warning.certainty = Certainty::likely;
  warning.blame.relation = result.relation;
  Ranks blamed;
  for (std::size_t i = 0; i < result.order.size(); ++i) {
    const Party& party = parties[result.order[i]];
    const RankId rank = party.ranks.front();
    warning.first_divergence.push_back({RankSet(party.ranks), call_text(evidence, rank, *party.call),
                                        label_text(evidence, *party.call),
                                        place_text(evidence, *party.call)});
    if (i >= result.blamed) continue;
    blamed.insert(blamed.end(), party.ranks.begin(), party.ranks.end());
    if (result.relation == Relation::tie) warning.blame.alternatives.emplace_back(party.ranks);
  }
  warning.blame.ranks = RankSet(std::move(blamed));
  const Divergence& first = warning.first_divergence.front();
  const Divergence& last = warning.first_divergence.back();
  warning.summary =
      fmt::format("{} called {} for '{}', where {} called {} for '{}'.", ranks_text(first.ranks), first.call,
                  first.label, ranks_text(last.ranks), last.call, last.label);
  warning.summary[0] = 'R';
  warning.hint = code_info(warning.code).fix;
  return warning;
}

/// What the classes of a group call there, by label.
std::vector<Party> parties_at(const SiteTable& sites, const std::vector<Class>& classes,
                              const std::vector<Calls>& calls, std::size_t place) {
  std::map<std::pair<std::string, decltype(Label::turns)>, Party> by_label;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (place >= calls[i].size()) continue;
    const Label& label = calls[i][place]->label;
    Party& party = by_label[{sites.site(label.site).text, label.turns}];
    party.call = calls[i][place];
    party.ranks.insert(party.ranks.end(), classes[i].ranks.begin(), classes[i].ranks.end());
  }
  std::vector<Party> list;
  for (auto& [label, party] : by_label) {
    std::sort(party.ranks.begin(), party.ranks.end());
    list.push_back(std::move(party));
  }
  return list;
}

/// The first collective, by its place in the order of its group, that goes by other names on other members.
std::optional<Diagnosis> find_in_collectives(Evidence& evidence, Reader& reader) {
  const SiteTable& sites = evidence.histories().sites;
  std::set<std::vector<std::pair<HistoryNode, std::vector<GroupHandle>>>> known;
  std::optional<std::size_t> first;
  std::optional<Diagnosis> warning;
  for (std::size_t i = 0; i < evidence.histories().groups.instance_count() && !reader.is_exhausted(); ++i) {
    const auto instance = static_cast<InstanceId>(i);
    const std::vector<Class> classes = classes_of(evidence, evidence.members(instance));
    if (classes.size() < 2) continue;
    std::vector<std::pair<HistoryNode, std::vector<GroupHandle>>> key;
    for (const Class& one : classes) key.emplace_back(one.node, reader.handles(one.ranks.front(), instance));
    if (!known.insert(std::move(key)).second) continue;
    std::vector<Calls> calls;
    for (const Class& one : classes) calls.push_back(reader.collectives(one.ranks.front(), instance));
    for (std::size_t other = 1; other < calls.size(); ++other) {
      const auto place = first_mismatch(sites, calls.front(), calls[other]);
      if (!place || (first && *first <= *place)) continue;
      std::vector<Party> parties = parties_at(sites, classes, calls, *place);
      if (parties.size() < 2) continue;
      first = place;
      warning = warning_about(evidence, std::move(parties));
    }
  }
  return warning;
}

std::optional<Diagnosis> find_in_transfers(Evidence& evidence, Reader& reader) {
  const SiteTable& sites = evidence.histories().sites;
  std::optional<std::size_t> first;
  std::optional<Diagnosis> warning;
  // Group, peer and tag as the sender knows them, the sender's place there, and the histories of both.
  std::set<std::tuple<HistoryNode, GroupHandle, GroupRank, std::int32_t, GroupRank, HistoryNode>> known;
  for (RankId rank = 0; rank < evidence.world_size() && !reader.is_exhausted(); ++rank) {
    for (const Record* send : reader.first_sends(rank)) {
      const InstanceId instance = evidence.instance(*send, rank);
      const TransferEnd other = evidence.other_end(rank, *send);
      if (instance == InstanceId::none || other.rank == kNoRank) continue;
      if (!known
               .insert({evidence.last_node(rank), send->group, send->peer, other.tag, other.peer,
                        evidence.last_node(other.rank)})
               .second)
        continue;
      const Calls sends = reader.transfers({rank, instance, CallKind::send, send->peer, 0, other.tag});
      const Calls receives = reader.transfers(other);
      const auto place = first_mismatch(sites, sends, receives);
      if (!place || (first && *first <= *place)) continue;
      first = place;
      warning = warning_about(evidence, {{{rank}, sends[*place]}, {{other.rank}, receives[*place]}});
    }
  }
  return warning;
}

}  // namespace

void warn_of_labels(Evidence& evidence, std::vector<Diagnosis>& warnings) {
  if (!has_own_labels(evidence.histories())) return;
  Reader reader(evidence);
  if (auto warning = find_in_collectives(evidence, reader)) warnings.push_back(std::move(*warning));
  if (auto warning = find_in_transfers(evidence, reader)) warnings.push_back(std::move(*warning));
}

}  // namespace gridlock
