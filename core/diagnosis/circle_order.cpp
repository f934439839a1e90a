#include "core/diagnosis/circle_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "core/diagnosis/call_order.h"
#include "core/diagnosis/describe.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// Two collectives of a circle: one that a rank of it stands in, and one in which others wait for that rank.
struct Conflict {
  CallPlace here;
  CallPlace missed;
};

/// Conflicts that are looked at: a circle through thousands of ranks has one cause.
constexpr std::size_t kConflictMax = 64;

std::vector<Conflict> conflicts_of(Scene& scene, const std::vector<int>& component) {
  std::map<RankId, const Record*> stands_in;
  for (const int node : component) {
    const Record* call = first_call(scene, node);
    if (call != nullptr && is_collective(*call)) stands_in.try_emplace(scene.waits.rank_of(node), call);
  }
  std::vector<Conflict> list;
  std::set<std::pair<InstanceId, InstanceId>> known;
  for (const int node : component) {
    if (scene.waits.kind(node) != NodeKind::meeting) continue;
    const Meeting& meeting = scene.waits.meetings[static_cast<std::size_t>(scene.waits.index(node))];
    for (const MemberCall& member : meeting.members) {
      const bool is_missed = member.presence == Presence::absent || member.presence == Presence::queued;
      const auto found = is_missed ? stands_in.find(member.rank) : stands_in.end();
      if (found == stands_in.end()) continue;
      const Record& here = *found->second;
      const InstanceId instance = scene.evidence.instance(here, member.rank);
      if (instance == meeting.instance || !known.insert({instance, meeting.instance}).second) continue;
      const Record& missed = member.record != nullptr ? *member.record : *meeting.call;
      list.push_back(
          {{instance, here.group, here.sequence}, {meeting.instance, missed.group, meeting.sequence}});
      if (list.size() == kConflictMax) return list;
    }
  }
  return list;
}

std::string place_name(Scene& scene, RankId rank, const CallPlace& place) {
  const Record* call = scene.evidence.collectives(rank, place.instance).find(place.sequence, true);
  if (call != nullptr) return short_call_text(scene.evidence, rank, *call);
  return fmt::format("call #{} on {}", place.sequence + 1,
                     scene.evidence.histories().groups.name(place.group));
}

FoundSide order_side(Scene& scene, const Ranks& ranks, const CallPlace& first) {
  const InstanceId instance = scene.evidence.histories().groups.resolve(first.group, ranks.front());
  const Record* call = scene.evidence.collectives(ranks.front(), instance).find(first.sequence, true);
  if (call == nullptr) return {ranks, place_name(scene, ranks.front(), first), "", ""};
  return {ranks, call_text(scene.evidence, ranks.front(), *call), label_text(scene.evidence, *call),
          place_text(scene.evidence, *call)};
}

/// One conflict and who votes how about it.
struct Contest {
  Conflict conflict;
  OrderVotes votes;
};

std::string order_text(Scene& scene, const Contest& contest, bool is_first) {
  const RankId rank = is_first ? contest.votes.first.front() : contest.votes.second.front();
  const std::string here = place_name(scene, rank, contest.conflict.here);
  const std::string missed = place_name(scene, rank, contest.conflict.missed);
  return is_first ? here + " before " + missed : missed + " before " + here;
}

void blame_order(Scene& scene, const Contest& contest, Ranks odd, Finding& finding) {
  const bool odd_is_first = &contest.votes.minority() == &contest.votes.first;
  const Conflict& conflict = contest.conflict;
  std::sort(odd.begin(), odd.end());
  odd.erase(std::unique(odd.begin(), odd.end()), odd.end());
  finding.blamed = odd;
  finding.relation = Relation::minority;
  finding.sides = {
      order_side(scene, contest.votes.minority(), odd_is_first ? conflict.here : conflict.missed),
      order_side(scene, contest.votes.majority(), odd_is_first ? conflict.missed : conflict.here)};
  finding.sides.front().ranks = std::move(odd);
  finding.summary =
      fmt::format("{{who}} called {}, unlike {}; now ranks wait for each other around a circle.",
                  order_text(scene, contest, odd_is_first), ranks_text(contest.votes.majority()));
}

/// Adds who stands on which side of a tie, where it is about groups of the same families as the first one.
void add_sides(const Contest& first, const Contest& contest, std::vector<Ranks>& sides) {
  const auto is_same = [](const CallPlace& a, const CallPlace& b) { return a.group == b.group; };
  const Conflict& a = first.conflict;
  const Conflict& b = contest.conflict;
  const bool is_mirrored = is_same(a.here, b.missed) && is_same(a.missed, b.here);
  if (!is_mirrored && !(is_same(a.here, b.here) && is_same(a.missed, b.missed))) return;
  const auto add = [](Ranks& to, const Ranks& ranks) {
    to.insert(to.end(), ranks.begin(), ranks.end());
    std::sort(to.begin(), to.end());
    to.erase(std::unique(to.begin(), to.end()), to.end());
  };
  add(sides[0], is_mirrored ? contest.votes.second : contest.votes.first);
  add(sides[1], is_mirrored ? contest.votes.first : contest.votes.second);
}

