#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "core/diagnosis/circle_order.h"
#include "core/diagnosis/coming.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/programs.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// What a circle of waiting nodes is made of.
struct Circle {
  std::vector<int> nodes;
  bool has_collective = false;
  const Creation* creation = nullptr;
  const Awaited* awaited = nullptr;
  /// False when the histories do not tell whether a rank in it would go on to the call that others wait for.
  bool is_certain = true;
};

/// A collective or transfer that waits for the host of `rank`: would that rank come?
bool comes_for_sure(Scene& scene, int from, RankId rank) {
  const Waits& waits = scene.waits;
  if (waits.kind(from) == NodeKind::meeting) {
    const Meeting& meeting = waits.meetings[static_cast<std::size_t>(waits.index(from))];
    return is_coming(scene.evidence, rank, meeting.instance, meeting.starter, *meeting.call).coming ==
           Coming::yes;
  }
  if (waits.kind(from) != NodeKind::head) return true;
  const auto transfers = waits.transfers_of(waits.index(from));
  return std::all_of(transfers.begin(), transfers.end(), [&](const Transfer& transfer) {
    return transfer.theirs.rank != rank || transfer.theirs.record != nullptr ||
           is_coming(scene.evidence, transfer.wanted, waits.rank_of(from), *transfer.mine).coming ==
               Coming::yes;
  });
}

bool connects(const Scene& scene, int host_node) {
  return scene.evidence.host_state(scene.waits.index(host_node)) == HostState::connecting;
}

Circle look_at(Scene& scene, std::vector<int> nodes) {
  Circle circle;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const int node = nodes[i];
    const int next = nodes[(i + 1) % nodes.size()];
    const NodeKind kind = scene.waits.kind(node);
    if (kind == NodeKind::meeting) circle.has_collective = true;
    if (kind == NodeKind::creation) {
      circle.creation = &scene.waits.creations[static_cast<std::size_t>(scene.waits.index(node))];
    }
    if (kind == NodeKind::awaited)
      circle.awaited = &scene.waits.awaited[static_cast<std::size_t>(scene.waits.index(node))];
    const Record* call = first_call(scene, node);
    if (call == nullptr && kind == NodeKind::host && connects(scene, node)) {
      call = scene.evidence.host_last(scene.waits.index(node));
    }
    if (call != nullptr && is_collective(*call)) circle.has_collective = true;
    // Which work waits for which was guessed where the source does not know streams.
    if (call != nullptr && (call->unknown & kUnknownStream) != 0) circle.is_certain = false;
    const bool to_host = scene.waits.kind(next) == NodeKind::host && kind != NodeKind::host;
    if (to_host && !comes_for_sure(scene, node, scene.waits.rank_of(next))) circle.is_certain = false;
  }
  circle.nodes = std::move(nodes);
  return circle;
}

std::string waits_text(Scene& scene, int node, RankId rank) {
  const Record* call = first_call(scene, node);
  return "in " + (call == nullptr ? position_text(scene.evidence, rank)
                                  : short_call_text(scene.evidence, rank, *call));
}

/// The circle from rank to rank: nodes between two ranks (a collective, a creation) belong to the rank before
/// them.
std::vector<FoundEdge> edges_of(Scene& scene, const std::vector<int>& nodes) {
  struct Stop {
    RankId rank;
    int node;
  };
  std::vector<Stop> stops;
  for (const int node : nodes) {
    const RankId rank = scene.waits.rank_of(node);
    if (rank == kNoRank) continue;
    // The head says more than the host that waits for it.
    if (!stops.empty() && stops.back().rank == rank) {
      stops.back().node = node;
    } else {
      stops.push_back({rank, node});
    }
  }
  if (stops.size() > 1 && stops.front().rank == stops.back().rank) {
    stops.front().node = stops.back().node;
    stops.pop_back();
  }
  const auto lowest = std::min_element(stops.begin(), stops.end(),
                                       [](const Stop& a, const Stop& b) { return a.rank < b.rank; });
  std::rotate(stops.begin(), lowest, stops.end());
  std::vector<FoundEdge> edges;
  for (std::size_t i = 0; i < stops.size(); ++i) {
    const Stop& from = stops[i];
    edges.push_back(
        {{from.rank}, {stops[(i + 1) % stops.size()].rank}, waits_text(scene, from.node, from.rank)});
  }
  return edges;
}

