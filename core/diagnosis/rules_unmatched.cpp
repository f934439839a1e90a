#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/diagnosis/argument.h"
#include "core/diagnosis/coming.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/programs.h"
#include "core/diagnosis/unmatched.h"

namespace gridlock {
namespace {

/// Pairs whose numbers of messages are compared with those of others.
constexpr std::size_t kPatternMax = 512;

/// Another call of the same batch has met its partner there: the peer answered the batch, and this call is
/// one too many.
bool peer_answers_the_batch(const Scene& scene, const Unmatched& found) {
  const auto batch = scene.waits.transfers_of(found.transfer->head);
  return std::any_of(batch.begin(), batch.end(), [&](const Transfer& other) {
    return other.theirs.rank == found.peer && other.theirs.presence == Presence::started;
  });
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
      const RankId other = head_of(scene_, *transfer).rank;
      const bool fits = transfer->wanted.kind == found.mine().call && other != found.peer &&
                        transfer->wanted.instance == found.transfer->wanted.instance;
      if (!fits) continue;
      const Coming coming = is_coming(scene_.evidence, transfer->wanted, other, *transfer->mine).coming;
      if (coming == Coming::no) return side_of(scene_.evidence, other, *transfer->mine);
    }
    return left_message(found);
  }

 private:
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
      if (sent == nullptr) continue;
      const TransferEnd receives{found.waiting, left.instance, CallKind::recv,
                                 left.from,     left.first,    left.tag};
      if (is_coming(scene_.evidence, receives, sender, *sent).coming != Coming::yes)
        return side_of(evidence, sender, *sent);
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
  Finding finding = about_unmatched(scene.evidence, found);
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

/// The peer stands in the other half of this very message, on another group that both are in.
const Transfer* other_half(const Scene& scene, const Unmatched& found) {
  const InstanceId instance = found.transfer->wanted.instance;
  for (const Transfer& other : scene.waits.transfers) {
    const bool is_half = head_of(scene, other).rank == found.peer && other.wanted.rank == found.waiting &&
                         other.wanted.instance != instance && other.theirs.record == nullptr &&
                         other.mine->call == found.transfer->wanted.kind &&
                         same_size(*other.mine, found.mine());
    if (!is_half) continue;
    const Coming coming = is_coming(scene.evidence, other.wanted, found.peer, *other.mine).coming;
    if (coming == Coming::no) return &other;
  }
  return nullptr;
}

/// One message, its two ends on two groups. Ranks that run the program of one end tell which is right.
void report_other_group(Scene& scene, Programs& programs, const Unmatched& found, const Transfer& other,
                        Findings& findings) {
  const Evidence& evidence = scene.evidence;
  Finding finding = about_unmatched(evidence, found);
  finding.sides[0] = side_of(evidence, found.peer, *other.mine);
  finding.nodes.push_back(head_of(scene, other).node);
  const auto count = [&](RankId rank, const Record& call) {
    return programs.like(rank, call, Programs::Calls::all).size();
  };
  const std::size_t like_mine = count(found.waiting, found.mine());
  const std::size_t like_theirs = count(found.peer, *other.mine);
  finding.summary =
      fmt::format("{} of rank {} and {} of rank {} are the two ends of one message on two groups", found.call,
                  found.waiting, short_call_text(evidence, found.peer, *other.mine), found.peer);
  finding.hint = "Name the same group on both ends; a call without one is on the group of the whole world.";
  if (like_mine == like_theirs) {
    finding.relation = Relation::tie;
    finding.blamed = {std::min(found.waiting, found.peer), std::max(found.waiting, found.peer)};
    finding.alternatives = {{found.waiting}, {found.peer}};
    finding.summary += "; it is a tie.";
  } else {
    if (like_mine < like_theirs) blame_waiting(found, finding);
    finding.relation = Relation::minority;
    finding.certainty = Certainty::likely;
    finding.summary +=
        fmt::format(", and {{who}} departs from its replicas: {} ranks did as the other end so far.",
                    std::max(like_mine, like_theirs));
  }
  findings.push_back(std::move(finding));
}

void report_batch(const Evidence& evidence, const Unmatched& found, Findings& findings) {
  Finding finding = about_unmatched(evidence, found);
  blame_waiting(found, finding);
  finding.alternatives.push_back({std::min(found.waiting, found.peer), std::max(found.waiting, found.peer)});
  finding.summary =
      fmt::format("{{who}} has {} in a batch that rank {} answers without it.", found.call, found.peer);
  findings.push_back(std::move(finding));
}

void report_unmatched(Scene& scene, const Unmatched& found, const OddEndAnswer& odd, Findings& findings) {
  const std::optional<Parting> parting = parting_of(scene.evidence, found);
  if (odd.end == OddEnd::untold && !parting && peer_answers_the_batch(scene, found))
    return report_batch(scene.evidence, found, findings);
  Finding finding = about_unmatched(scene.evidence, found);
  tell_sides(scene.evidence, found, odd, parting, finding);
  finding.summary = summary_of(scene, found, odd, parting);
  findings.push_back(std::move(finding));
}

/// A message that was left behind: its send is over.
void report_unreceived(Scene& scene, const Unmatched& found, Findings& findings) {
  const Evidence& evidence = scene.evidence;
  const std::optional<Parting> parting = parting_of(evidence, found);
  const OddEndAnswer odd = find_odd_end(scene.evidence, found.waiting, found.transfer->wanted);
  Finding finding = about_unmatched(evidence, found);
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
  Finding finding = about_unmatched(evidence, found);
  finding.cause = Cause::no_history;
  finding.certainty = Certainty::undecided;
  finding.summary = fmt::format("rank {} waits in {}; there is no history of {{who}} that could tell more.",
                                found.waiting, found.call);
  findings.push_back(std::move(finding));
}

}  // namespace

void find_unmatched_transfers(Scene& scene, Findings& findings) {
  Evidence& evidence = scene.evidence;
  Unanswered unanswered(scene);
  Programs programs(evidence);
  std::map<std::string, OddEndAnswer> odd_ends;
  for (const Transfer& transfer : scene.waits.transfers) {
    const RankId peer = transfer.theirs.rank;
    if (peer == kNoRank || transfer.theirs.record != nullptr || evidence.is_gone(peer)) continue;
    if (transfer.theirs.presence == Presence::done) continue;
    const Head& head = head_of(scene, transfer);
    const Unmatched found{&transfer,
                          head.rank,
                          peer,
                          head.node,
                          is_coming(evidence, transfer.wanted, head.rank, *transfer.mine),
                          short_call_text(evidence, head.rank, *transfer.mine)};
    if (transfer.theirs.presence == Presence::unknown) {
      report_no_history(evidence, found, findings);
    } else if (found.answer.coming == Coming::no) {
      if (const Transfer* other = other_half(scene, found)) {
        if (!found.is_send()) report_other_group(scene, programs, found, *other, findings);
        continue;
      }
      if (!peer_answers_the_batch(scene, found) && report_wrong_peer(scene, found, unanswered, findings))
        continue;
      const auto [entry, added] = odd_ends.try_emplace(transfer_shape(evidence, found.waiting, found.mine()));
      if (added && odd_ends.size() <= kPatternMax)
        entry->second = find_odd_end(evidence, found.waiting, transfer.wanted);
      report_unmatched(scene, found, entry->second, findings);
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
