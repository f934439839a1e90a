#include <fmt/format.h>

#include <algorithm>

#include "core/diagnosis/argument.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/transfer_counts.h"

namespace gridlock {
namespace {

/// Sends and recvs that the library runs together (rule S09); more of them in one batch run in parts.
constexpr std::size_t kBatchPart = 8;

/// Two started ends that are alike and did not meet.
Finding about_pair(const Scene& scene, const Head& head, const Transfer& transfer, Code code) {
  const RankId peer = transfer.theirs.rank;
  Finding finding;
  finding.code = code;
  finding.relation = Relation::tie;
  finding.blamed = {head.rank, peer};
  finding.alternatives = {{head.rank}, {peer}};
  finding.nodes = {head.node};
  if (transfer.theirs.head_node >= 0) finding.nodes.push_back(transfer.theirs.head_node);
  finding.sequence = transfer.mine->sequence;
  finding.sides = {side_of(scene.evidence, head.rank, *transfer.mine),
                   side_of(scene.evidence, peer, *transfer.theirs.record)};
  const std::string call = short_call_text(scene.evidence, head.rank, *transfer.mine);
  finding.edges = {{{head.rank}, {peer}, "in " + call}};
  return finding;
}

void report_grouping(const Scene& scene, const Head& head, const Transfer& transfer, Findings& findings) {
  Finding finding = about_pair(scene, head, transfer, Code::P2P_GROUPING_MISMATCH);
  finding.cause = Cause::argument;
  const bool mine = transfer.mine->batched;
  finding.summary =
      fmt::format("Of {{who}}, rank {} has its end of one transfer in a batch and rank {} does not.",
                  mine ? head.rank : transfer.theirs.rank, mine ? transfer.theirs.rank : head.rank);
  findings.push_back(std::move(finding));
}

/// Whether a recv waits for the communicator of its pair, and its message is a part of a batch, which took
/// that of the group and fitted into a buffer there.
bool went_elsewhere(const Head& head, const Transfer& transfer) {
  return head.is_connecting && transfer.theirs.presence == Presence::done &&
         transfer.mine->batched != transfer.theirs.record->batched;
}

void report_crossed(const Scene& scene, const Head& head, const Transfer& transfer, Findings& findings) {
  Finding finding = about_pair(scene, head, transfer, Code::P2P_GROUPING_MISMATCH);
  finding.cause = Cause::argument;
  finding.summary = fmt::format(
      "{{who}} put the first messages of their pair into unlike batches: one end sends and receives in one, "
      "the "
      "other one after the other. The library connects the directions that a batch names on both ends at "
      "once, "
      "and here they do not fit; rank {} stands in {}.",
      head.rank, short_call_text(scene.evidence, head.rank, *transfer.mine));
  finding.hint =
      "Put the same sends and recvs of a pair into its first batch on both ends, or let both exchange a "
      "message "
      "each way before.";
  findings.push_back(std::move(finding));
}

void report_split(const Scene& scene, const Head& head, const Transfer& transfer, std::size_t size,
                  Findings& findings) {
  Finding finding = about_pair(scene, head, transfer, Code::P2P_PLAN_SPLIT_RISK);
  finding.cause = Cause::cycle;
  finding.relation = Relation::cycle;
  finding.alternatives.clear();
  finding.summary = fmt::format(
      "{{who}} wait for parts of each other's batches: {} sends and recvs in one batch "
      "do not run together.",
      size);
  findings.push_back(std::move(finding));
}

}  // namespace

void find_grouping_mismatches(Scene& scene, Findings& findings) {
  for (const Transfer& transfer : scene.waits.transfers) {
    if (transfer.theirs.record == nullptr) continue;
    const Head& head = head_of(scene, transfer);
    if (went_elsewhere(head, transfer)) report_grouping(scene, head, transfer, findings);
    if (transfer.theirs.presence != Presence::started) continue;
    const bool is_one_batched = transfer.mine->batched != transfer.theirs.record->batched;
    if (is_crossed(scene, transfer)) {
      if (is_one_batched) {
        report_grouping(scene, head, transfer, findings);
      } else if (!counts_differ(scene.evidence, head.rank, transfer.wanted)) {
        report_crossed(scene, head, transfer, findings);
      }
      continue;
    }
    // One report for both ends.
    if (transfer.mine->call == CallKind::recv || !same_size(*transfer.mine, *transfer.theirs.record))
      continue;
    // One that stands in its first use has not tried to meet the other yet.
    const Head& theirs_head =
        scene.waits.heads[static_cast<std::size_t>(scene.waits.index(transfer.theirs.head_node))];
    if (head.is_connecting != theirs_head.is_connecting) continue;
    if (is_one_batched) {
      report_grouping(scene, head, transfer, findings);
      continue;
    }
    const std::size_t theirs =
        scene.evidence.calls_of(transfer.theirs.rank, transfer.theirs.record->ticket).size();
    const std::size_t largest = std::max(head.calls.size(), theirs);
    if (!head.is_connecting && largest > kBatchPart) report_split(scene, head, transfer, largest, findings);
  }
}

void find_late_work(Scene& scene, Findings& findings) {
  for (const Head& head : scene.waits.heads) {
    if (head.calls.empty() || !scene.evidence.was_let_down(head.rank)) continue;
    const Record& call = *head.calls.front();
    Finding finding;
    finding.code = Code::SLOW_RANK_TIMEOUT;
    finding.cause = Cause::timeout;
    finding.certainty = Certainty::undecided;
    finding.relation = Relation::all;
    finding.blamed = {head.rank};
    finding.nodes = {head.node};
    finding.sequence = call.sequence;
    finding.summary =
        fmt::format("{} of {{who}} took longer than its timeout, though nobody is missing in it.",
                    short_call_text(scene.evidence, head.rank, call));
    finding.sides = {side_of(scene.evidence, head.rank, call)};
    findings.push_back(std::move(finding));
  }
}

}  // namespace gridlock