std::vector<FoundSide> sides_of(Scene& scene, const std::vector<int>& component) {
  std::map<std::string, FoundSide> by_text;
  for (const int node : component) {
    const Record* call = first_call(scene, node);
    if (call == nullptr) continue;
    const RankId rank = scene.waits.rank_of(node);
    const std::string text = call_text(scene.evidence, rank, *call);
    FoundSide& side = by_text[text];
    if (side.ranks.empty())
      side = {{}, text, label_text(scene.evidence, *call), place_text(scene.evidence, *call)};
    side.ranks.push_back(rank);
  }
  std::vector<FoundSide> sides;
  for (auto& [text, side] : by_text) sides.push_back(std::move(side));
  std::sort(sides.begin(), sides.end(),
            [](const FoundSide& a, const FoundSide& b) { return a.ranks < b.ranks; });
  return sides;
}

FoundSide host_side(Scene& scene, const Ranks& ranks) {
  const RankId first = ranks.front();
  FoundSide side{ranks, position_text(scene.evidence, first), "", ""};
  if (const Record* last = scene.evidence.last(first)) {
    side.label = label_text(scene.evidence, *last);
    side.place = place_text(scene.evidence, *last);
  }
  return side;
}

/// Whether just the members of the new group came to its creation: it was taken for a matter of theirs.
bool are_members(const Scene& scene, const Creation& creation) {
  const Record* last = scene.evidence.last(creation.waiting.front());
  if (last == nullptr || last->kind != RecordKind::new_group) return false;
  const Members& members = scene.evidence.histories().store.spec(last->detail).members;
  return static_cast<std::size_t>(members.size()) == creation.waiting.size() &&
         std::all_of(creation.waiting.begin(), creation.waiting.end(),
                     [&](RankId rank) { return members.contains(rank); });
}

/// Few ranks create a group where most are at something else; `finding` blames those so far.
void blame_creators(Scene& scene, const Creation& creation, Finding& finding) {
  finding.alternatives = {finding.blamed};
  finding.sides = {host_side(scene, creation.waiting), host_side(scene, finding.blamed)};
  finding.summary =
      fmt::format("{{who}} came to {}, which needs every rank of the world, while most are at {}.",
                  finding.sides[0].call, finding.sides[1].call);
  finding.hint =
      "Create groups in one order on every rank, member or not: no creation in a branch that only some ranks "
      "take.";
  finding.blamed = creation.waiting;
  finding.relation = Relation::minority;
}

/// A rank is somewhere else than in the creation, and where it is it waits for those that are in the
/// creation.
void blame_creation(Scene& scene, const Creation& creation, const std::vector<int>& component,
                    Finding& finding) {
  finding.code = Code::GROUP_CREATE_MISSING_RANK;
  finding.certainty = Certainty::likely;
  for (const RankId rank : creation.absent) {
    if (std::find(component.begin(), component.end(), rank) != component.end())
      finding.blamed.push_back(rank);
  }
  const bool most_are_elsewhere = finding.blamed.size() > creation.waiting.size();
  if (most_are_elsewhere && !are_members(scene, creation)) {
    blame_creators(scene, creation, finding);
    return;
  }
  finding.relation = finding.blamed.size() < creation.waiting.size() ? Relation::minority : Relation::edge;
  if (finding.relation == Relation::edge) finding.alternatives = {creation.waiting};
  finding.sides = {host_side(scene, finding.blamed), host_side(scene, creation.waiting)};
  finding.summary =
      fmt::format("{{who}} stood in {} while the others waited in {}, which needs every rank of the world.",
                  finding.sides[0].call, finding.sides[1].call);
  finding.hint = fmt::format(
      "Make the calls in one order on every rank: if {} comes to the creation later, move it before {}; if "
      "it "
      "never does, let it take part, member or not.",
      ranks_text(finding.blamed), finding.sides[0].call);
}

