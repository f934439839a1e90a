#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// Kinds of names whose posters are looked for in all histories.
constexpr std::size_t kShapeMax = 64;

const std::string& name_of(const Scene& scene, const Awaited& awaited) {
  return scene.evidence.histories().store.name(awaited.name);
}

FoundSide side_of(Scene& scene, const Awaited& awaited) {
  const Record& last = *scene.evidence.host_last(awaited.host);
  return {awaited.waiting, position_text(scene.evidence, awaited.host), label_text(scene.evidence, last),
          place_text(scene.evidence, last)};
}

std::string without_digits(const std::string& name) {
  std::string text = name;
  std::erase_if(text, [](char c) { return c >= '0' && c <= '9'; });
  return text;
}

/// Ranks that posted at least two names which are `shape` but for their numbers: they were to post the next
/// one as well. O(all histories).
Ranks usual_posters(const Scene& scene, const std::string& shape) {
  const HistoryStore& store = scene.evidence.histories().store;
  // Posts of that shape in each history: a node's past has a smaller number.
  std::vector<int> posts(store.node_count(), 0);
  for (std::size_t i = 1; i < posts.size(); ++i) {
    const auto node = static_cast<HistoryNode>(i);
    const Record& record = store.record(node);
    const bool is_alike =
        record.kind == RecordKind::post && without_digits(store.name(record.detail)) == shape;
    posts[i] = posts[static_cast<std::size_t>(store.past(node))] + (is_alike ? 1 : 0);
  }
  Ranks ranks;
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (posts[static_cast<std::size_t>(scene.evidence.last_node(rank))] >= 2) ranks.push_back(rank);
  }
  return ranks;
}

/// The first number in a name; -1 when it has none.
RankId number_in(const std::string& name) {
  const auto first = std::find_if(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
  RankId number = -1;
  std::from_chars(name.data() + (first - name.begin()), name.data() + name.size(), number);
  return number;
}

/// The rank whose number stands in the name, where at least one other rank posted a name of that shape with
/// its own number in it, and none one with another.
Ranks poster_by_number(const Scene& scene, const Awaited& awaited) {
  const HistoryStore& store = scene.evidence.histories().store;
  const RankId number = number_in(name_of(scene, awaited));
  if (number < 0 || number >= scene.evidence.world_size()) return {};
  const std::string shape = without_digits(name_of(scene, awaited));
  bool has_example = false;
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    for (HistoryNode node = scene.evidence.last_node(rank); node != HistoryNode::empty;
         node = store.past(node)) {
      const Record& record = store.record(node);
      if (record.kind != RecordKind::post) continue;
      const std::string& name = store.name(record.detail);
      if (without_digits(name) != shape) continue;
      if (number_in(name) != rank) return {};
      has_example = true;
    }
  }
  return has_example ? Ranks{number} : Ranks{};
}

/// Whether almost everybody waits for the name.
bool has_majority(const Scene& scene, const Awaited& awaited) {
  const auto size = static_cast<std::size_t>(scene.evidence.world_size());
  return awaited.waiting.size() >= 2 && awaited.waiting.size() * 2 > size;
}

/// The ranks that could still have posted: they ended, or they wait for those that wait for the name.
Ranks others_left(const Scene& scene, const Awaited& awaited) {
  Ranks ranks;
  std::vector<bool> waits(static_cast<std::size_t>(scene.waits.graph.size()), false);
  scene.waits.graph.mark_waiters({awaited.node}, waits);
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    const HostState state = scene.evidence.state(rank);
    const bool could = state == HostState::returned || (is_waiting(state) && state != HostState::awaiting &&
                                                        waits[static_cast<std::size_t>(rank)]);
    if (could) ranks.push_back(rank);
  }
  return ranks;
}

/// Every rank has ended or waits for a name: nobody is left who could post.
bool nobody_is_left(const Scene& scene) {
  for (int host = 0; host < scene.evidence.host_count(); ++host) {
    const HostState state = scene.evidence.host_state(host);
    const bool joins = state == HostState::joining && scene.evidence.has_threads(host);
    if (state != HostState::returned && state != HostState::awaiting && !joins) return false;
  }
  return true;
}

Finding about(Scene& scene, const Awaited& awaited) {
  Finding finding;
  finding.code = Code::HOST_BLOCKED;
  finding.cause = Cause::missing;
  finding.relation = Relation::owner;
  finding.blamed = awaited.waiting;
  finding.nodes = {awaited.node};
  finding.sides = {side_of(scene, awaited)};
  finding.edges = {{awaited.waiting, {}, "for a post that never comes"}};
  finding.summary =
      fmt::format("{{who}} waited for '{}', which no rank has posted.", name_of(scene, awaited));
  return finding;
}

