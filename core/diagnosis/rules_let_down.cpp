#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// A name whose await ended without a post, or with one that fails, and made ranks leave.
struct Unmet {
  Ranks ranks;
  /// Their await, and whether its timeout passed.
  const Record* await = nullptr;
  bool timed_out = false;
};

/// The await in which the rank was let down last; null where it was in another call.
const Record* unmet_await(const Evidence& evidence, RankId rank, bool& timed_out) {
  const HistoryStore& store = evidence.histories().store;
  HistoryNode node = evidence.end(rank).node;
  while (node != HistoryNode::empty && store.record(node).kind == RecordKind::planned)
    node = store.past(node);
  const Record& end = store.record(node);
  timed_out = end.kind == RecordKind::timeout;
  for (node = store.past(node); node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.thread == end.thread) return record.kind == RecordKind::await ? &record : nullptr;
  }
  return nullptr;
}

std::map<std::int32_t, Unmet> unmet_names(const Evidence& evidence) {
  std::map<std::int32_t, Unmet> names;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    if (!evidence.is_gone(rank) || !evidence.was_let_down(rank)) continue;
    bool timed_out = false;
    const Record* await = unmet_await(evidence, rank, timed_out);
    if (await == nullptr) continue;
    Unmet& unmet = names[await->detail];
    if (unmet.await == nullptr) unmet = {{}, await, timed_out};
    unmet.ranks.push_back(rank);
  }
  return names;
}

/// Ranks that posted the name, and the first of their posts. O(all histories of those ranks).
Ranks posters_of(const Evidence& evidence, std::int32_t name, const Record** post) {
  const HistoryStore& store = evidence.histories().store;
  Ranks ranks;
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    for (HistoryNode node = evidence.last_node(rank); node != HistoryNode::empty; node = store.past(node)) {
      const Record& record = store.record(node);
      if (record.kind != RecordKind::post || record.detail != name) continue;
      if (ranks.empty()) *post = &record;
      ranks.push_back(rank);
      break;
    }
  }
  return ranks;
}

FoundSide side(const Evidence& evidence, const Ranks& ranks, std::string call, const Record& record) {
  return {ranks, std::move(call), label_text(evidence, record), place_text(evidence, record)};
}

/// Whether every rank that still waits does so for one of those that left.
bool all_wait_for(Scene& scene, const Ranks& gone) {
  std::vector<bool> marked(static_cast<std::size_t>(scene.waits.graph.size()), false);
  scene.waits.graph.mark_waiters(std::vector<int>(gone.begin(), gone.end()), marked);
  for (int host = 0; host < scene.evidence.host_count(); ++host) {
    if (is_waiting(scene.evidence.host_state(host)) && !marked[static_cast<std::size_t>(host)]) return false;
  }
  return true;
}

bool has_unknown_rank(const Evidence& evidence) {
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    if (evidence.state(rank) == HostState::unknown) return true;
  }
  return false;
}

bool has_other_origin(const Evidence& evidence) {
  for (RankId rank = 0; rank < evidence.world_size(); ++rank) {
    if (evidence.is_gone(rank) && !evidence.was_let_down(rank)) return true;
  }
  return false;
}

Finding about(Scene& scene, const Unmet& unmet, const std::string& name) {
  Finding finding;
  finding.nodes.assign(unmet.ranks.begin(), unmet.ranks.end());
  finding.sides = {side(scene.evidence, unmet.ranks, fmt::format("await '{}'", name), *unmet.await)};
  return finding;
}

void blame_poster(Scene& scene, const Unmet& unmet, const std::string& name, Ranks posters,
                  const Record& post, Finding& finding) {
  const bool fails = post.count != 0;
  finding.code = unmet.timed_out ? Code::SLOW_RANK_TIMEOUT : Code::HOST_EDGE_FAILED;
  finding.cause = unmet.timed_out ? Cause::exited_rank : Cause::failed_rank;
  finding.relation = Relation::edge;
  finding.edges = {{unmet.ranks, posters, fmt::format("for '{}'", name)}};
  finding.sides.insert(
      finding.sides.begin(),
      side(scene.evidence, posters, fmt::format("post '{}'{}", name, fails ? " as an error" : ""), post));
  finding.summary =
      unmet.timed_out
          ? fmt::format("{{who}} posted '{}' only after the timeout of {}, which had left by then.", name,
                        ranks_text(unmet.ranks))
          : fmt::format("{{who}} answered '{}' with an error, and {}, which awaited it, ended there.", name,
                        ranks_text(unmet.ranks));
  if (unmet.timed_out) {
    finding.hint =
        "Give the await more time, or post earlier; and let whoever gives up tell the others before it "
        "leaves.";
  }
  finding.blamed = std::move(posters);
}

/// No history has a post of the name.
void blame_waiter(Scene& scene, const Unmet& unmet, const std::string& name, Finding& finding) {
  finding.code = Code::HOST_BLOCKED;
  finding.relation = Relation::owner;
  finding.blamed = unmet.ranks;
  finding.edges = {{unmet.ranks, {}, "for a post that never comes"}};
  finding.summary =
      unmet.timed_out
          ? fmt::format("{{who}} gave up after the timeout of the wait for '{}', which no rank has posted.",
                        name)
          : fmt::format("{{who}} got an error for '{}' and left, and no history tells who sent it.", name);
  // Where others stand still for another reason, that may be why nobody posted it.
  const bool is_root = all_wait_for(scene, unmet.ranks);
  finding.cause = is_root ? Cause::exited_rank : Cause::blocked;
  if (!is_root) finding.certainty = Certainty::likely;
  // The post may stand in a history that is missing.
  if (!unmet.timed_out || has_unknown_rank(scene.evidence)) finding.certainty = Certainty::undecided;
}

}  // namespace

void find_unmet_awaits(Scene& scene, Findings& findings) {
  const bool has_origin = has_other_origin(scene.evidence);
  for (const auto& [number, unmet] : unmet_names(scene.evidence)) {
    const std::string& name = scene.evidence.histories().store.name(number);
    const Record* post = nullptr;
    Ranks posters = posters_of(scene.evidence, number, &post);
    // Who died before it could post is named for that.
    if (posters.empty() && has_origin) continue;
    Finding finding = about(scene, unmet, name);
    if (posters.empty()) {
      blame_waiter(scene, unmet, name, finding);
    } else {
      blame_poster(scene, unmet, name, std::move(posters), *post, finding);
    }
    findings.push_back(std::move(finding));
  }
}

}  // namespace gridlock
