#include <fmt/format.h>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/unmatched.h"

namespace gridlock {
namespace {

/// Pairs of a circle that are compared: one through thousands of ranks has one cause.
constexpr std::size_t kPairMax = 512;
/// Members of a group of which one is compared with all others.
constexpr GroupRank kMembersMax = 256;

/// Where a wait shows that has its cause elsewhere: `waiting` waits for `awaited` in `call`.
struct Shown {
  RankId waiting;
  RankId awaited;
  int node;
  std::string call;
};

/// Ranks wait for each other around a circle, and two ends of a pair in it make unlike numbers of calls:
/// later messages stand for one that was left out. Nothing where they make as many, or where not all is
/// known.
void report_shifted(Scene& scene, const TransferEnd& a, const TransferEnd& b, const Shown& shown,
                    Findings& findings) {
  Evidence& evidence = scene.evidence;
  if (!evidence.has_whole_plan(a.rank) || !evidence.has_whole_plan(b.rank)) return;
  const CallList of_a = evidence.transfers(a);
  const CallList of_b = evidence.transfers(b);
  if (of_a.calls.size() == of_b.calls.size()) return;
  const bool has_more = of_a.calls.size() > of_b.calls.size();
  const TransferEnd& more = has_more ? a : b;
  const TransferEnd& fewer = has_more ? b : a;
  const Record* beyond = has_more ? of_a.calls[of_b.calls.size()] : of_b.calls[of_a.calls.size()];
  const Transfer transfer{-1, beyond, fewer, {}};
  const Unmatched found{&transfer, more.rank, fewer.rank, shown.node, {Coming::no, false}, shown.call};
  const std::optional<Parting> parting = parting_of(evidence, found);
  const OddEndAnswer odd = find_odd_end(evidence, more.rank, fewer);
  Finding finding = about_unmatched(evidence, found);
  tell_sides(evidence, found, odd, parting, finding);
  finding.edges = {{{shown.waiting}, {shown.awaited}, "in " + shown.call}};
  if (odd.end == OddEnd::waiting || parting) {
    finding.summary = summary_of(scene, found, odd, parting);
  } else {
    finding.summary = fmt::format(
        "{{who}}: {} {} for the {} of rank {}; later ones take the place of what is left out, "
        "and the wait shows in {} of rank {}.",
        odd.peer_calls, found.is_send() ? "recvs" : "sends", odd.waiting_calls, more.rank, shown.call,
        shown.waiting);
  }
  findings.push_back(std::move(finding));
}

/// The messages between a rank and every other member of the group, both ways.
void report_shifted_with_any(Scene& scene, const HostMeeting& meeting, RankId rank, Findings& findings) {
  const Members& members = scene.evidence.members(meeting.instance);
  const GroupRank place = members.index_of(rank);
  const std::string position = position_text(scene.evidence, meeting.host);
  const Shown shown{meeting.waiting.front(), rank, meeting.node, position};
  if (members.size() > kMembersMax) return;
  for (GroupRank other = 0; other < members.size(); ++other) {
    if (other == place) continue;
    for (const CallKind kind : {CallKind::send, CallKind::recv}) {
      const CallKind answer = kind == CallKind::send ? CallKind::recv : CallKind::send;
      report_shifted(scene, {rank, meeting.instance, kind, other, 0},
                     {members[other], meeting.instance, answer, place, 0}, shown, findings);
    }
  }
}

}  // namespace

void find_shifted_transfers(Scene& scene, Findings& findings) {
  const std::vector<int> component_of = scene.waits.graph.components();
  const auto component = [&](int node) { return component_of[static_cast<std::size_t>(node)]; };
  std::size_t pairs = 0;
  for (const Transfer& transfer : scene.waits.transfers) {
    const MemberCall& theirs = transfer.theirs;
    const bool crosses = is_crossed(scene, transfer);
    if (!crosses && (theirs.record == nullptr || theirs.presence != Presence::queued)) continue;
    const Head& head = head_of(scene, transfer);
    if (!crosses && component(head.node) != component(theirs.head_node)) continue;
    if (++pairs > kPairMax) return;
    TransferEnd wanted = transfer.wanted;
    TransferEnd mine{head.rank, wanted.instance, transfer.mine->call, transfer.mine->peer, 0, wanted.tag};
    const Shown shown{head.rank, theirs.rank, head.node,
                      short_call_text(scene.evidence, head.rank, *transfer.mine)};
    report_shifted(scene, mine, wanted, shown, findings);
    if (!crosses) continue;
    std::swap(mine.kind, wanted.kind);
    report_shifted(scene, mine, wanted, shown, findings);
  }
  for (const HostMeeting& meeting : scene.waits.host_meetings) {
    for (const RankId absent : meeting.absent) {
      if (component(meeting.node) != component(absent)) continue;
      if (++pairs > kPairMax) return;
      report_shifted_with_any(scene, meeting, absent, findings);
    }
  }
}

}  // namespace gridlock