/// Where hosts of the circle wait for hosts, the code of that wait.
std::optional<Code> code_of_hosts(const Scene& scene, const std::vector<int>& component) {
  for (const int node : component) {
    if (scene.waits.kind(node) != NodeKind::host_meeting) continue;
    const HostMeeting& meeting = scene.waits.host_meetings[static_cast<std::size_t>(scene.waits.index(node))];
    const HostState state = scene.evidence.host_state(meeting.host);
    if (state == HostState::destroying) return Code::TEARDOWN_ORDER_MISMATCH;
    return state == HostState::creating ? Code::COMM_SPLIT_INCOMPLETE : Code::COMM_INIT_CYCLE;
  }
  return std::nullopt;
}

/// Of a circle of hosts that wait for hosts in several places: where more than half of them are, the others
/// are odd. False, and nothing changed, when no place has so many.
bool blame_by_place(Scene& scene, const std::vector<int>& component, Finding& finding) {
  const Ranks* most = nullptr;
  for (const int node : component) {
    if (scene.waits.kind(node) != NodeKind::host_meeting) continue;
    const Ranks& waiting =
        scene.waits.host_meetings[static_cast<std::size_t>(scene.waits.index(node))].waiting;
    if (waiting.size() * 2 > finding.blamed.size()) most = &waiting;
  }
  if (most == nullptr) return false;
  const Ranks odd = RankSet(finding.blamed).without(RankSet(*most)).to_vector();
  if (odd.empty()) return false;
  finding.relation = Relation::minority;
  finding.certainty = Certainty::likely;
  finding.blamed = odd;
  finding.alternatives = {*most};
  finding.sides = {host_side(scene, odd), host_side(scene, *most)};
  finding.summary = fmt::format("{{who}} came to {}, while {} are at {}: each waits for the others.",
                                finding.sides[0].call, ranks_text(*most), finding.sides[1].call);
  return true;
}

/// What a call meets others on: its group, or outside a batch the pair of its two ranks.
using Communicator = std::tuple<InstanceId, RankId, RankId>;

/// Communicators of a rank in the order of their first calls, planned ones included.
std::vector<Communicator> communicators_of(const Scene& scene, RankId rank) {
  const Evidence& evidence = scene.evidence;
  std::vector<Communicator> list;
  for (const Record* record : evidence.histories().store.records(evidence.end(rank).node)) {
    if (!is_collective(*record) && !is_transfer(*record)) continue;
    const InstanceId instance = evidence.instance(*record, rank);
    if (instance == InstanceId::none) continue;
    Communicator used{instance, kNoRank, kNoRank};
    if (is_transfer(*record) && !record->batched) {
      const RankId peer = evidence.other_end(rank, *record).rank;
      used = {instance, std::min(rank, peer), std::max(rank, peer)};
    }
    if (std::find(list.begin(), list.end(), used) == list.end()) list.push_back(used);
  }
  return list;
}

/// Whether two lists have two things in common and in opposite orders.
bool are_opposed(const std::vector<Communicator>& a, const std::vector<Communicator>& b) {
  std::ptrdiff_t last = -1;
  for (const Communicator& used : a) {
    const auto there = std::find(b.begin(), b.end(), used);
    if (there == b.end()) continue;
    if (there - b.begin() < last) return true;
    last = there - b.begin();
  }
  return false;
}

/// Whether two ranks of a circle use two communicators in opposite orders, each of which both use.
bool has_opposite_orders(const Scene& scene, const std::vector<int>& nodes) {
  std::vector<std::vector<Communicator>> orders;
  std::set<RankId> seen;
  for (const int node : nodes) {
    const RankId rank = scene.waits.rank_of(node);
    if (rank == kNoRank || !seen.insert(rank).second) continue;
    orders.push_back(communicators_of(scene, rank));
    for (std::size_t i = 0; i + 1 < orders.size(); ++i) {
      if (are_opposed(orders[i], orders.back())) return true;
    }
  }
  return false;
}

/// Whether a host of the rank stands in the first message of a pair.
bool is_in_first_message(const Evidence& evidence, RankId rank) {
  const std::vector<int> hosts = evidence.hosts_of(rank);
  return std::any_of(hosts.begin(), hosts.end(), [&](int host) {
    const Record* last = evidence.host_last(host);
    return evidence.host_state(host) == HostState::connecting && last != nullptr && is_transfer(*last);
  });
}