/// Whether the two calls of a conflict are made by different threads of the rank: their order there is
/// nobody's program.
bool is_race(Scene& scene, RankId rank, const Conflict& conflict) {
  const Record* here =
      scene.evidence.collectives(rank, conflict.here.instance).find(conflict.here.sequence, true);
  const Record* missed =
      scene.evidence.collectives(rank, conflict.missed.instance).find(conflict.missed.sequence, true);
  return here != nullptr && missed != nullptr && here->thread != missed->thread;
}

void blame_threads(Scene& scene, const Contest& contest, Finding& finding) {
  Ranks all = contest.votes.first;
  all.insert(all.end(), contest.votes.second.begin(), contest.votes.second.end());
  std::sort(all.begin(), all.end());
  finding.blamed = all;
  finding.relation = Relation::all;
  finding.certainty = std::max(finding.certainty, Certainty::likely);
  finding.sides = {order_side(scene, contest.votes.first, contest.conflict.here),
                   order_side(scene, contest.votes.second, contest.conflict.missed)};
  finding.summary = fmt::format(
      "{{who}} call {} and {} from two threads each, in no order that the program fixes: {} came to the "
      "first one "
      "first, {} to the second, and now they wait for each other around a circle.",
      place_name(scene, contest.votes.first.front(), contest.conflict.here),
      place_name(scene, contest.votes.first.front(), contest.conflict.missed),
      ranks_text(contest.votes.first), ranks_text(contest.votes.second));
  finding.hint =
      "Fix the order of the threads' calls on every rank, or give each thread a stream and let the device "
      "run both.";
}

}  // namespace

const Record* first_call(const Scene& scene, int node) {
  if (scene.waits.kind(node) != NodeKind::head) return nullptr;
  const Head& head = scene.waits.heads[static_cast<std::size_t>(scene.waits.index(node))];
  return head.calls.empty() ? nullptr : head.calls.front();
}

bool blame_by_order(Scene& scene, const std::vector<int>& component, Finding& finding) {
  std::optional<Contest> decided;
  std::optional<Contest> tied;
  std::vector<Ranks> tied_sides(2);
  Ranks odd;
  bool by_replicas = false;
  const RankSet in_circle(finding.blamed);
  for (const Conflict& conflict : conflicts_of(scene, component)) {
    Contest contest{conflict, members_votes(scene.evidence, conflict.here, conflict.missed)};
    const bool is_contested = !contest.votes.first.empty() && !contest.votes.second.empty();
    if (is_contested && !contest.votes.has_majority()) {
      tied = tied.value_or(contest);
      add_sides(*tied, contest, tied_sides);
    }
    const bool needs_witnesses = !is_contested || !contest.votes.has_majority();
    if (needs_witnesses) {
      contest.votes = replicas_votes(scene.evidence, conflict.here, conflict.missed);
      by_replicas = true;
    }
    if (!contest.votes.has_majority() || contest.votes.minority().empty()) continue;
    Ranks fewer = contest.votes.minority();
    // Replicas elsewhere may have their reasons: they are witnesses, not suspects.
    if (needs_witnesses) std::erase_if(fewer, [&](RankId rank) { return !in_circle.contains(rank); });
    if (fewer.empty()) continue;
    odd.insert(odd.end(), fewer.begin(), fewer.end());
    if (!decided) decided = std::move(contest);
  }
  const Contest* contest = decided ? &*decided : tied ? &*tied : nullptr;
  const bool has_both = contest != nullptr && !contest->votes.first.empty() && !contest->votes.second.empty();
  if (has_both && is_race(scene, contest->votes.first.front(), contest->conflict)) {
    blame_threads(scene, *contest, finding);
    return true;
  }
  if (decided) {
    blame_order(scene, *decided, std::move(odd), finding);
    if (by_replicas) finding.certainty = std::max(finding.certainty, Certainty::likely);
    return true;
  }
  if (!tied) return false;
  finding.alternatives = std::move(tied_sides);
  const std::string first = order_text(scene, *tied, true);
  const std::string second = order_text(scene, *tied, false);
  // Groups without names that have the same members cannot be told apart in words.
  if (first != second) {
    finding.summary += fmt::format(" {} called {}, {} {}: it is a tie.", ranks_text(tied->votes.first), first,
                                   ranks_text(tied->votes.second), second);
  }
  return true;
}

}  // namespace gridlock