void blame_posters(Scene& scene, const Awaited& awaited, Ranks posters, const std::string& why,
                   Finding& finding) {
  finding.relation = Relation::edge;
  finding.certainty = Certainty::likely;
  finding.alternatives = {awaited.waiting};
  finding.edges = {{awaited.waiting, posters, "for '" + name_of(scene, awaited) + "'"}};
  finding.sides.insert(finding.sides.begin(),
                       {posters, position_text(scene.evidence, posters.front()), "", ""});
  finding.summary =
      fmt::format("{{who}} never posted '{}', for which {} {}: {}.", name_of(scene, awaited),
                  ranks_text(awaited.waiting), awaited.waiting.size() == 1 ? "waits" : "wait", why);
  finding.blamed = std::move(posters);
}

void report(Scene& scene, const Awaited& awaited, Ranks posters, bool is_last, Findings& findings) {
  Finding finding = about(scene, awaited);
  const auto is_waiter = [&](RankId rank) {
    return std::find(awaited.waiting.begin(), awaited.waiting.end(), rank) != awaited.waiting.end();
  };
  std::erase_if(posters, is_waiter);
  Ranks numbered = poster_by_number(scene, awaited);
  std::erase_if(numbered, is_waiter);
  Ranks others = others_left(scene, awaited);
  if (!posters.empty()) {
    blame_posters(scene, awaited, std::move(posters), "it posted the others of that kind", finding);
  } else if (!numbered.empty()) {
    blame_posters(scene, awaited, std::move(numbered), "others posted the one with their own number",
                  finding);
  } else if (!others.empty() && has_majority(scene, awaited)) {
    blame_posters(scene, awaited, std::move(others), "no other rank is left that could", finding);
  } else if (!others.empty()) {
    finding.alternatives = {std::move(others)};
  }
  // A rank that is stuck or lost itself might have posted it.
  if (!is_last) {
    finding.certainty = Certainty::likely;
    finding.cause = Cause::blocked;
  }
  findings.push_back(std::move(finding));
}

/// Several ranks that all wait for names, different ones, and nobody else who could post: what each is to
/// post stands behind its own wait.
void report_circle(Scene& scene, Findings& findings) {
  const std::vector<Awaited>& names = scene.waits.awaited;
  Finding finding = about(scene, names.front());
  finding.cause = Cause::cycle;
  finding.certainty = Certainty::likely;
  finding.relation = Relation::cycle;
  finding.blamed.clear();
  finding.sides.clear();
  finding.edges.clear();
  finding.nodes.clear();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Awaited& next = names[(i + 1) % names.size()];
    finding.blamed.insert(finding.blamed.end(), names[i].waiting.begin(), names[i].waiting.end());
    finding.nodes.push_back(names[i].node);
    finding.sides.push_back(side_of(scene, names[i]));
    finding.edges.push_back({names[i].waiting, next.waiting, "for '" + name_of(scene, names[i]) + "'"});
  }
  finding.summary = fmt::format(
      "{{who}} each wait for a name that none of them has posted, '{}' and '{}' among them: whoever is to "
      "post one "
      "waits for another one first.",
      name_of(scene, names.front()), name_of(scene, names.back()));
  finding.hint = "Post before awaiting, on one of the ranks at least.";
  findings.push_back(std::move(finding));
}

}  // namespace

void find_awaited_names(Scene& scene, Findings& findings) {
  const bool is_last = nobody_is_left(scene);
  const std::vector<Awaited>& names = scene.waits.awaited;
  const bool has_ended = [&] {
    for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
      if (scene.evidence.state(rank) == HostState::returned) return true;
    }
    return false;
  }();
  const bool is_planned = std::any_of(names.begin(), names.end(),
                                      [](const Awaited& awaited) { return !awaited.posters.empty(); });
  if (names.size() > 1 && is_last && !has_ended && !is_planned) return report_circle(scene, findings);
  std::map<std::string, Ranks> posters;
  for (const Awaited& awaited : names) {
    // What holds those who would post it is the cause.
    if (!awaited.posters.empty()) continue;
    const std::string shape = without_digits(name_of(scene, awaited));
    const auto [entry, added] = posters.try_emplace(shape);
    if (added && posters.size() <= kShapeMax) entry->second = usual_posters(scene, shape);
    report(scene, awaited, entry->second, is_last, findings);
  }
}

}  // namespace gridlock
