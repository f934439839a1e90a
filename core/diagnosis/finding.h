#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/diagnosis/diagnosis.h"
#include "core/diagnosis/evidence.h"
#include "core/diagnosis/waits.h"

namespace gridlock {

/// Order of causes: an earlier one explains a later one that waits for it, or stands at the same place.
enum class Cause : std::uint8_t {
  failed_rank,
  exited_rank,
  creation,
  argument,
  missing,
  cycle,
  timeout,
  no_history,
  blocked
};

/// One side of the first divergence.
struct FoundSide {
  std::vector<RankId> ranks;
  std::string call;
  std::string label;
  std::string place;
};

/// A wait that a finding rests on, before its ranks are made a set.
struct FoundEdge {
  std::vector<RankId> from;
  std::vector<RankId> to;
  std::string reason;
};

/// A diagnosis before it is known whether it is a cause or a consequence, and in how many equal groups it
/// happened. Texts about ranks are made when equal findings have been merged.
struct Finding {
  Code code = Code::HOST_BLOCKED;
  Cause cause = Cause::blocked;
  Severity severity = Severity::error;
  Certainty certainty = Certainty::certain;
  Relation relation = Relation::owner;
  std::vector<RankId> blamed;
  std::vector<std::vector<RankId>> alternatives;
  std::vector<FoundSide> sides;
  std::vector<FoundEdge> edges;
  /// "{who}" stands for the blamed ranks.
  std::string summary;
  /// Nodes of Waits at which it happens: whoever waits for one of them is explained by this finding.
  std::vector<int> nodes;
  /// Place in the order of its group, for the earliest of equal causes.
  std::int64_t sequence = 0;
  /// Place of the parting in the program of the blamed rank, for the earliest of its own: place_of(). -1
  /// where nobody asked.
  std::int64_t place = -1;
  /// What is the same for findings about transfers in replicas of one group, whose texts name other ranks.
  /// Empty: the texts tell.
  std::string shape;
  /// What to change, where it is not what the code usually asks for.
  std::string hint;
};

/// What rules look at.
struct Scene {
  Evidence& evidence;
  Waits& waits;
  /// Index = node: somebody waits for it.
  std::vector<bool> is_awaited;
};

using Findings = std::vector<Finding>;

/// The stream's head that a transfer is at.
const Head& head_of(const Scene& scene, const Transfer& transfer);

/// Whether a host stands in the first message of a pair although the other end of each of its messages is
/// there: its peer connected the directions that its own batch named, and those are others.
bool is_crossed(const Scene& scene, const Transfer& transfer);

/// From here on a place is behind all calls of the rank.
inline constexpr std::int64_t kBehindProgram = std::int64_t{1} << 40;
/// Where in the program of `rank` the call stands that it made instead; where it made none, behind all its
/// calls, in the order in which `waiting` comes to the call that it waits for. Counts what the call's thread
/// did: how threads took turns says nothing. O(calls of the rank).
std::int64_t place_of(const Evidence& evidence, RankId rank, const Record* instead, RankId waiting,
                      const Record& awaited);

/// One rank's call as a side of a divergence.
FoundSide side_of(const Evidence& evidence, RankId rank, const Record& call);

/// Finding::shape about a send or recv of `rank`: equal at the same places of the groups of one family.
std::string transfer_shape(const Evidence& evidence, RankId rank, const Record& call);

/// The rules. Each adds what it finds; none knows of the others.
void find_gone_ranks(Scene& scene, Findings& findings);
void find_suspended_ranks(Scene& scene, Findings& findings);
void find_refused_calls(Scene& scene, Findings& findings);
void find_blocked_hosts(Scene& scene, Findings& findings);
void find_awaited_names(Scene& scene, Findings& findings);
/// Ranks that left because what they awaited on the host came as an error or not in time.
void find_unmet_awaits(Scene& scene, Findings& findings);
void find_creation_divergence(Scene& scene, Findings& findings);
void find_making_divergence(Scene& scene, Findings& findings);
void find_membership_divergence(Scene& scene, Findings& findings);
void find_missing_creators(Scene& scene, Findings& findings);
void find_argument_mismatches(Scene& scene, Findings& findings);
void find_missing_members(Scene& scene, Findings& findings);
void find_skipped_calls(Scene& scene, Findings& findings);
void find_transfer_mismatches(Scene& scene, Findings& findings);
void find_unmatched_transfers(Scene& scene, Findings& findings);
/// Circles of ranks in which two ends of a pair make unlike numbers of messages.
void find_shifted_transfers(Scene& scene, Findings& findings);
/// Circles of ranks in which members of a group make unlike numbers of collectives.
void find_shifted_members(Scene& scene, Findings& findings);
void find_cycles(Scene& scene, Findings& findings);
void find_incomplete_host_meetings(Scene& scene, Findings& findings);
void find_grouping_mismatches(Scene& scene, Findings& findings);
void find_incomplete_aborts(Scene& scene, Findings& findings);
void find_silent_transfers(Scene& scene, Findings& findings);
/// Messages that were sent and never received, in a run in which nobody waits.
void find_unreceived(Scene& scene, Findings& findings);
/// Work that was simply longer than its timeout.
void find_late_work(Scene& scene, Findings& findings);

/// Every host that waits and that no finding explains, `explained` by node: a stall is never left without a
/// word.
void find_unexplained(Scene& scene, const std::vector<bool>& explained, Findings& findings);
/// Calls that met, agree in all that the library compares, and were not meant for each other: by what the
/// program notes of them (CallNotes). For runs in which nothing else is wrong.
void find_unlike_notes(Scene& scene, Findings& findings);
/// Warnings that do not depend on how the run ended.
std::vector<Diagnosis> find_rank_order_surprises(const Histories& histories);
std::vector<Diagnosis> find_sorted_members(const Evidence& evidence);
std::vector<Diagnosis> find_other_devices(const Evidence& evidence);
/// Warnings about runs in which every program ended.
void warn_of_labels(Evidence& evidence, std::vector<Diagnosis>& warnings);
void warn_of_call_orders(Evidence& evidence, std::vector<Diagnosis>& warnings);
std::vector<Diagnosis> find_buffer_races(Evidence& evidence);
/// Groups that two threads of a rank use without an order.
std::vector<Diagnosis> find_shared_groups(Evidence& evidence);
/// Ranks with a batch that a library may have to run in parts, which then depend on the rank.
std::vector<Diagnosis> find_large_batches(const Histories& histories);

}  // namespace gridlock
