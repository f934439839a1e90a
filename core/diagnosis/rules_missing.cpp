#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/call_counts.h"
#include "core/diagnosis/coming.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/label_counts.h"
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
  /// All would come to the call, and differ in how many they make in all.
  bool is_by_counts = false;
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

/// Where those that are not there would come to some call, and only make another number of them in all: the
/// members by that number, which has to be known of all and to be one of two.
std::optional<Attendance> attendance_by_counts(Evidence& evidence, const Meeting& meeting) {
  std::map<std::size_t, Ranks> by_count;
  for (const MemberCall& member : meeting.members) {
    const auto count = total_calls(evidence, member.rank, meeting.instance);
    if (!count) return std::nullopt;
    by_count[*count].push_back(member.rank);
  }
  if (by_count.size() != 2) return std::nullopt;
  return Attendance{by_count.rbegin()->second, by_count.begin()->second, {}, false, true};
}

void blame(const Attendance& attendance, Finding& finding) {
  const std::size_t never = attendance.never.size();
  const std::size_t present = attendance.present.size();
  finding.blamed = attendance.never;
  finding.relation = never < present ? Relation::minority : Relation::edge;
  if (never == present) finding.alternatives = {attendance.present};
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
  const bool is_one_reading = finding.relation != Relation::edge || never != present;
  finding.certainty =
      !attendance.is_certain || !is_one_reading || (!attendance.no_history.empty() && can_change)
          ? Certainty::likely
          : Certainty::certain;
}

/// What runs elsewhere and tells who is odd.
struct Witnesses {
  enum class Kind : std::uint8_t { none, ranks, groups, labels };
  Kind kind = Kind::none;
  /// How many there are of those that are right.
  std::size_t count = 0;
  bool against_present = false;

  bool decide() const { return kind != Kind::none; }
};

/// Ranks that run the same program elsewhere tell whether a call was left out or is one too many, which the
/// members alone cannot tell in a group of two. One side has to have more than twice the ranks of the other,
/// its members counted too.
Witnesses ask_twins(Programs& programs, const Evidence& evidence, const Meeting& meeting,
                    const Attendance& attendance) {
  const Members& members = evidence.members(meeting.instance);
  const auto for_present = programs.twins_outside(attendance.present.front(), members);
  const auto for_never = programs.twins_outside(attendance.never.front(), members);
  if (!for_present || !for_never) return {};
  const std::size_t present = attendance.present.size() + *for_present;
  const std::size_t never = attendance.never.size() + *for_never;
  const std::size_t right = present < never ? *for_never : *for_present;
  if (right == 0 || std::max(present, never) <= 2 * std::min(present, never)) return {};
  return {Witnesses::Kind::ranks, right, present < never};
}

/// The same by the other groups of the family, whose members agree on how many calls they make: stages of a
/// pipeline run programs of their own, and still count alike.
Witnesses ask_groups(Evidence& evidence, const Meeting& meeting, const Attendance& attendance) {
  const auto present = total_calls(evidence, attendance.present.front(), meeting.instance);
  const auto never = total_calls(evidence, attendance.never.front(), meeting.instance);
  if (!present || !never) return {};
  const auto counts = counts_of_family(evidence, meeting.call->group, meeting.instance);
  const auto votes = [&](std::size_t count) {
    return static_cast<std::size_t>(std::count(counts.begin(), counts.end(), count));
  };
  const std::size_t for_present = votes(*present);
  const std::size_t for_never = votes(*never);
  if (for_present == for_never) return {};
  return {Witnesses::Kind::groups, std::max(for_present, for_never), for_never > for_present};
}

/// The same by the labels of the two sides: one call stands twice under one name.
Witnesses ask_labels(Evidence& evidence, const Meeting& meeting, const Attendance& attendance) {
  const CallList& more = evidence.collectives(attendance.present.front(), meeting.instance);
  const CallList& fewer = evidence.collectives(attendance.never.front(), meeting.instance);
  if (!has_one_twice(evidence.histories().sites, more, fewer)) return {};
  return {Witnesses::Kind::labels, 0, true};
}

