#include <fmt/format.h>

#include <algorithm>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/argument.h"
#include "core/diagnosis/coming.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"

namespace gridlock {
namespace {

FoundSide side_of(const Evidence& evidence, RankId rank, const Record& call) {
  return {{rank}, call_text(evidence, rank, call), label_text(evidence, call), place_text(evidence, call)};
}

const Head& head_of(const Scene& scene, const Transfer& transfer) {
  return scene.waits.heads[static_cast<std::size_t>(transfer.head)];
}

/// Another call of the same batch has met its partner there: the peer answered the batch, and this call is
/// one too many.
bool peer_answers_the_batch(const Scene& scene, const Transfer& transfer) {
  const auto batch = scene.waits.transfers_of(transfer.head);
  return std::any_of(batch.begin(), batch.end(), [&](const Transfer& other) {
    return other.theirs.rank == transfer.theirs.rank && other.theirs.presence == Presence::started;
  });
}

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

/// Sizes differ because one end left out a call and later ones took its place. False when they differ for
/// another reason.
bool report_shift(Scene& scene, const Transfer& transfer, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  const PairCalls calls = pair_calls(scene, transfer);
  const auto alignment = align_transfers(calls.sends, calls.receives);
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

void report_size(Scene& scene, const Transfer& transfer, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  const RankId mine = head_of(scene, transfer).rank;
  const RankId peer = transfer.theirs.rank;
  const bool counts_differ = transfer.mine->count != transfer.theirs.record->count;
  Finding finding;
  finding.code = Code::P2P_SIZE_MISMATCH;
  finding.cause = Cause::argument;
  finding.relation = Relation::tie;
  finding.blamed = {mine, peer};
  finding.alternatives = {{mine}, {peer}};
  finding.sides = {side_of(evidence, mine, *transfer.mine), side_of(evidence, peer, *transfer.theirs.record)};
  finding.summary =
      fmt::format("{{who}} disagree on the {} of one transfer: {} meets {}.",
                  counts_differ ? "count" : "element type", finding.sides[0].call, finding.sides[1].call);
  finding.nodes = {head_of(scene, transfer).node};
  if (transfer.theirs.presence == Presence::started) finding.nodes.push_back(transfer.theirs.head_node);
  finding.sequence = transfer.mine->sequence;
  finding.edges = {{{mine}, {peer}, "in " + short_call_text(evidence, mine, *transfer.mine)}};
  findings.push_back(std::move(finding));
}

void report_unmatched(Scene& scene, const Transfer& transfer, const ComingAnswer& answer,
                      Findings& findings) {
  Evidence& evidence = scene.evidence;
  const RankId mine = head_of(scene, transfer).rank;
  const RankId peer = transfer.theirs.rank;
  const bool is_send = transfer.mine->call == CallKind::send;
  const bool has_no_history = transfer.theirs.presence == Presence::unknown;
  const std::string call = short_call_text(evidence, mine, *transfer.mine);
  Finding finding;
  finding.code = is_send ? Code::P2P_UNMATCHED_SEND : Code::P2P_UNMATCHED_RECV;
  finding.cause = has_no_history ? Cause::no_history : Cause::missing;
  finding.certainty = has_no_history      ? Certainty::undecided
                      : answer.is_certain ? Certainty::certain
                                          : Certainty::likely;
  const bool is_one_too_many = peer_answers_the_batch(scene, transfer);
  finding.relation = is_one_too_many ? Relation::owner : Relation::edge;
  finding.blamed = {is_one_too_many ? mine : peer};
  finding.alternatives = {{is_one_too_many ? peer : mine}};
  if (is_one_too_many) finding.alternatives.push_back({std::min(mine, peer), std::max(mine, peer)});
  const std::string never = is_send ? "receives" : "sends";
  finding.summary =
      has_no_history
          ? fmt::format("rank {} waits in {}; there is no history of {{who}} that could tell more.", mine,
                        call)
      : is_one_too_many
          ? fmt::format("{{who}} has {} in a batch that rank {} answers without it.", call, peer)
          : fmt::format("{{who}} never {} what rank {} waits for in {}; it is at {}.", never, mine, call,
                        position_text(evidence, peer));
  finding.sides = {{{peer},
                    fmt::format("no {} {} rank {}", is_send ? "recv" : "send", is_send ? "from" : "to", mine),
                    "",
                    ""},
                   side_of(evidence, mine, *transfer.mine)};
  if (is_one_too_many) std::swap(finding.sides[0], finding.sides[1]);
  finding.nodes = {head_of(scene, transfer).node};
  finding.sequence = transfer.mine->sequence;
  finding.edges = {{{mine}, {peer}, "in " + call}};
  findings.push_back(std::move(finding));
}

}  // namespace

void find_transfer_mismatches(Scene& scene, Findings& findings) {
  for (const Transfer& transfer : scene.waits.transfers) {
    if (transfer.theirs.record == nullptr || same_size(*transfer.mine, *transfer.theirs.record)) continue;
    // Both ends are heads: one report, from the sender.
    if (transfer.theirs.presence == Presence::started && transfer.mine->call == CallKind::recv) continue;
    if (!report_shift(scene, transfer, findings)) report_size(scene, transfer, findings);
  }
}

void find_unmatched_transfers(Scene& scene, Findings& findings) {
  for (const Transfer& transfer : scene.waits.transfers) {
    const RankId peer = transfer.theirs.rank;
    if (peer == kNoRank || transfer.theirs.record != nullptr || scene.evidence.is_gone(peer)) continue;
    if (transfer.theirs.presence == Presence::done) continue;
    const ComingAnswer answer =
        is_coming(scene.evidence, transfer.wanted, head_of(scene, transfer).rank, *transfer.mine);
    if (answer.coming == Coming::no || transfer.theirs.presence == Presence::unknown) {
      report_unmatched(scene, transfer, answer, findings);
    }
  }
}

}  // namespace gridlock
