#include "core/diagnosis/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"

namespace gridlock {
namespace {

/// Verdict::diagnoses stays a list that somebody can read; further independent causes are counted.
constexpr std::size_t kDiagnosisMax = 64;

Findings find_all(Scene& scene) {
  Findings findings;
  find_gone_ranks(scene, findings);
  find_suspended_ranks(scene, findings);
  find_unmet_awaits(scene, findings);
  find_creation_divergence(scene, findings);
  find_making_divergence(scene, findings);
  find_membership_divergence(scene, findings);
  find_missing_creators(scene, findings);
  find_refused_calls(scene, findings);
  find_argument_mismatches(scene, findings);
  find_transfer_mismatches(scene, findings);
  find_incomplete_aborts(scene, findings);
  find_missing_members(scene, findings);
  find_skipped_calls(scene, findings);
  find_unmatched_transfers(scene, findings);
  find_shifted_transfers(scene, findings);
  find_shifted_members(scene, findings);
  find_cycles(scene, findings);
  find_incomplete_host_meetings(scene, findings);
  find_grouping_mismatches(scene, findings);
  find_silent_transfers(scene, findings);
  find_blocked_hosts(scene, findings);
  return findings;
}

/// Ranks that each wait for a message which the next one of them never makes: none of them is where it began.
/// Merges `alike` when it is so, with all of its ranks blamed.
void unite_circle(Scene& scene, Findings& alike) {
  std::vector<RankId> blamed;
  std::vector<RankId> waiting;
  for (const Finding& finding : alike) {
    blamed.insert(blamed.end(), finding.blamed.begin(), finding.blamed.end());
    waiting.push_back(scene.waits.rank_of(finding.nodes.front()));
  }
  const bool is_circle = alike.size() > 1 && RankSet(blamed) == RankSet(waiting) &&
                         std::all_of(alike.begin(), alike.end(), [&](const Finding& finding) {
                           return finding.code == alike.front().code && finding.relation == Relation::edge;
                         });
  if (!is_circle) return;
  Finding all = alike.front();
  all.relation = Relation::all;
  all.blamed = std::move(blamed);
  all.alternatives.clear();
  all.shape.clear();
  all.sides.clear();
  all.edges.clear();
  all.nodes.clear();
  for (const Finding& finding : alike) {
    all.sides.push_back(finding.sides.back());
    all.edges.insert(all.edges.end(), finding.edges.begin(), finding.edges.end());
    all.nodes.insert(all.nodes.end(), finding.nodes.begin(), finding.nodes.end());
  }
  const bool is_recv = all.code == Code::P2P_UNMATCHED_RECV;
  all.summary =
      fmt::format("{{who}} all wait in a {} whose other end none of them ever {}: {} of rank {}, for one.",
                  is_recv ? "recv" : "send", is_recv ? "sends" : "receives", all.sides.front().call,
                  all.sides.front().ranks.front());
  alike = {std::move(all)};
}

/// Whose own call is known to be the odd one explains those that merely wait for each other.
void keep_owners(Findings& equals) {
  const auto is_owner = [](const Finding& finding) { return finding.relation == Relation::owner; };
  if (equals.size() < 2 || std::none_of(equals.begin(), equals.end(), is_owner)) return;
  std::erase_if(equals, [&](const Finding& finding) { return !is_owner(finding); });
}

/// Findings about transfers, of one order of causes, that wait for each other: none explains another.
std::size_t end_of_equals(const Findings& findings, std::size_t first, const std::vector<int>& depths) {
  std::size_t last = first + 1;
  while (last < findings.size() && !findings[first].shape.empty() && !findings[last].shape.empty() &&
         findings[last].cause == findings[first].cause && depths[last] == depths[first]) {
    ++last;
  }
  return last;
}

/// Findings about what the same ranks left out, each in the place of one of them: sequences of different
/// groups do not tell which was first, the program does.
void sort_by_place(Findings& causes) {
  std::map<std::pair<Cause, std::vector<RankId>>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < causes.size(); ++i) {
    if (causes[i].place >= 0) alike[{causes[i].cause, causes[i].blamed}].push_back(i);
  }
  for (const auto& [key, places] : alike) {
    Findings list;
    for (const std::size_t i : places) list.push_back(std::move(causes[i]));
    std::stable_sort(list.begin(), list.end(),
                     [](const Finding& a, const Finding& b) { return a.place < b.place; });
    for (std::size_t i = 0; i < places.size(); ++i) causes[places[i]] = std::move(list[i]);
  }
}

/// Ranks whose programs ended leave out all that they would have called: one cause, told by the first call.
void unite_ends(Scene& scene, Findings& causes) {
  std::map<std::vector<RankId>, std::size_t> first;
  std::vector<bool> is_told(causes.size(), false);
  for (std::size_t i = 0; i < causes.size(); ++i) {
    const Finding& finding = causes[i];
    const bool has_ended = finding.place >= kBehindProgram &&
                           std::all_of(finding.blamed.begin(), finding.blamed.end(), [&](RankId rank) {
                             return scene.evidence.state(rank) == HostState::returned;
                           });
    if (!has_ended) continue;
    const auto [entry, added] = first.try_emplace(finding.blamed, i);
    is_told[i] = !added;
    if (added) continue;
    Finding& all = causes[entry->second];
    all.nodes.insert(all.nodes.end(), finding.nodes.begin(), finding.nodes.end());
    all.edges.insert(all.edges.end(), finding.edges.begin(), finding.edges.end());
  }
  std::size_t i = 0;
  std::erase_if(causes, [&](const Finding&) { return is_told[i++]; });
}

/// Causes only, best first: of findings of one order the one that waits for no other, then the earliest, then
/// the one with the lowest rank. A finding is a consequence when one of its nodes waits for a cause that is
/// at least as good.
Findings causes_of(Scene& scene, Findings findings, std::vector<bool>& explained) {
  const std::vector<int> component_of = scene.waits.graph.components();
  const auto depth = [&](const Finding& finding) {
    return component_of[static_cast<std::size_t>(finding.nodes.front())];
  };
  std::stable_sort(findings.begin(), findings.end(), [&](const Finding& a, const Finding& b) {
    if (a.cause != b.cause) return a.cause < b.cause;
    return depth(a) < depth(b);
  });
  std::vector<int> depths;
  for (const Finding& finding : findings) depths.push_back(depth(finding));
  Findings causes;
  for (std::size_t first = 0; first < findings.size();) {
    const std::size_t last = end_of_equals(findings, first, depths);
    Findings equals;
    std::set<int> told;
    for (; first < last; ++first) {
      Finding& finding = findings[first];
      const bool is_explained = std::any_of(finding.nodes.begin(), finding.nodes.end(), [&](int node) {
        return explained[static_cast<std::size_t>(node)];
      });
      if (!is_explained && told.insert(finding.nodes.front()).second) equals.push_back(std::move(finding));
    }
    unite_circle(scene, equals);
    keep_owners(equals);
    for (Finding& finding : equals) {
      scene.waits.graph.mark_waiters(finding.nodes, explained);
      causes.push_back(std::move(finding));
    }
  }
  std::stable_sort(causes.begin(), causes.end(), [](const Finding& a, const Finding& b) {
    if (a.cause != b.cause) return a.cause < b.cause;
    return a.sequence != b.sequence ? a.sequence < b.sequence : a.blamed.front() < b.blamed.front();
  });
  sort_by_place(causes);
  unite_ends(scene, causes);
  return causes;
}

void append(std::vector<RankId>& to, const std::vector<RankId>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

/// The same trouble in several groups of one family is one finding: equal code, equal texts.
std::string merge_key(const Finding& finding) {
  std::string key =
      fmt::format("{} {} {}", code_name(finding.code), relation_name(finding.relation), finding.sequence);
  if (!finding.shape.empty()) return key + "\n" + finding.shape;
  for (const FoundSide& side : finding.sides)
    key += fmt::format("\n{}|{}|{}", side.call, side.label, side.place);
  return key;
}

void merge_into(Finding& first, const Finding& other) {
  append(first.blamed, other.blamed);
  append(first.nodes, other.nodes);
  for (std::size_t i = 0; i < std::min(first.alternatives.size(), other.alternatives.size()); ++i) {
    append(first.alternatives[i], other.alternatives[i]);
  }
  for (std::size_t i = 0; i < first.sides.size(); ++i) append(first.sides[i].ranks, other.sides[i].ranks);
  const bool same_edges = first.edges.size() == other.edges.size() && first.relation != Relation::cycle;
  for (std::size_t i = 0; same_edges && i < first.edges.size(); ++i) {
    append(first.edges[i].from, other.edges[i].from);
    append(first.edges[i].to, other.edges[i].to);
  }
  first.certainty = std::max(first.certainty, other.certainty);
}

/// Equal for one place where ranks parted that was found in two calls which wait at the same time.
std::string divergence_key(const Finding& finding) {
  std::string key = fmt::format("{} {} {} {}", code_name(finding.code), relation_name(finding.relation),
                                RankSet(finding.blamed).to_string(), finding.summary);
  for (const FoundSide& side : finding.sides) {
    key += fmt::format("\n{}|{}|{}|{}", RankSet(side.ranks).to_string(), side.call, side.label, side.place);
  }
  return key;
}

Findings merged(Findings findings) {
  Findings list;
  std::map<std::string, std::size_t> known;
  std::set<std::string> told;
  for (Finding& finding : findings) {
    if (finding.cause == Cause::argument && !told.insert(divergence_key(finding)).second) continue;
    const auto [entry, added] = known.try_emplace(merge_key(finding), list.size());
    if (added) {
      list.push_back(std::move(finding));
    } else {
      merge_into(list[entry->second], finding);
    }
  }
  return list;
}

std::string with_ranks(std::string text, const RankSet& ranks) {
  const std::string token = "{who}";
  for (std::size_t at = text.find(token); at != std::string::npos; at = text.find(token)) {
    text.replace(at, token.size(), ranks_text(ranks));
  }
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

RankSet waiters_of(Scene& scene, const Finding& finding, const RankSet& blamed) {
  std::vector<bool> marked(static_cast<std::size_t>(scene.waits.graph.size()), false);
  scene.waits.graph.mark_waiters(finding.nodes, marked);
  std::vector<RankId> waiting;
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (!marked[static_cast<std::size_t>(rank)]) continue;
    if (is_waiting(scene.evidence.state(rank))) waiting.push_back(rank);
  }
  return RankSet(std::move(waiting)).without(blamed);
}

Diagnosis diagnosis_of(Scene& scene, const Finding& finding) {
  Diagnosis result;
  result.code = finding.code;
  result.certainty = finding.certainty;
  result.severity = finding.severity;
  result.blame.ranks = RankSet(finding.blamed);
  result.blame.relation = finding.relation;
  for (const auto& side : finding.alternatives) result.blame.alternatives.emplace_back(side);
  // Where it may have been others after all, it is not certain.
  if (finding.relation == Relation::owner && !finding.alternatives.empty())
    result.certainty = std::max(result.certainty, Certainty::likely);
  result.summary = with_ranks(finding.summary, result.blame.ranks);
  for (const FoundSide& side : finding.sides) {
    result.first_divergence.push_back({RankSet(side.ranks), side.call, side.label, side.place});
  }
  for (const FoundEdge& edge : finding.edges) {
    result.wait_for.push_back({RankSet(edge.from), RankSet(edge.to), edge.reason});
  }
  result.waiting = waiters_of(scene, finding, result.blame.ranks);
  if (result.wait_for.empty() && !result.waiting.empty()) {
    result.wait_for = {{result.waiting, result.blame.ranks, "directly or through others"}};
  }
  result.hint = finding.hint.empty() ? std::string(code_info(finding.code).fix) : finding.hint;
  return result;
}

/// A history that is missing could hold the other half of the story: only what a rank's own record or a
/// majority proves stays certain.
void lower_certainty(Diagnosis& diagnosis) {
  switch (diagnosis.blame.relation) {
    case Relation::owner:
    case Relation::minority:
    case Relation::all:
      return;
    case Relation::tie:
      diagnosis.certainty = Certainty::undecided;
      return;
    case Relation::edge:
    case Relation::cycle:
      diagnosis.certainty = std::max(diagnosis.certainty, Certainty::likely);
      return;
  }
}

bool has_all_histories(const Histories& histories) {
  return std::none_of(histories.ranks.begin(), histories.ranks.end(),
                      [](const RankEnd& end) { return end.state == HostState::unknown; });
}

/// Nobody waits for what was left open: the run ended, and the report says what it left.
void turn_into_leftover(Finding& finding) {
  const bool is_missing = finding.cause == Cause::missing || finding.cause == Cause::no_history;
  if (!is_missing || finding.code == Code::HOST_BLOCKED) return;
  finding.code = Code::LEFTOVER_WORK;
  finding.summary = "Work was left open at the end, and nobody waits for it: " + finding.summary;
}

void find_plain_leftovers(Scene& scene, const std::vector<bool>& explained, Findings& findings) {
  for (const Head& head : scene.waits.heads) {
    if (explained[static_cast<std::size_t>(head.node)] || head.calls.empty()) continue;
    const Record& call = *head.calls.front();
    Finding finding;
    finding.code = Code::LEFTOVER_WORK;
    finding.blamed = {head.rank};
    finding.nodes = {head.node};
    const std::string text = short_call_text(scene.evidence, head.rank, call);
    finding.summary = fmt::format("{{who}} returned with {} still open.", text);
    if (scene.evidence.was_let_down(head.rank)) {
      finding.relation = Relation::edge;
      finding.certainty = Certainty::undecided;
      finding.summary = fmt::format("{{who}} gave up {}, and no history tells who let it down.", text);
    }
    finding.sides = {{{head.rank},
                      call_text(scene.evidence, head.rank, call),
                      label_text(scene.evidence, call),
                      place_text(scene.evidence, call)}};
    findings.push_back(std::move(finding));
  }
}

Outcome outcome_of(RunEnd end) {
  switch (end) {
    case RunEnd::returned:
      return Outcome::passed;
    case RunEnd::quiescent:
      return Outcome::stall;
    case RunEnd::step_limit:
      return Outcome::step_limit;
    case RunEnd::interrupted:
    case RunEnd::stopped:
      return Outcome::interrupted;
    case RunEnd::backend_error:
      return Outcome::backend_error;
    case RunEnd::deadline:
      return Outcome::timeout;
  }
  return Outcome::stall;
}

Outcome decide(RunEnd end, const std::vector<Diagnosis>& diagnoses, std::span<const Complaint> complaints) {
  Outcome outcome = outcome_of(end);
  if (!diagnoses.empty()) {
    // The first cause says what kind of stall it is; other ends of a run stand beside it.
    const Outcome caused = code_info(diagnoses.front().code).outcome;
    const bool decides = end == RunEnd::quiescent || end == RunEnd::deadline;
    outcome = decides ? caused : worse(outcome, caused);
  }
  for (const Complaint& complaint : complaints) {
    const bool is_wrong = complaint.kind == Complaint::Kind::wrong_result;
    outcome = worse(outcome, is_wrong ? Outcome::wrong_result : Outcome::expectation_failed);
  }
  return outcome;
}

Scene make_scene(Evidence& evidence, Waits& waits) {
  Scene scene{evidence, waits, std::vector<bool>(static_cast<std::size_t>(waits.graph.size()), false)};
  for (int node = 0; node < waits.graph.size(); ++node) {
    for (const int to : waits.graph.waits_for(node)) scene.is_awaited[static_cast<std::size_t>(to)] = true;
  }
  return scene;
}

}  // namespace

Verdict judge(const Histories& histories, RunEnd end, std::span<const Complaint> complaints) {
  Evidence evidence(histories);
  Waits waits(evidence);
  Scene scene = make_scene(evidence, waits);
  std::vector<bool> explained(static_cast<std::size_t>(waits.graph.size()), false);
  Findings causes = causes_of(scene, find_all(scene), explained);
  if (end == RunEnd::returned) {
    for (Finding& finding : causes) turn_into_leftover(finding);
    if (causes.empty()) find_unreceived(scene, causes);
    find_plain_leftovers(scene, explained, causes);
  }
  if (causes.empty() && end == RunEnd::returned) find_unlike_notes(scene, causes);
  if (end == RunEnd::quiescent) find_unexplained(scene, explained, causes);
  if (end == RunEnd::deadline && causes.empty()) find_late_work(scene, causes);
  // Ranks that were cut off while they could go on would have come: nobody is missing.
  if (end == RunEnd::step_limit || end == RunEnd::stopped) {
    std::erase_if(causes, [](const Finding& finding) { return finding.cause >= Cause::missing; });
  }
  // What a rank did not do any more that the backend failed may be a consequence.
  if (end == RunEnd::backend_error) {
    for (Finding& finding : causes) {
      if (finding.cause >= Cause::missing) finding.certainty = std::max(finding.certainty, Certainty::likely);
    }
  }
  Verdict verdict;
  const bool has_all = has_all_histories(histories);
  const Findings listed = merged(std::move(causes));
  for (std::size_t i = 0; i < std::min(listed.size(), kDiagnosisMax); ++i) {
    verdict.diagnoses.push_back(diagnosis_of(scene, listed[i]));
    if (!has_all) lower_certainty(verdict.diagnoses.back());
  }
  verdict.further_causes = listed.size() - verdict.diagnoses.size();
  verdict.outcome = decide(end, verdict.diagnoses, complaints);
  const bool has_causes = !verdict.diagnoses.empty();
  for (Diagnosis& warning : find_rank_order_surprises(histories))
    verdict.diagnoses.push_back(std::move(warning));
  for (Diagnosis& warning : find_sorted_members(evidence)) verdict.diagnoses.push_back(std::move(warning));
  for (Diagnosis& warning : find_other_devices(evidence)) verdict.diagnoses.push_back(std::move(warning));
  // Where something is wrong, what the labels do not fit follows from it; and where ranks wait for each
  // other, that says more than an order.
  if (end == RunEnd::returned && !has_causes) warn_of_labels(evidence, verdict.diagnoses);
  if (!has_causes) warn_of_call_orders(evidence, verdict.diagnoses);
  for (Diagnosis& warning : find_buffer_races(evidence)) verdict.diagnoses.push_back(std::move(warning));
  for (Diagnosis& warning : find_shared_groups(evidence)) verdict.diagnoses.push_back(std::move(warning));
  for (Diagnosis& warning : find_large_batches(histories)) verdict.diagnoses.push_back(std::move(warning));
  return verdict;
}

}  // namespace gridlock
