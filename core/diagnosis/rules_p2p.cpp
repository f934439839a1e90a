#include <fmt/format.h>

#include <algorithm>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/argument.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/transfer_counts.h"

namespace gridlock {
namespace {

/// Messages of a pair that are looked at for another order.
constexpr std::size_t kOrderMax = 256;

/// All calls of one end, from the first one that the other end has as well.
CallList from_sequence(CallList list, std::int32_t first) {
  std::erase_if(list.calls, [&](const Record* call) { return call->sequence < first; });
  return list;
}

/// The transfers of a pair, both ends.
struct PairCalls {
  CallList sends;
  CallList receives;
};

PairCalls pair_calls(const Scene& scene, const Transfer& transfer) {
  const Evidence& evidence = scene.evidence;
  const TransferEnd mine = evidence.other_end(transfer.wanted.rank, *transfer.theirs.record);
  CallList a = evidence.transfers(mine);
  CallList b = evidence.transfers(transfer.wanted);
  const std::int32_t first = std::max(a.calls.front()->sequence, b.calls.front()->sequence);
  a = from_sequence(std::move(a), first);
  b = from_sequence(std::move(b), first);
  return transfer.mine->call == CallKind::send ? PairCalls{std::move(a), std::move(b)}
                                               : PairCalls{std::move(b), std::move(a)};
}

/// Whether the sends and the receives are the same messages by size and type, in other orders.
bool is_other_order(const PairCalls& calls) {
  const std::vector<const Record*>& sends = calls.sends.calls;
  const std::vector<const Record*>& receives = calls.receives.calls;
  const auto fits = [](const Record* a, const Record* b) { return same_size(*a, *b); };
  if (sends.size() != receives.size() || sends.size() > kOrderMax) return false;
  return !std::equal(sends.begin(), sends.end(), receives.begin(), fits) &&
         std::is_permutation(sends.begin(), sends.end(), receives.begin(), fits);
}

/// Sizes differ because one end left out a call and later ones took its place. False when they differ for
/// another reason.
bool report_shift(Scene& scene, const Transfer& transfer, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  const PairCalls calls = pair_calls(scene, transfer);
  const auto alignment = align_transfers(evidence.histories().sites, calls.sends, calls.receives);
  if (!alignment || alignment->departure == Departure::substituted ||
      alignment->departure == Departure::reordered)
    return false;
  const bool is_receive_missing = alignment->departure == Departure::skipped;
  const RankId mine = head_of(scene, transfer).rank;
  const RankId peer = transfer.theirs.rank;
  const bool is_sender = transfer.mine->call == CallKind::send;
  const RankId absent = is_sender == is_receive_missing ? peer : mine;
  const RankId present = absent == mine ? peer : mine;
  const Record& left_alone = *(is_receive_missing ? calls.sends : calls.receives).calls[alignment->index];
  const Record& instead = *(is_receive_missing ? calls.receives : calls.sends).calls[alignment->index];
  Finding finding;
  finding.code = is_receive_missing ? Code::P2P_UNMATCHED_SEND : Code::P2P_UNMATCHED_RECV;
  finding.cause = Cause::argument;
  finding.certainty = Certainty::likely;
  finding.relation = Relation::edge;
  finding.blamed = {absent};
  finding.alternatives = {{present}};
  finding.sides = {side_of(evidence, absent, instead), side_of(evidence, present, left_alone)};
  finding.summary = fmt::format(
      "{{who}} left out the {} for {} of rank {}; later ones took its place, and everything after is "
      "shifted.",
      is_receive_missing ? "recv" : "send", finding.sides[1].call, present);
  finding.nodes = {head_of(scene, transfer).node};
  if (transfer.theirs.presence == Presence::started) finding.nodes.push_back(transfer.theirs.head_node);
  finding.sequence = left_alone.sequence;
  finding.edges = {{{present}, {absent}, "in " + short_call_text(evidence, present, left_alone)}};
  findings.push_back(std::move(finding));
  return true;
}

/// Two calls of one transfer that have unlike sizes: everything but the nodes.
Finding about_size(const Evidence& evidence, RankId mine, const Record& my_call, RankId peer,
                   const Record& their_call) {
  const char* what = my_call.count != their_call.count ? "count" : "element type";
  Finding finding;
  finding.code = Code::P2P_SIZE_MISMATCH;
  finding.cause = Cause::argument;
  finding.relation = Relation::tie;
  finding.blamed = {mine, peer};
  finding.alternatives = {{mine}, {peer}};
  finding.sides = {side_of(evidence, mine, my_call), side_of(evidence, peer, their_call)};
  finding.summary = fmt::format("{{who}} disagree on the {} of one transfer: {} meets {}.", what,
                                finding.sides[0].call, finding.sides[1].call);
  finding.sequence = my_call.sequence;
  TransferEnd end = evidence.other_end(peer, their_call);
  end.sequence = my_call.sequence;
  if (const auto odd = find_odd_size(evidence, end, my_call, their_call)) {
    finding.relation = Relation::minority;
    finding.certainty = Certainty::likely;
    finding.blamed = {*odd};
    finding.alternatives = {{*odd == mine ? peer : mine}};
    if (*odd == peer) std::swap(finding.sides[0], finding.sides[1]);
    finding.summary =
        fmt::format("{{who}} departed from the {} that the other transfers like this one have: {} meets {}.",
                    what, finding.sides[0].call, finding.sides[1].call);
  }
  return finding;
}

void report_size(Scene& scene, const Transfer& transfer, Findings& findings) {
  const RankId mine = head_of(scene, transfer).rank;
  const RankId peer = transfer.theirs.rank;
  Finding finding = about_size(scene.evidence, mine, *transfer.mine, peer, *transfer.theirs.record);
  finding.edges = {{{mine}, {peer}, "in " + short_call_text(scene.evidence, mine, *transfer.mine)}};
  finding.nodes = {head_of(scene, transfer).node};
  if (transfer.theirs.presence == Presence::started) finding.nodes.push_back(transfer.theirs.head_node);
  findings.push_back(std::move(finding));
}

/// The two ends make the same messages in other orders. False when they do not.
bool report_order(Scene& scene, const Transfer& transfer, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  const PairCalls calls = pair_calls(scene, transfer);
  if (!is_other_order(calls)) return false;
  const RankId mine = head_of(scene, transfer).rank;
  const RankId peer = transfer.theirs.rank;
  const TransferEnd back{peer, transfer.wanted.instance, CallKind::send, transfer.wanted.peer,
                         0,    transfer.wanted.tag};
  const TransferEnd back_end{mine, back.instance, CallKind::recv, transfer.mine->peer, 0, back.tag};
  const bool is_both_ways = transfer.mine->call == CallKind::send &&
                            is_other_order({evidence.transfers(back), evidence.transfers(back_end)});
  const bool is_told_there = is_both_ways && peer < mine && transfer.theirs.presence == Presence::started;
  if (is_told_there) return true;
  Finding finding;
  finding.code = Code::P2P_PEER_ORDER_MISMATCH;
  finding.cause = Cause::argument;
  finding.relation = is_both_ways ? Relation::all : Relation::tie;
  finding.blamed = {mine, peer};
  if (!is_both_ways) finding.alternatives = {{mine}, {peer}};
  finding.sides = {side_of(evidence, mine, *transfer.mine), side_of(evidence, peer, *transfer.theirs.record)};
  finding.summary = fmt::format(
      "{{who}} exchange the same messages in other orders: {} of rank {} meets {}. Messages of a pair match "
      "in "
      "their order.",
      finding.sides[0].call, mine, finding.sides[1].call);
  finding.nodes = {head_of(scene, transfer).node};
  if (transfer.theirs.presence == Presence::started) finding.nodes.push_back(transfer.theirs.head_node);
  finding.sequence = transfer.mine->sequence;
  finding.edges = {{{mine}, {peer}, "in " + short_call_text(evidence, mine, *transfer.mine)}};
  findings.push_back(std::move(finding));
  return true;
}

}  // namespace

void find_transfer_mismatches(Scene& scene, Findings& findings) {
  for (const Transfer& transfer : scene.waits.transfers) {
    if (transfer.theirs.record == nullptr || same_size(*transfer.mine, *transfer.theirs.record)) continue;
    // Both ends are heads: one report, from the sender.
    if (transfer.theirs.presence == Presence::started && transfer.mine->call == CallKind::recv) continue;
    if (report_order(scene, transfer, findings) || report_shift(scene, transfer, findings)) continue;
    report_size(scene, transfer, findings);
  }
}

void find_silent_transfers(Scene& scene, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  for (const SilentMismatch& silent : evidence.histories().silent_mismatches) {
    if (silent.from < 0) continue;
    const Members& members = evidence.members(silent.instance);
    const RankId sender = members[silent.from];
    const RankId receiver = members[silent.to];
    const Record* sent = evidence.find({sender, silent.instance, CallKind::send, silent.to, silent.sequence});
    const Record* received =
        evidence.find({receiver, silent.instance, CallKind::recv, silent.from, silent.sequence});
    if (sent == nullptr || received == nullptr) continue;
    // Where one end waits, it is found there.
    if (evidence.is_open(sender, *sent) || evidence.is_open(receiver, *received)) continue;
    Finding finding = about_size(evidence, sender, *sent, receiver, *received);
    finding.severity = Severity::silent_wrong_result;
    finding.nodes = {sender};
    finding.summary += " It went through.";
    findings.push_back(std::move(finding));
  }
}

}  // namespace gridlock
