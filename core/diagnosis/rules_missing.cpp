#include <fmt/format.h>

#include <algorithm>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/coming.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/member_calls.h"
#include "core/diagnosis/programs.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// The members of a meeting by what is known of their part.
struct Attendance {
  Ranks present;
  /// Will never come, though they are alive or ended well.
  Ranks never;
  Ranks no_history;
  bool is_certain = true;
};

Attendance attendance_of(Scene& scene, const Meeting& meeting) {
  Attendance result;
  for (const MemberCall& member : meeting.members) {
    if (member.record != nullptr || member.presence == Presence::done || member.rank == meeting.starter) {
      result.present.push_back(member.rank);
    } else if (member.presence == Presence::unknown) {
      result.no_history.push_back(member.rank);
    } else if (!scene.evidence.is_gone(member.rank)) {
      const ComingAnswer answer =
          is_coming(scene.evidence, member.rank, meeting.instance, meeting.starter, *meeting.call);
      if (answer.coming != Coming::no) continue;
      result.never.push_back(member.rank);
      result.is_certain = result.is_certain && answer.is_certain;
    }
  }
  return result;
}

void blame(const Attendance& attendance, Finding& finding) {
  const std::size_t never = attendance.never.size();
  const std::size_t present = attendance.present.size();
  finding.blamed = attendance.never;
  finding.relation = never < present ? Relation::minority : Relation::edge;
  if (never == present && never > 1) {
    finding.relation = Relation::tie;
    finding.alternatives = {attendance.never, attendance.present};
    finding.blamed.insert(finding.blamed.end(), attendance.present.begin(), attendance.present.end());
  } else if (never > present) {
    // Most members agree that there is no such call: the ones that make it are odd.
    finding.relation = Relation::minority;
    finding.blamed = attendance.present;
    finding.alternatives = {attendance.never};
  }
  // Members without a history could stand on either side.
  const std::size_t largest = std::max(never, present);
  const bool can_change = largest * 2 <= never + present + attendance.no_history.size();
  finding.certainty = !attendance.is_certain || (!attendance.no_history.empty() && can_change)
                          ? Certainty::likely
                          : Certainty::certain;
}

/// Ranks of other groups that run the program of one side, where they decide who is odd.
struct Witnesses {
  std::size_t for_present = 0;
  std::size_t for_never = 0;

  bool decide() const { return for_present + for_never > 0; }
  bool against_present() const { return for_never > for_present; }
};

/// Ranks that run the same program elsewhere tell whether a call was left out or is one too many, which the
/// members alone cannot tell in a group of two. One side has to have more than twice the ranks of the other,
/// its members counted too.
Witnesses ask_witnesses(Programs& programs, const Evidence& evidence, const Meeting& meeting,
                        const Attendance& attendance, Finding& finding) {
  const Members& members = evidence.members(meeting.instance);
  const auto for_present = programs.twins_outside(attendance.present.front(), members);
  const auto for_never = programs.twins_outside(attendance.never.front(), members);
  if (!for_present || !for_never) return {};
  const std::size_t present = attendance.present.size() + *for_present;
  const std::size_t never = attendance.never.size() + *for_never;
  if (std::max(present, never) <= 2 * std::min(present, never)) return {};
  const Ranks& odd = present < never ? attendance.present : attendance.never;
  const Ranks& right = present < never ? attendance.never : attendance.present;
  if (finding.relation != Relation::tie && finding.blamed == odd) return {};
  finding.relation = Relation::minority;
  finding.blamed = odd;
  finding.alternatives = {right};
  finding.certainty = Certainty::likely;
  return {*for_present, *for_never};
}

/// Where a culprit is now.
std::string whereabouts(Scene& scene, RankId rank) {
  return fmt::format("; rank {} is now at {}", rank, position_text(scene.evidence, rank));
}

std::string labelled(const Evidence& evidence, RankId rank, const Record& call) {
  const std::string label = label_text(evidence, call);
  return short_call_text(evidence, rank, call) + (label.empty() ? "" : " (" + label + ")");
}

/// What the witnesses say, where they decided.
std::string summary_by(Scene& scene, const Meeting& meeting, const Witnesses& witnesses, std::size_t parted) {
  const Record* call = scene.evidence.collectives(meeting.starter, meeting.instance)
                           .find(static_cast<std::int32_t>(parted), true);
  const std::string text = labelled(scene.evidence, meeting.starter, call != nullptr ? *call : *meeting.call);
  if (witnesses.against_present()) {
    return fmt::format(
        "{{who}} made {} in addition: {} ranks of other groups run the program of the other members, without "
        "it.",
        text, witnesses.for_never);
  }
  return fmt::format("{{who}} left out {}: {} ranks of other groups make it, as {} does.", text,
                     witnesses.for_present, ranks_text(Ranks{meeting.starter}));
}