/// The first messages of pairs wait for each other, each host in that of another pair: no message was sent.
bool are_first_messages(const Scene& scene, const std::vector<int>& nodes) {
  std::set<RankId> ranks;
  for (const int node : nodes) {
    const RankId rank = scene.waits.rank_of(node);
    if (rank == kNoRank || !is_in_first_message(scene.evidence, rank)) return false;
    ranks.insert(rank);
  }
  return ranks.size() > 2;
}

bool waits_for_slot(const Scene& scene, const std::vector<int>& component) {
  return std::any_of(component.begin(), component.end(), [&](int node) {
    return scene.waits.kind(node) == NodeKind::head &&
           scene.waits.heads[static_cast<std::size_t>(scene.waits.index(node))].waits_for_slot;
  });
}

std::string circle_text(const Circle& circle, std::optional<Code> hosts, bool has_slot_wait) {
  if (hosts == Code::TEARDOWN_ORDER_MISMATCH) return "groups that they destroy in different orders";
  if (hosts == Code::COMM_SPLIT_INCOMPLETE) return "groups that are made from parts of groups";
  if (hosts && circle.has_collective) return "groups that they use for the first time in different orders";
  if (hosts) return "first messages, each of which makes a communicator of its two ranks";
  if (has_slot_wait) return "calls for which their devices have no room at one time";
  return circle.has_collective ? "calls on groups that they use in different orders" : "sends and receives";
}

/// All ranks of the circle but one do what other ranks did as well: that one departed from its program.
/// Changes nothing when the other ranks do not tell.
void blame_odd_one(Scene& scene, const std::vector<int>& component, Finding& finding) {
  Programs programs(scene.evidence);
  Ranks odd;
  bool has_usual = false;
  for (const int node : component) {
    const Record* call = first_call(scene, node);
    if (call == nullptr) continue;
    const RankId rank = scene.waits.rank_of(node);
    const bool is_usual = programs.like(rank, *call, Programs::Calls::all).size() > 1;
    has_usual = has_usual || is_usual;
    if (!is_usual && (odd.empty() || odd.back() != rank)) odd.push_back(rank);
  }
  if (odd.size() != 1 || !has_usual) return;
  const auto departure = programs.departure(odd.front());
  if (!departure) return;
  const Evidence& evidence = scene.evidence;
  const auto side = [&](RankId rank, const Record& call) {
    return FoundSide{
        {rank}, call_text(evidence, rank, call), label_text(evidence, call), place_text(evidence, call)};
  };
  finding.alternatives = {finding.blamed};
  finding.blamed = odd;
  finding.relation = Relation::edge;
  finding.certainty = Certainty::likely;
  finding.sides = {side(odd.front(), *departure->call), side(departure->witness, *departure->witness_call)};
  finding.summary = fmt::format(
      "{{who}} made {} where rank {}, which had made the same calls so far, made {}; now ranks wait for each "
      "other around a circle.",
      finding.sides.front().call, departure->witness, finding.sides.back().call);
  if (is_transfer(*departure->witness_call) && finding.code == Code::P2P_CYCLE) {
    finding.code =
        departure->witness_call->call == CallKind::send ? Code::P2P_UNMATCHED_RECV : Code::P2P_UNMATCHED_SEND;
  }
}

/// Ranks of a component, each once.
Ranks ranks_of(const Scene& scene, const std::vector<int>& component) {
  Ranks ranks;
  for (const int node : component) {
    const RankId rank = scene.waits.rank_of(node);
    if (rank != kNoRank) ranks.push_back(rank);
  }
  return RankSet(ranks).to_vector();
}

