#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/rank_search.h"

namespace gridlock {
namespace {

/// A group whose members were sorted, and the members that had listed them in that other order.
struct Sorted {
  std::vector<RankId> ranks;
  const Record* making = nullptr;
  /// A call of one of them whose meaning depends on the order of the members.
  const Record* call = nullptr;
  RankId caller = kNoRank;
};

bool is_sorted_making(const HistoryStore& store, const Record& record) {
  const bool makes = record.kind == RecordKind::new_group || record.kind == RecordKind::shrink;
  return makes && !record.rejected && record.detail >= 0 && !store.spec(record.detail).passed.empty();
}

InstanceId made_by(const GroupTable& groups, const Record& making, const GroupSpec& spec) {
  for (std::size_t i = 1; i < groups.instance_count(); ++i) {
    const auto id = static_cast<InstanceId>(i);
    const GroupInstance& instance = groups.instance(id);
    const bool is_its_turn = making.kind == RecordKind::shrink || instance.creation_index == making.sequence;
    if (is_its_turn && instance.spec.members == spec.members && instance.spec.name == spec.name) return id;
  }
  return InstanceId::none;
}

bool holds_all_shares(Extent extent) { return extent == Extent::all || extent == Extent::root_all; }

/// Whether the call would mean something else, were the members in the order of the list.
bool depends_on_order(const Record& call, const GroupSpec& spec) {
  const OperationInfo& what = operation(call.call);
  if (what.count == CountMeaning::per_rank || holds_all_shares(what.input) || holds_all_shares(what.output))
    return true;
  if (!what.is_p2p && !what.has_root) return false;
  const bool is_inside = call.peer >= 0 && call.peer < spec.members.size();
  return is_inside && spec.members[call.peer] != spec.passed[call.peer];
}

void look_at(const Evidence& evidence, RankId rank,
             std::map<std::pair<InstanceId, std::int32_t>, Sorted>& found) {
  const Histories& histories = evidence.histories();
  const std::vector<const Record*> records = histories.store.records(evidence.last_node(rank));
  for (auto making = records.begin(); making != records.end(); ++making) {
    if (!is_sorted_making(histories.store, **making)) continue;
    const GroupSpec& spec = histories.store.spec((*making)->detail);
    const InstanceId instance = made_by(histories.groups, **making, spec);
    if (instance == InstanceId::none || !spec.members.contains(rank)) continue;
    Sorted& group = found[{instance, (*making)->detail}];
    group.ranks.push_back(rank);
    group.making = *making;
    const auto use = std::find_if(making, records.end(), [&](const Record* record) {
      return record->kind == RecordKind::call && !record->rejected &&
             evidence.instance(*record, rank) == instance && depends_on_order(*record, spec);
    });
    if (use == records.end() || group.call != nullptr) continue;
    group.call = *use;
    group.caller = rank;
  }
}

Diagnosis warning_about(const Evidence& evidence, const Sorted& group) {
  const GroupSpec& spec = evidence.histories().store.spec(group.making->detail);
  GroupRank place = 0;
  while (spec.members[place] == spec.passed[place]) ++place;
  Diagnosis warning;
  warning.code = Code::GROUP_RANK_ORDER_SURPRISE;
  warning.severity = Severity::warning;
  warning.blame.ranks = RankSet(group.ranks);
  warning.blame.relation = warning.blame.ranks.size() == static_cast<std::size_t>(spec.members.size())
                               ? Relation::all
                               : Relation::owner;
  warning.summary = fmt::format(
      "{} listed the members of '{}' as {}, and they were sorted: group rank {} is rank {} and not rank {}. "
      "{} "
      "of rank {} goes by group ranks.",
      ranks_text(warning.blame.ranks), spec.name, spec.passed.to_string(), place, spec.members[place],
      spec.passed[place], short_call_text(evidence, group.caller, *group.call), group.caller);
  warning.summary[0] = 'R';
  warning.hint =
      "Take a group rank for a place in the sorted list, or make the group with sort_ranks=False (here "
      "\"sort\": "
      "false), so that group ranks follow the list.";
  return warning;
}

}  // namespace

std::vector<Diagnosis> find_sorted_members(const Evidence& evidence) {
  const HistoryStore& store = evidence.histories().store;
  std::map<std::pair<InstanceId, std::int32_t>, Sorted> found;
  for (const RankId rank :
       ranks_with(evidence, [&](const Record& record) { return is_sorted_making(store, record); })) {
    look_at(evidence, rank, found);
  }
  std::vector<Diagnosis> warnings;
  for (const auto& [place, group] : found) {
    if (group.call != nullptr) warnings.push_back(warning_about(evidence, group));
  }
  return warnings;
}

}  // namespace gridlock
