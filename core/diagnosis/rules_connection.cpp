#include <fmt/format.h>

#include <algorithm>

#include "core/diagnosis/coming.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

Code code_of(const Scene& scene, const HostMeeting& meeting) {
  switch (scene.evidence.host_state(meeting.host)) {
    case HostState::creating:
      return Code::COMM_SPLIT_INCOMPLETE;
    case HostState::destroying:
      return Code::TEARDOWN_ORDER_MISMATCH;
    default:
      return Code::COMM_INIT_MISSING_RANK;
  }
}

const char* what_is_missed(Code code) {
  if (code == Code::COMM_SPLIT_INCOMPLETE) return "never came to";
  return code == Code::TEARDOWN_ORDER_MISMATCH ? "never destroyed the group and left the others in"
                                               : "never used the group, whose communicator is made by";
}

FoundSide side_of(Scene& scene, const HostMeeting& meeting) {
  FoundSide side{meeting.waiting, position_text(scene.evidence, meeting.host), "", ""};
  if (const Record* last = scene.evidence.host_last(meeting.host)) {
    side.label = label_text(scene.evidence, *last);
    side.place = place_text(scene.evidence, *last);
  }
  return side;
}

/// Where the ranks that never come are instead.
FoundSide side_elsewhere(Scene& scene, const Ranks& never) {
  const bool is_elsewhere = is_waiting(scene.evidence.state(never.front()));
  return {never, is_elsewhere ? position_text(scene.evidence, never.front()) : "nothing more on the group",
          "", ""};
}

void report(Scene& scene, const HostMeeting& meeting, const Ranks& never, Findings& findings) {
  Finding finding;
  finding.code = code_of(scene, meeting);
  finding.cause = Cause::missing;
  finding.nodes = {meeting.node};
  const std::string where = position_text(scene.evidence, meeting.host);
  finding.sides = {side_elsewhere(scene, never), side_of(scene, meeting)};
  finding.edges = {{meeting.waiting, never, "in " + where}};
  if (never.size() > meeting.waiting.size()) {
    // Most members agree not to be there: those that are there are odd.
    finding.relation = Relation::minority;
    finding.blamed = meeting.waiting;
    finding.alternatives = {never};
    finding.certainty = Certainty::likely;
    finding.summary =
        fmt::format("Only {{who}} came to {}, which all members have to come to; most are at {}.", where,
                    finding.sides.front().call);
    std::swap(finding.sides[0], finding.sides[1]);
  } else {
    finding.relation = never.size() < meeting.waiting.size() ? Relation::minority : Relation::edge;
    finding.blamed = never;
    if (finding.relation == Relation::edge) {
      finding.alternatives = {meeting.waiting};
      finding.certainty = Certainty::likely;
    }
    finding.summary =
        fmt::format("{{who}} {} {}, where {} {}.", what_is_missed(finding.code), where,
                    ranks_text(meeting.waiting), meeting.waiting.size() == 1 ? "waits" : "wait");
  }
  findings.push_back(std::move(finding));
}

/// Whether the ranks of a split wait for one that is in another call on the group that is split, which they
/// have not made: a split takes its place among the calls of that group, so that it did not come there.
bool is_past_the_split(Scene& scene, const HostMeeting& meeting, RankId rank) {
  const RankId splitting = meeting.waiting.front();
  const Record* split = scene.evidence.last(splitting);
  if (split == nullptr || split->kind != RecordKind::split || !is_waiting(scene.evidence.state(rank)))
    return false;
  const CallList& calls = scene.evidence.collectives(rank, meeting.instance);
  if (calls.made == 0) return false;
  const Record& last = *calls.calls[calls.made - 1];
  return scene.evidence.is_open(rank, last) &&
         scene.evidence.collectives(splitting, meeting.instance).find(last.sequence, false) == nullptr;
}

bool is_aborted(const Evidence& evidence, RankId rank, InstanceId instance) {
  const HistoryStore& store = evidence.histories().store;
  for (HistoryNode node = evidence.last_node(rank); node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.kind == RecordKind::abort && !record.rejected && evidence.instance(record, rank) == instance)
      return true;
  }
  return false;
}

}  // namespace

void find_incomplete_host_meetings(Scene& scene, Findings& findings) {
  for (const HostMeeting& meeting : scene.waits.host_meetings) {
    Ranks never;
    for (const RankId rank : meeting.absent) {
      if (scene.evidence.is_gone(rank)) continue;
      const HostState state = scene.evidence.state(rank);
      const bool makes_communicator = code_of(scene, meeting) == Code::COMM_INIT_MISSING_RANK;
      const bool never_comes = makes_communicator
                                   ? is_coming_to_group(scene.evidence, rank, meeting.instance) == Coming::no
                                   : state == HostState::returned || is_past_the_split(scene, meeting, rank);
      if (never_comes) never.push_back(rank);
    }
    if (!never.empty()) report(scene, meeting, never, findings);
  }
}

void find_incomplete_aborts(Scene& scene, Findings& findings) {
  for (const Meeting& meeting : scene.waits.meetings) {
    Ranks aborted;
    Ranks waiting;
    for (const MemberCall& member : meeting.members) {
      if (is_aborted(scene.evidence, member.rank, meeting.instance)) {
        aborted.push_back(member.rank);
      } else if (member.presence == Presence::started) {
        waiting.push_back(member.rank);
      }
    }
    if (aborted.empty() || waiting.empty()) continue;
    Finding finding;
    finding.code = Code::ABORT_INCOMPLETE;
    finding.cause = Cause::missing;
    finding.relation = Relation::edge;
    finding.certainty = Certainty::likely;
    finding.blamed = waiting;
    finding.alternatives = {aborted};
    finding.nodes = {meeting.node};
    finding.sequence = meeting.sequence;
    const std::string call = short_call_text(scene.evidence, meeting.starter, *meeting.call);
    finding.summary =
        fmt::format("{{who}} did not abort the group of {}, which {} aborted.", call, ranks_text(aborted));
    finding.sides = {
        {waiting, call, label_text(scene.evidence, *meeting.call), place_text(scene.evidence, *meeting.call)},
        {aborted, "abort", "", ""}};
    finding.edges = {{waiting, aborted, "in " + call}};
    findings.push_back(std::move(finding));
  }
}

}  // namespace gridlock