std::string summary_of(Scene& scene, const Meeting& meeting, const Finding& finding, std::size_t parted) {
  const std::string wait = short_call_text(scene.evidence, meeting.starter, *meeting.call);
  if (finding.relation == Relation::tie) {
    return fmt::format("Half of the members of the group make {}, the other half never does: it is a tie.",
                       wait);
  }
  if (finding.blamed.front() == meeting.starter) {
    return fmt::format("Only {{who}} made {}; most members never make it.", wait);
  }
  const Record* left_out = scene.evidence.collectives(meeting.starter, meeting.instance)
                               .find(static_cast<std::int32_t>(parted), true);
  if (parted == static_cast<std::size_t>(meeting.sequence) || left_out == nullptr) {
    return fmt::format("{{who}} never made {}, in which {} waits{}.", wait,
                       ranks_text(Ranks{meeting.starter}), whereabouts(scene, finding.blamed.front()));
  }
  return fmt::format("{{who}} left out {}; later calls took its place, so the wait shows only in {}{}.",
                     labelled(scene.evidence, meeting.starter, *left_out), wait,
                     whereabouts(scene, finding.blamed.front()));
}

/// Whether the rank waits for a message that one of those present never makes: that was missing before the
/// rank could come, whether it would have or not.
bool is_held(Scene& scene, RankId rank, const Ranks& present) {
  if (!is_waiting(scene.evidence.state(rank))) return false;
  return std::any_of(
      scene.waits.transfers.begin(), scene.waits.transfers.end(), [&](const Transfer& transfer) {
        const MemberCall& theirs = transfer.theirs;
        return scene.waits.heads[static_cast<std::size_t>(transfer.head)].rank == rank &&
               theirs.record == nullptr && theirs.presence != Presence::done &&
               std::binary_search(present.begin(), present.end(), theirs.rank) &&
               is_coming(scene.evidence, transfer.wanted, rank, *transfer.mine).coming == Coming::no;
      });
}

void report_missing(Scene& scene, Programs& programs, const Meeting& meeting, const Attendance& attendance,
                    Findings& findings) {
  Finding finding;
  finding.cause = Cause::missing;
  finding.nodes = {meeting.node};
  finding.sequence = meeting.sequence;
  blame(attendance, finding);
  const Witnesses witnesses = ask_witnesses(programs, scene.evidence, meeting, attendance, finding);
  const auto alignment = align_members(scene.evidence, meeting, meeting.starter, attendance.never.front());
  const bool is_earlier = alignment && alignment->departure == Departure::skipped;
  // Where later calls would meet unlike ones, the ranks are shifted against each other; where all would pair
  // up, only the number differs.
  const bool is_shifted = arguments_part(scene.evidence, meeting, meeting.starter, attendance.never.front());
  finding.code = is_shifted ? Code::COLL_SEQUENCE_SHIFT : Code::COLL_MISSING_RANK;
  const std::size_t parted = is_earlier ? alignment->index : static_cast<std::size_t>(meeting.sequence);
  finding.sides = {side_at(scene.evidence, meeting, attendance.never, parted),
                   side_at(scene.evidence, meeting, attendance.present, parted)};
  if (finding.blamed.front() == attendance.present.front()) std::swap(finding.sides[0], finding.sides[1]);
  finding.summary = witnesses.decide() ? summary_by(scene, meeting, witnesses, parted)
                                       : summary_of(scene, meeting, finding, parted);
  finding.edges = {{attendance.present, attendance.never,
                    "in " + short_call_text(scene.evidence, meeting.starter, *meeting.call)}};
  findings.push_back(std::move(finding));
}

void report_no_history(Scene& scene, const Meeting& meeting, const Attendance& attendance,
                       Findings& findings) {
  Finding finding;
  finding.code = Code::COLL_MISSING_RANK;
  finding.cause = Cause::no_history;
  finding.certainty = Certainty::undecided;
  finding.relation = Relation::edge;
  finding.blamed = attendance.no_history;
  finding.nodes = {meeting.node};
  finding.sequence = meeting.sequence;
  const std::string wait = short_call_text(scene.evidence, meeting.starter, *meeting.call);
  finding.summary = fmt::format("{} waits in {}; there is no history of {{who}} that could tell more.",
                                ranks_text(Ranks{meeting.starter}), wait);
  finding.sides = {
      {attendance.no_history, "no history", "", ""},
      side_at(scene.evidence, meeting, attendance.present, static_cast<std::size_t>(meeting.sequence))};
  finding.edges = {{attendance.present, attendance.no_history, "in " + wait}};
  findings.push_back(std::move(finding));
}

}  // namespace

void find_missing_members(Scene& scene, Findings& findings) {
  Programs programs(scene.evidence);
  for (const Meeting& meeting : scene.waits.meetings) {
    const Attendance attendance = attendance_of(scene, meeting);
    Ranks present = attendance.present;
    std::sort(present.begin(), present.end());
    const bool are_held = std::all_of(attendance.never.begin(), attendance.never.end(),
                                      [&](RankId rank) { return is_held(scene, rank, present); });
    if (!attendance.never.empty()) {
      if (!are_held) report_missing(scene, programs, meeting, attendance, findings);
    } else if (!attendance.no_history.empty()) {
      report_no_history(scene, meeting, attendance, findings);
    }
  }
}

}  // namespace gridlock
