#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/programs.h"

namespace gridlock {
namespace {

/// Pairs of ranks that are compared: a circle through thousands of ranks has one cause.
constexpr int kPairMax = 256;

/// The collectives of a rank on groups that another one is in as well, from where both histories know them.
CallList shared_calls(Evidence& evidence, RankId rank, RankId other) {
  CallList list;
  std::map<InstanceId, std::int32_t> first;
  for (const Record* record : evidence.histories().store.records(evidence.last_node(rank))) {
    if (!is_collective(*record)) continue;
    const InstanceId instance = evidence.instance(*record, rank);
    if (instance == InstanceId::none || !evidence.members(instance).contains(other)) continue;
    const auto [entry, added] = first.try_emplace(instance, 0);
    if (added) {
      const CallList& theirs = evidence.collectives(other, instance);
      entry->second = theirs.calls.empty() ? 0 : theirs.calls.front()->sequence;
    }
    if (record->sequence >= entry->second) list.calls.push_back(record);
  }
  list.made = list.calls.size();
  return list;
}

/// One rank departs from another in the order of their common calls: which one is to blame, and how.
struct Departed {
  RankId blamed = kNoRank;
  RankId usual = kNoRank;
  bool left_out = true;
  /// What each of them called there.
  const Record* blamed_call = nullptr;
  const Record* usual_call = nullptr;
};

std::optional<Departed> compare(Scene& scene, Programs& programs, RankId usual, RankId odd) {
  const CallList theirs = shared_calls(scene.evidence, usual, odd);
  const CallList mine = shared_calls(scene.evidence, odd, usual);
  const std::optional<Alignment> alignment = align_across_groups(theirs, mine);
  if (!alignment || alignment->departure == Departure::reordered ||
      alignment->departure == Departure::substituted)
    return std::nullopt;
  const Record& usual_call = *theirs.calls[alignment->index];
  const Record& odd_call = *mine.calls[alignment->index];
  const std::size_t for_usual = programs.like(usual, usual_call).size();
  const std::size_t for_odd = programs.like(odd, odd_call).size();
  const bool skipped = alignment->departure == Departure::skipped;
  // Where the other ranks do not tell, the one that made fewer calls is the one that others wait for.
  const bool odd_is_wrong = for_usual != for_odd ? for_usual > for_odd : skipped;
  if (odd_is_wrong) return Departed{odd, usual, skipped, &odd_call, &usual_call};
  return Departed{usual, odd, !skipped, &usual_call, &odd_call};
}

void report(Scene& scene, const Meeting& meeting, const Departed& departed, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  Finding finding;
  finding.code = departed.left_out ? Code::COLL_MISSING_RANK : Code::COLL_SEQUENCE_SHIFT;
  finding.cause = Cause::missing;
  finding.certainty = Certainty::likely;
  finding.relation = Relation::edge;
  finding.blamed = {departed.blamed};
  finding.alternatives = {{departed.usual}};
  finding.nodes = {meeting.node};
  finding.sequence = meeting.sequence;
  finding.sides = {side_of(evidence, departed.blamed, *departed.blamed_call),
                   side_of(evidence, departed.usual, *departed.usual_call)};
  const std::string wait = short_call_text(evidence, meeting.starter, *meeting.call);
  finding.summary =
      departed.left_out
          ? fmt::format(
                "{{who}} left out {} and went on to {}; what it calls there later comes too late for "
                "rank {}, which waits in {}.",
                short_call_text(evidence, departed.usual, *departed.usual_call),
                short_call_text(evidence, departed.blamed, *departed.blamed_call), meeting.starter, wait)
          : fmt::format("{{who}} made {} in addition, where rank {} went on to {}.",
                        short_call_text(evidence, departed.blamed, *departed.blamed_call), departed.usual,
                        short_call_text(evidence, departed.usual, *departed.usual_call));
  finding.edges = {{{meeting.starter}, {departed.blamed}, "in " + wait}};
  findings.push_back(std::move(finding));
}

}  // namespace

/// A circle of ranks in which the call that one waits for stands behind the call that another one is stuck
/// in, or has not been made: either they use their groups in different orders, or one of them left out (or
/// added) a call and later calls of it take the place. The order of the calls that both have in common tells.
void find_skipped_calls(Scene& scene, Findings& findings) {
  if (scene.evidence.has_plans()) return;
  const std::vector<int> component_of = scene.waits.graph.components();
  const auto component = [&](int node) { return component_of[static_cast<std::size_t>(node)]; };
  Programs programs(scene.evidence);
  int pairs = 0;
  for (const Meeting& meeting : scene.waits.meetings) {
    for (const MemberCall& member : meeting.members) {
      const bool is_queued = member.presence == Presence::queued;
      if (!is_queued && member.presence != Presence::absent) continue;
      if (component(is_queued ? member.head_node : member.host) != component(meeting.node)) continue;
      if (++pairs > kPairMax) return;
      const auto departed = compare(scene, programs, meeting.starter, member.rank);
      // The call that the other one is missed in is reported where that one waits.
      if (departed && departed->blamed == member.rank) report(scene, meeting, *departed, findings);
    }
  }
}

}  // namespace gridlock
