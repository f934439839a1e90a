#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/coming.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/transfer_counts.h"

namespace gridlock {
namespace {

/// Pairs whose numbers of messages are compared with those of others.
constexpr std::size_t kPatternMax = 512;

FoundSide side_of(const Evidence& evidence, RankId rank, const Record& call) {
  return {{rank}, call_text(evidence, rank, call), label_text(evidence, call), place_text(evidence, call)};
}

/// A send or recv whose partner never comes, or may be in a history that is lost.
struct Unmatched {
  const Transfer* transfer;
  RankId waiting;
  RankId peer;
  int node;
  ComingAnswer answer;
  /// Short text of the call that waits.
  std::string call;

  const Record& mine() const { return *transfer->mine; }
  bool is_send() const { return mine().call == CallKind::send; }
};

/// Another call of the same batch has met its partner there: the peer answered the batch, and this call is
/// one too many.
bool peer_answers_the_batch(const Scene& scene, const Unmatched& found) {
  const auto batch = scene.waits.transfers_of(found.transfer->head);
  return std::any_of(batch.begin(), batch.end(), [&](const Transfer& other) {
    return other.theirs.rank == found.peer && other.theirs.presence == Presence::started;
  });
}

/// Everything but the summary and who is odd; the peer is blamed.
Finding about(const Evidence& evidence, const Unmatched& found) {
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
  finding.sides = {{{found.peer},
                    fmt::format("no {} rank {}", found.is_send() ? "recv from" : "send to", found.waiting),
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

/// Transfers that nobody answers, and messages that nobody received, by the rank that they are for.
class Unanswered {
 public:
  explicit Unanswered(Scene& scene) : scene_(scene) {
    for (const Transfer& transfer : scene.waits.transfers) {
      if (transfer.theirs.rank != kNoRank && transfer.theirs.presence == Presence::absent)
        by_rank_[transfer.theirs.rank].push_back(&transfer);
    }
  }

  /// Another rank whose send would have been received by this call (whose recv would have got its message),
  /// had it named that rank; nothing when there is none.
  std::optional<FoundSide> meant_by(const Unmatched& found) {
    const auto list = by_rank_.find(found.waiting);
    if (list == by_rank_.end()) return left_message(found);
    for (const Transfer* transfer : list->second) {
      const RankId other = head_of(*transfer).rank;
      const bool fits = transfer->wanted.kind == found.mine().call && other != found.peer &&
                        transfer->wanted.instance == found.transfer->wanted.instance;
      if (!fits) continue;
      const Coming coming = is_coming(scene_.evidence, transfer->wanted, other, *transfer->mine).coming;
      if (coming == Coming::no) return side_of(scene_.evidence, other, *transfer->mine);
    }
    return left_message(found);
  }

 private:
  const Head& head_of(const Transfer& transfer) const {
    return scene_.waits.heads[static_cast<std::size_t>(transfer.head)];
  }

  std::optional<FoundSide> left_message(const Unmatched& found) const {
    if (found.is_send()) return std::nullopt;
    const Evidence& evidence = scene_.evidence;
    for (const Unreceived& left : evidence.histories().unreceived) {
      if (left.instance != found.transfer->wanted.instance) continue;
      const Members& members = evidence.members(left.instance);
      const RankId sender = members[left.from];
      if (members[left.to] != found.waiting || sender == found.peer) continue;
      const Record* sent =
          evidence.find({sender, left.instance, CallKind::send, left.to, left.first, left.tag});
      if (sent != nullptr) return side_of(evidence, sender, *sent);
    }
    return std::nullopt;
  }

  Scene& scene_;
  std::map<RankId, std::vector<const Transfer*>> by_rank_;
};

/// The peer never addresses the rank in this direction at all, and somebody else does and is not answered.
bool report_wrong_peer(Scene& scene, const Unmatched& found, Unanswered& unanswered, Findings& findings) {
  if (!found.answer.is_certain || scene.evidence.last_sequence(found.transfer->wanted) >= 0) return false;
  const std::optional<FoundSide> other = unanswered.meant_by(found);
  if (!other) return false;
  Finding finding = about(scene.evidence, found);
  blame_waiting(found, finding);
  finding.alternatives.clear();
  finding.certainty = Certainty::likely;
  finding.summary = fmt::format(
      "{{who}} named the wrong peer in {}: rank {} never {} it, and {} of rank {}, which nobody answers, "
      "would fit.",
      found.call, found.peer, found.is_send() ? "receives from" : "sends to", other->call,
      other->ranks.front());
  finding.sides[1] = *other;
  if (other->ranks.front() == found.mine().peer) {
    finding.hint = fmt::format(
        "{} is the rank of that one in the world, and the peer of a call is a place in its group: translate "
        "it, "
        "with get_group_rank in torch.",
        found.mine().peer);
  }
  findings.push_back(std::move(finding));
  return true;
}

void report_batch(const Evidence& evidence, const Unmatched& found, Findings& findings) {
  Finding finding = about(evidence, found);
  blame_waiting(found, finding);
  finding.alternatives.push_back({std::min(found.waiting, found.peer), std::max(found.waiting, found.peer)});
  finding.summary =
      fmt::format("{{who}} has {} in a batch that rank {} answers without it.", found.call, found.peer);
  findings.push_back(std::move(finding));
}

/// Where the two ends parted, as their labels tell: later calls took the place of the one that is missing.
struct Parting {
  const Record* alone;    ///< the call that has no partner, on the rank that waits
  const Record* instead;  ///< what the other one called there
};

std::optional<Parting> parting_of(const Evidence& evidence, const Unmatched& found) {
  const TransferEnd& wanted = found.transfer->wanted;
  const CallList mine =
      evidence.transfers({found.waiting, wanted.instance, found.mine().call, found.mine().peer, 0});
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
  return fmt::format(
      "{{who}} made {} in addition: {} calls against the {} of rank {}, as many as {} exchange.", extra,
      odd.waiting_calls, odd.peer_calls, found.peer,
      odd.by_replicas ? "the replicas of the two" : "the two and their other neighbours");
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

/// Where they parted, and whom that is blamed on.
void tell_sides(const Evidence& evidence, const Unmatched& found, const OddEndAnswer& odd,
                const std::optional<Parting>& parting, Finding& finding) {
  if (parting) {
    finding.sides = {side_of(evidence, found.peer, *parting->instead),
                     side_of(evidence, found.waiting, *parting->alone)};
  }
  if (odd.end != OddEnd::waiting) return;
  blame_waiting(found, finding);
  finding.certainty = Certainty::likely;
}

void report_unmatched(Scene& scene, const Unmatched& found, const OddEndAnswer& odd, Findings& findings) {
  const std::optional<Parting> parting = parting_of(scene.evidence, found);
  Finding finding = about(scene.evidence, found);
  tell_sides(scene.evidence, found, odd, parting, finding);
  finding.summary = summary_of(scene, found, odd, parting);
  findings.push_back(std::move(finding));
}

/// A message that was left behind: its send is over.
void report_unreceived(Scene& scene, const Unmatched& found, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  const std::optional<Parting> parting = parting_of(evidence, found);
  const OddEndAnswer odd = find_odd_end(scene.evidence, found.waiting, found.transfer->wanted);
  Finding finding = about(evidence, found);
  finding.code = Code::LEFTOVER_WORK;
  finding.nodes = {found.peer};
  finding.edges.clear();
  finding.alternatives = {{found.waiting}};
  tell_sides(evidence, found, odd, parting, finding);
  const std::string extra = labelled(evidence, found.waiting, parting ? *parting->alone : found.mine());
  if (odd.end == OddEnd::waiting) {
    finding.summary = additional_text(found, odd, extra);
    finding.hint = "Leave out the send that nobody receives.";
  } else {
    finding.hint = "Post a recv for every send; a send that fits into a buffer completes without one.";
    finding.summary =
        parting ? fmt::format(
                      "{{who}} left out the recv for {} of rank {}; later ones took its place, so {} is "
                      "left, which completed only because it fitted into a buffer.",
                      extra, found.waiting, found.call)
                : fmt::format(
                      "{{who}} never received {} of rank {}, which completed only because it fitted into "
                      "a buffer.",
                      found.call, found.waiting);
  }
  findings.push_back(std::move(finding));
}

void report_no_history(const Evidence& evidence, const Unmatched& found, Findings& findings) {
  Finding finding = about(evidence, found);
  finding.cause = Cause::no_history;
  finding.certainty = Certainty::undecided;
  finding.summary = fmt::format("rank {} waits in {}; there is no history of {{who}} that could tell more.",
                                found.waiting, found.call);
  findings.push_back(std::move(finding));
}

}  // namespace

std::string transfer_shape(const Evidence& evidence, RankId rank, const Record& call) {
  const GroupRank place = evidence.members(evidence.instance(call, rank)).index_of(rank);
  return fmt::format("{} {} {} {} {} {} {}", static_cast<int>(call.group), static_cast<int>(call.call), place,
                     call.peer, call.sequence, label_text(evidence, call), place_text(evidence, call));
}

void find_unmatched_transfers(Scene& scene, Findings& findings) {
  Evidence& evidence = scene.evidence;
  Unanswered unanswered(scene);
  std::map<std::string, OddEndAnswer> odd_ends;
  for (const Transfer& transfer : scene.waits.transfers) {
    const RankId peer = transfer.theirs.rank;
    if (peer == kNoRank || transfer.theirs.record != nullptr || evidence.is_gone(peer)) continue;
    if (transfer.theirs.presence == Presence::done) continue;
    const Head& head = scene.waits.heads[static_cast<std::size_t>(transfer.head)];
    const Unmatched found{&transfer,
                          head.rank,
                          peer,
                          head.node,
                          is_coming(evidence, transfer.wanted, head.rank, *transfer.mine),
                          short_call_text(evidence, head.rank, *transfer.mine)};
    if (transfer.theirs.presence == Presence::unknown) {
      report_no_history(evidence, found, findings);
    } else if (found.answer.coming == Coming::no) {
      if (peer_answers_the_batch(scene, found)) {
        report_batch(evidence, found, findings);
      } else if (!report_wrong_peer(scene, found, unanswered, findings)) {
        const auto [entry, added] =
            odd_ends.try_emplace(transfer_shape(evidence, found.waiting, found.mine()));
        if (added && odd_ends.size() <= kPatternMax)
          entry->second = find_odd_end(evidence, found.waiting, transfer.wanted);
        report_unmatched(scene, found, entry->second, findings);
      }
    }
  }
}

void find_unreceived(Scene& scene, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  for (const Unreceived& left : evidence.histories().unreceived) {
    const Members& members = evidence.members(left.instance);
    const RankId sender = members[left.from];
    const RankId receiver = members[left.to];
    const Record* sent =
        evidence.find({sender, left.instance, CallKind::send, left.to, left.first, left.tag});
    if (sent == nullptr || evidence.is_open(sender, *sent)) continue;
    const Transfer transfer{-1, sent, {receiver, left.instance, CallKind::recv, left.from, left.first}, {}};
    report_unreceived(
        scene,
        {&transfer, sender, receiver, sender, {Coming::no, true}, short_call_text(evidence, sender, *sent)},
        findings);
  }
}

}  // namespace gridlock
