#include "core/diagnosis/finding.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/diagnosis/describe.h"

namespace gridlock {

const Head& head_of(const Scene& scene, const Transfer& transfer) {
  return scene.waits.heads[static_cast<std::size_t>(transfer.head)];
}

bool is_crossed(const Scene& scene, const Transfer& transfer) {
  const Head& head = head_of(scene, transfer);
  if (!head.is_connecting || transfer.theirs.presence != Presence::started) return false;
  const Head& theirs =
      scene.waits.heads[static_cast<std::size_t>(scene.waits.index(transfer.theirs.head_node))];
  const auto all = scene.waits.transfers_of(transfer.head);
  // Where the library failed, the other end of the rest is what its program still intended.
  const auto is_answered = [&](const Transfer& each) {
    const bool has_failed =
        each.theirs.rank != kNoRank && scene.evidence.state(each.theirs.rank) == HostState::returned;
    return each.theirs.record != nullptr || (has_failed && scene.evidence.find(each.wanted, true) != nullptr);
  };
  return !theirs.is_connecting && std::all_of(all.begin(), all.end(), is_answered);
}

std::int64_t place_of(const Evidence& evidence, RankId rank, const Record* instead, RankId waiting,
                      const Record& awaited) {
  const HistoryStore& store = evidence.histories().store;
  const auto calls_before = [&](RankId of, const Record* call) {
    std::int64_t count = 0;
    HistoryNode node = evidence.end(of).node;
    while (node != HistoryNode::empty && &store.record(node) != call) node = store.past(node);
    for (; node != HistoryNode::empty; node = store.past(node))
      count += store.record(node).thread == call->thread ? 1 : 0;
    return count;
  };
  return instead != nullptr ? calls_before(rank, instead) : kBehindProgram + calls_before(waiting, &awaited);
}

FoundSide side_of(const Evidence& evidence, RankId rank, const Record& call) {
  return {{rank}, call_text(evidence, rank, call), label_text(evidence, call), place_text(evidence, call)};
}

std::string transfer_shape(const Evidence& evidence, RankId rank, const Record& call) {
  const GroupRank place = evidence.members(evidence.instance(call, rank)).index_of(rank);
  return fmt::format("{} {} {} {} {} {} {}", static_cast<int>(call.group), static_cast<int>(call.call), place,
                     call.peer, call.sequence, label_text(evidence, call), place_text(evidence, call));
}

}  // namespace gridlock