/// Who would post a name comes to that only after those who wait for it.
void blame_late_post(Scene& scene, const Circle& circle, const std::vector<int>& component,
                     Finding& finding) {
  const Awaited& awaited = *circle.awaited;
  const Ranks all = ranks_of(scene, component);
  const auto is_inside = [&](RankId rank) { return std::find(all.begin(), all.end(), rank) != all.end(); };
  Ranks posters = awaited.posters;
  std::erase_if(posters, [&](RankId rank) { return !is_inside(rank); });
  finding.code = Code::HOST_BLOCKED;
  finding.relation = Relation::cycle;
  finding.blamed = all;
  finding.sides = {host_side(scene, posters), host_side(scene, awaited.waiting)};
  const std::string& name = scene.evidence.histories().store.name(awaited.name);
  const char* wait = awaited.waiting.size() == 1 ? "waits" : "wait";
  finding.summary = fmt::format(
      "{{who}} waited for each other around a circle: {} posts '{}' only after {}, and {} {} for that.",
      ranks_text(posters), name, finding.sides[0].call, ranks_text(awaited.waiting), wait);
  finding.hint = fmt::format("Post '{}' on {} before {}, or await it later.", name, ranks_text(posters),
                             finding.sides[0].call);
  if (posters.size() * 2 >= all.size()) return;
  finding.relation = Relation::minority;
  finding.certainty = Certainty::likely;
  finding.alternatives = {RankSet(all).without(RankSet(posters)).to_vector()};
  finding.summary = fmt::format("{{who}} came to {} before posting '{}', for which {} {} first.",
                                finding.sides[0].call, name, ranks_text(awaited.waiting), wait);
  finding.blamed = std::move(posters);
}

void report(Scene& scene, const Circle& circle, const std::vector<int>& component, Findings& findings) {
  Finding finding;
  finding.cause = Cause::cycle;
  finding.nodes = component;
  finding.edges = edges_of(scene, circle.nodes);
  finding.certainty = circle.is_certain ? Certainty::certain : Certainty::likely;
  if (circle.creation != nullptr) {
    blame_creation(scene, *circle.creation, component, finding);
  } else if (circle.awaited != nullptr) {
    blame_late_post(scene, circle, component, finding);
  } else {
    std::optional<Code> hosts = code_of_hosts(scene, component);
    if (!hosts && are_first_messages(scene, circle.nodes)) hosts = Code::COMM_INIT_CYCLE;
    const bool has_slot_wait = waits_for_slot(scene, component);
    const bool has_groups = circle.has_collective || has_slot_wait;
    finding.code = hosts.value_or(has_groups ? Code::COMM_ORDER_CYCLE : Code::P2P_CYCLE);
    finding.relation = Relation::cycle;
    for (const int node : component) {
      const RankId rank = scene.waits.rank_of(node);
      if (rank != kNoRank) finding.blamed.push_back(rank);
    }
    finding.sides = sides_of(scene, component);
    finding.summary = fmt::format("{{who}} waited for each other around a circle of {}.",
                                  circle_text(circle, hosts, has_slot_wait));
    if (hosts == Code::COMM_INIT_CYCLE && has_opposite_orders(scene, circle.nodes)) {
      finding.code = Code::COMM_ORDER_CYCLE;
      finding.hint = code_info(Code::COMM_INIT_CYCLE).fix;
    }
    const bool are_places = hosts && hosts != Code::COMM_INIT_CYCLE;
    const bool is_told = blame_by_order(scene, component, finding) ||
                         (are_places && blame_by_place(scene, component, finding));
    if (!is_told) blame_odd_one(scene, component, finding);
  }
  findings.push_back(std::move(finding));
}

}  // namespace

void find_cycles(Scene& scene, Findings& findings) {
  const std::vector<int> component_of = scene.waits.graph.components();
  std::map<int, std::vector<int>> components;
  std::vector<int> sizes(component_of.size(), 0);
  for (const int component : component_of) ++sizes[static_cast<std::size_t>(component)];
  for (int node = 0; node < scene.waits.graph.size(); ++node) {
    const int component = component_of[static_cast<std::size_t>(node)];
    if (sizes[static_cast<std::size_t>(component)] > 1) components[component].push_back(node);
  }
  for (const auto& [component, nodes] : components) {
    const Circle circle = look_at(scene, scene.waits.graph.short_cycle(component_of, nodes));
    report(scene, circle, nodes, findings);
  }
}

}  // namespace gridlock