/// Blames the side that witnesses speak against, where they decide otherwise than the members.
Witnesses ask_witnesses(Scene& scene, Programs& programs, const Meeting& meeting,
                        const Attendance& attendance, Finding& finding) {
  Witnesses witnesses = ask_twins(programs, scene.evidence, meeting, attendance);
  if (!witnesses.decide() && finding.relation != Relation::minority)
    witnesses = ask_groups(scene.evidence, meeting, attendance);
  if (!witnesses.decide() && finding.relation != Relation::minority)
    witnesses = ask_labels(scene.evidence, meeting, attendance);
  if (!witnesses.decide()) return {};
  const Ranks& odd = witnesses.against_present ? attendance.present : attendance.never;
  const Ranks& right = witnesses.against_present ? attendance.never : attendance.present;
  if (finding.relation != Relation::tie && finding.blamed == odd) {
    // They confirm it.
    finding.alternatives.clear();
    if (attendance.is_certain && attendance.no_history.empty()) finding.certainty = Certainty::certain;
    return {};
  }
  finding.relation = Relation::minority;
  finding.blamed = odd;
  finding.alternatives = {right};
  finding.certainty = Certainty::likely;
  return witnesses;
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
std::string summary_by(const Witnesses& witnesses, const Attendance& attendance, const std::string& call) {
  const std::string verb = witnesses.against_present ? "made" : "left out";
  const std::string with = witnesses.against_present ? "without" : "with";
  const Ranks& right = witnesses.against_present ? attendance.never : attendance.present;
  const std::string what =
      fmt::format("{{who}} {} {}{}", verb, call, witnesses.against_present ? " in addition" : "");
  if (witnesses.kind == Witnesses::Kind::labels) {
    return fmt::format("{}: {} made it once, and other calls have a name of their own.", what,
                       ranks_text(right));
  }
  if (witnesses.kind == Witnesses::Kind::ranks) {
    return fmt::format("{}: {} ranks of other groups run the program of {}, {} it.", what, witnesses.count,
                       ranks_text(right), with);
  }
  return fmt::format("{}: {} as many calls as {}, {} it.", what,
                     witnesses.count == 1
                         ? "another group of the family makes"
                         : fmt::format("{} other groups of the family make", witnesses.count),
                     ranks_text(right), with);
}

/// All members would come to the call, and some make more calls in all.
std::string summary_by_counts(Scene& scene, const Meeting& meeting, const Attendance& attendance,
                              const Finding& finding, const std::string& call) {
  const bool is_additional = finding.blamed == attendance.present;
  const Ranks& right = is_additional ? attendance.never : attendance.present;
  const auto count = [&](RankId rank) {
    return total_calls(scene.evidence, rank, meeting.instance).value_or(0);
  };
  return fmt::format(
      "{{who}} {} {}{}: {} calls on the group, where {} {} {}. Later calls take the place of it.",
      is_additional ? "made" : "left out", call, is_additional ? " in addition" : "",
      count(finding.blamed.front()), ranks_text(right), right.size() == 1 ? "makes" : "make",
      count(right.front()));
}

std::string summary_of(Scene& scene, const Meeting& meeting, const Attendance& attendance,
                       const Witnesses& witnesses, const Finding& finding, std::size_t parted) {
  const std::string wait = short_call_text(scene.evidence, meeting.starter, *meeting.call);
  const RankId caller = attendance.present.front();
  const Record* parting =
      scene.evidence.collectives(caller, meeting.instance).find(static_cast<std::int32_t>(parted), true);
  const std::string call = labelled(scene.evidence, caller, parting != nullptr ? *parting : *meeting.call);
  if (witnesses.decide()) return summary_by(witnesses, attendance, call);
  if (finding.relation == Relation::tie) {
    return fmt::format("Half of the members of the group make {}, the other half never does: it is a tie.",
                       wait);
  }
  if (attendance.is_by_counts) return summary_by_counts(scene, meeting, attendance, finding, call);
  if (finding.blamed.front() == meeting.starter) {
    return fmt::format("Only {{who}} made {}; most members never make it.", wait);
  }
  if (parted == static_cast<std::size_t>(meeting.sequence) || parting == nullptr) {
    return fmt::format("{{who}} never made {}, in which {} waits{}.", wait,
                       ranks_text(Ranks{meeting.starter}), whereabouts(scene, finding.blamed.front()));
  }
  return fmt::format("{{who}} left out {}; later calls took its place, so the wait shows only in {}{}.", call,
                     wait, whereabouts(scene, finding.blamed.front()));
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
  const Witnesses witnesses = ask_witnesses(scene, programs, meeting, attendance, finding);
  const RankId present = attendance.present.front();
  const RankId never = attendance.never.front();
  const auto alignment = align_members(scene.evidence, meeting, present, never);
  const bool is_earlier = alignment && alignment->departure == Departure::skipped;
  // Where later calls would meet unlike ones, the ranks are shifted against each other; where all would pair
  // up, only the number differs.
  const bool is_shifted = arguments_part(scene.evidence, meeting, present, never);
  finding.code = is_shifted ? Code::COLL_SEQUENCE_SHIFT : Code::COLL_MISSING_RANK;
  const std::size_t parted = is_earlier ? alignment->index : static_cast<std::size_t>(meeting.sequence);
  finding.sides = {side_at(scene.evidence, meeting, attendance.never, parted),
                   side_at(scene.evidence, meeting, attendance.present, parted)};
  if (finding.blamed.front() == present) std::swap(finding.sides[0], finding.sides[1]);
  finding.summary = summary_of(scene, meeting, attendance, witnesses, finding, parted);
  const Record* instead = scene.evidence.collectives(finding.blamed.front(), meeting.instance)
                              .find(static_cast<std::int32_t>(parted), true);
  finding.place = place_of(scene.evidence, finding.blamed.front(), instead, meeting.starter, *meeting.call);
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

/// Of each node, whether it is in a circle of waits.
std::vector<bool> nodes_in_circles(const WaitGraph& graph) {
  const std::vector<int> component_of = graph.components();
  std::vector<int> sizes(component_of.size(), 0);
  for (const int component : component_of) ++sizes[static_cast<std::size_t>(component)];
  std::vector<bool> result;
  for (const int component : component_of) result.push_back(sizes[static_cast<std::size_t>(component)] > 1);
  return result;
}

}  // namespace

void find_missing_members(Scene& scene, Findings& findings) {
  Programs programs(scene.evidence);
  for (const Meeting& meeting : scene.waits.meetings) {
    Attendance attendance = attendance_of(scene, meeting);
    if (!attendance.is_certain)
      attendance = attendance_by_counts(scene.evidence, meeting).value_or(std::move(attendance));
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

void find_shifted_members(Scene& scene, Findings& findings) {
  Programs programs(scene.evidence);
  const std::vector<bool> in_circle = nodes_in_circles(scene.waits.graph);
  for (const Meeting& meeting : scene.waits.meetings) {
    if (!in_circle[static_cast<std::size_t>(meeting.node)]) continue;
    const Attendance attendance = attendance_of(scene, meeting);
    if (!attendance.never.empty() || !attendance.no_history.empty()) continue;
    if (const auto by_counts = attendance_by_counts(scene.evidence, meeting))
      report_missing(scene, programs, meeting, *by_counts, findings);
  }
}

}  // namespace gridlock
