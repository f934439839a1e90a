#include "core/diagnosis/unmatched.h"

#include <fmt/format.h>

#include <utility>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/describe.h"

namespace gridlock {

Finding about_unmatched(const Evidence& evidence, const Unmatched& found) {
  Finding finding;
  finding.code = found.is_send() ? Code::P2P_UNMATCHED_SEND : Code::P2P_UNMATCHED_RECV;
  finding.cause = Cause::missing;
  finding.certainty = found.answer.is_certain ? Certainty::certain : Certainty::likely;
  finding.relation = Relation::edge;
  finding.blamed = {found.peer};
  finding.alternatives = {{found.waiting}};
  finding.nodes = {found.node};
  finding.sequence = found.mine().sequence;
  finding.edges = {{{found.waiting}, {found.peer}, "in " + found.call}};
  finding.shape = transfer_shape(evidence, found.waiting, found.mine());
  const std::int32_t tag = found.transfer->wanted.tag;
  finding.sides = {{{found.peer},
                    fmt::format("no {} rank {}{}", found.is_send() ? "recv from" : "send to", found.waiting,
                                tag == 0 ? "" : fmt::format(" with tag {}", tag)),
                    "",
                    ""},
                   side_of(evidence, found.waiting, found.mine())};
  return finding;
}

void blame_waiting(const Unmatched& found, Finding& finding) {
  finding.relation = Relation::owner;
  finding.blamed = {found.waiting};
  finding.alternatives = {{found.peer}};
  std::swap(finding.sides[0], finding.sides[1]);
}

std::optional<Parting> parting_of(const Evidence& evidence, const Unmatched& found) {
  const TransferEnd& wanted = found.transfer->wanted;
  const CallList mine = evidence.transfers(
      {found.waiting, wanted.instance, found.mine().call, found.mine().peer, 0, wanted.tag});
  const CallList theirs = evidence.transfers(wanted);
  const bool starts_at_first = !mine.calls.empty() && !theirs.calls.empty() &&
                               mine.calls.front()->sequence == theirs.calls.front()->sequence;
  if (!starts_at_first) return std::nullopt;
  const auto alignment = found.is_send() ? align_transfers(evidence.histories().sites, mine, theirs)
                                         : align_transfers(evidence.histories().sites, theirs, mine);
  const Departure expected = found.is_send() ? Departure::skipped : Departure::inserted;
  if (!alignment || alignment->departure != expected) return std::nullopt;
  return Parting{mine.calls[alignment->index], theirs.calls[alignment->index]};
}

std::string labelled(const Evidence& evidence, RankId rank, const Record& call) {
  const std::string label = label_text(evidence, call);
  return short_call_text(evidence, rank, call) + (label.empty() ? "" : " (" + label + ")");
}

std::string additional_text(const Unmatched& found, const OddEndAnswer& odd, const std::string& extra) {
  const char* because = odd.by_replicas         ? ", as many as the replicas of the two exchange"
                        : odd.by_labels         ? "; one stands there twice under one name"
                        : odd.by_other_partners ? "; its other partners count otherwise as well"
                                                : ", as many as the two and their other neighbours exchange";
  return fmt::format("{{who}} made {} in addition: {} calls against the {} of rank {}{}.", extra,
                     odd.waiting_calls, odd.peer_calls, found.peer, because);
}

std::string summary_of(Scene& scene, const Unmatched& found, const OddEndAnswer& odd,
                       const std::optional<Parting>& parting) {
  Evidence& evidence = scene.evidence;
  const char* never = found.is_send() ? "recv" : "send";
  const std::string extra = labelled(evidence, found.waiting, parting ? *parting->alone : found.mine());
  if (odd.end == OddEnd::waiting) return additional_text(found, odd, extra);
  if (parting) {
    return fmt::format(
        "{{who}} left out the {} for {} of rank {}; later ones took its place, so the wait shows only in {}.",
        never, extra, found.waiting, found.call);
  }
  return fmt::format("{{who}} never made the {} that rank {} waits for in {}; it is at {}.", never,
                     found.waiting, found.call, position_text(evidence, found.peer));
}

void tell_sides(const Evidence& evidence, const Unmatched& found, const OddEndAnswer& odd,
                const std::optional<Parting>& parting, Finding& finding) {
  if (parting) {
    finding.sides = {side_of(evidence, found.peer, *parting->instead),
                     side_of(evidence, found.waiting, *parting->alone)};
  }
  // Nothing but the two ends tells which of them is wrong.
  if (odd.end == OddEnd::untold) finding.certainty = std::max(finding.certainty, Certainty::likely);
  const CallList theirs = evidence.transfers(found.transfer->wanted);
  const bool others_stand_for_it = found.answer.coming == Coming::no && !found.answer.is_certain;
  // Which call is missing is not known where later ones stand for it: the first may.
  const Record* first = others_stand_for_it && !theirs.calls.empty() ? theirs.calls.front() : nullptr;
  finding.place =
      place_of(evidence, found.peer, parting ? parting->instead : first, found.waiting, found.mine());
  if (odd.end != OddEnd::waiting) return;
  blame_waiting(found, finding);
  finding.place = place_of(evidence, found.waiting, parting ? parting->alone : &found.mine(), found.waiting,
                           found.mine());
  finding.certainty = Certainty::likely;
}

}  // namespace gridlock
