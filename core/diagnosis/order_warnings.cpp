#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "core/diagnosis/call_order.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;
/// A collective as all ranks of a family call it: the group's handle and the place in its order.
using Place = std::pair<GroupHandle, std::int32_t>;

/// Different orders of calls that are compared with each other, and ranks of each that are tried.
constexpr std::size_t kClassMax = 48;
constexpr std::size_t kRankMax = 64;

/// Ranks that make the same collectives in the same order.
struct Class {
  std::vector<Place> order;
  std::map<Place, std::size_t> place_of;
  Ranks ranks;
};

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
  return hash ^ hash >> 29;
}

/// Collectives that a device runs: on groups of more than one rank that are not the host's.
std::vector<Place> device_calls(Evidence& evidence, RankId rank) {
  const HistoryStore& store = evidence.histories().store;
  std::vector<Place> order;
  for (HistoryNode node = evidence.last_node(rank); node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.kind != RecordKind::call || !is_collective(record)) continue;
    const InstanceId instance = evidence.instance(record, rank);
    if (instance == InstanceId::none) continue;
    const GroupSpec& spec = evidence.histories().groups.instance(instance).spec;
    if (spec.backend == BackendKind::nccl && spec.members.size() > 1)
      order.emplace_back(record.group, record.sequence);
  }
  std::reverse(order.begin(), order.end());
  return order;
}

std::vector<Class> classes_of(Evidence& evidence) {
  std::vector<Class> classes;
  // Only looked up, never walked.
  std::unordered_map<std::uint32_t, std::size_t> class_of_node;
  std::unordered_map<std::uint64_t, std::size_t> class_of_hash;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    const auto node = static_cast<std::uint32_t>(evidence.last_node(rank));
    auto known = class_of_node.find(node);
    if (known == class_of_node.end()) {
      std::vector<Place> order = device_calls(evidence, rank);
      std::uint64_t hash = 0;
      for (const auto& [group, sequence] : order)
        hash = mixed(mixed(hash, static_cast<std::uint64_t>(group)), static_cast<std::uint64_t>(sequence));
      const auto [entry, added] = class_of_hash.try_emplace(hash, classes.size());
      if (added && classes.size() == kClassMax) break;
      if (added) {
        classes.push_back({std::move(order), {}, {}});
        Class& made = classes.back();
        for (std::size_t i = 0; i < made.order.size(); ++i) made.place_of.emplace(made.order[i], i);
      }
      known = class_of_node.emplace(node, entry->second).first;
    }
    classes[known->second].ranks.push_back(rank);
  }
  return classes;
}

/// Two ranks of both groups, one of each class.
std::optional<std::pair<CallPlace, CallPlace>> shared_by(const Evidence& evidence, const Class& one,
                                                         const Class& other, const Place& a, const Place& b) {
  const GroupTable& groups = evidence.histories().groups;
  for (std::size_t i = 0; i < std::min(one.ranks.size(), kRankMax); ++i) {
    const InstanceId in_a = groups.resolve(a.first, one.ranks[i]);
    const InstanceId in_b = groups.resolve(b.first, one.ranks[i]);
    if (in_a == in_b) continue;
    const Members& members_a = evidence.members(in_a);
    const Members& members_b = evidence.members(in_b);
    const bool is_shared = std::any_of(other.ranks.begin(), other.ranks.end(), [&](RankId rank) {
      return members_a.contains(rank) && members_b.contains(rank);
    });
    if (is_shared) return std::pair{CallPlace{in_a, a.first, a.second}, CallPlace{in_b, b.first, b.second}};
  }
  return std::nullopt;
}

/// The first two calls of `one` that `other` makes the other way round: of each group the latest call is
/// enough, its earlier ones come before it on both sides.
std::optional<std::pair<CallPlace, CallPlace>> inversion(const Evidence& evidence, const Class& one,
                                                         const Class& other) {
  std::map<GroupHandle, Place> latest;
  for (const Place& call : one.order) {
    const auto here = other.place_of.find(call);
    if (here == other.place_of.end()) continue;
    for (const auto& [group, before] : latest) {
      if (group == call.first || other.place_of.at(before) < here->second) continue;
      if (auto shared = shared_by(evidence, one, other, before, call)) return shared;
    }
    latest[call.first] = call;
  }
  return std::nullopt;
}

Divergence side_of(Evidence& evidence, const Ranks& ranks, const CallPlace& place) {
  const Record* call = evidence.collectives(ranks.front(), place.instance).find(place.sequence);
  return {RankSet(ranks), call_text(evidence, ranks.front(), *call), label_text(evidence, *call),
          place_text(evidence, *call)};
}

Diagnosis warning_about(Evidence& evidence, const CallPlace& a, const CallPlace& b) {
  const OrderVotes votes = members_votes(evidence, a, b);
  Diagnosis warning;
  warning.code = Code::COMM_ORDER_RISK;
  warning.severity = Severity::warning;
  warning.first_divergence = {side_of(evidence, votes.first, a), side_of(evidence, votes.second, b)};
  if (votes.has_majority()) {
    warning.blame = {RankSet(votes.minority()), Relation::minority, {}};
    if (&votes.minority() == &votes.second)
      std::swap(warning.first_divergence[0], warning.first_divergence[1]);
  } else {
    warning.blame = {RankSet(votes.first).united(RankSet(votes.second)),
                     Relation::tie,
                     {RankSet(votes.first), RankSet(votes.second)}};
  }
  const Divergence& odd = warning.first_divergence[0];
  const Divergence& usual = warning.first_divergence[1];
  warning.summary = fmt::format(
      "{} called {} first, {} called {} first; it passed because the devices had room for both at one time.",
      ranks_text(odd.ranks), odd.call, ranks_text(usual.ranks), usual.call);
  warning.summary[0] = 'R';
  warning.hint = code_info(warning.code).fix;
  return warning;
}

}  // namespace

void warn_of_call_orders(Evidence& evidence, std::vector<Diagnosis>& warnings) {
  const std::vector<Class> classes = classes_of(evidence);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    for (std::size_t j = i + 1; j < classes.size(); ++j) {
      if (const auto found = inversion(evidence, classes[i], classes[j])) {
        warnings.push_back(warning_about(evidence, found->first, found->second));
        return;
      }
    }
  }
}

}  // namespace gridlock
