#include "core/diagnosis/render.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/diagnosis/coordinates.h"
#include "core/diagnosis/describe.h"

namespace gridlock {
namespace {

constexpr std::size_t kWidth = 110;
/// Sides and edges beyond this are counted.
constexpr std::size_t kListMax = 8;

/// "name  text", the text broken between words and kept in its column.
std::string entry(std::string_view name, const std::string& text) {
  constexpr std::size_t kColumn = 12;
  std::string result = fmt::format("  {:<{}}", name, kColumn - 2);
  std::size_t column = kColumn;
  std::size_t from = 0;
  while (from < text.size()) {
    const std::size_t end = std::min(text.find(' ', from), text.size());
    if (column > kColumn && column + 1 + end - from > kWidth) {
      result += '\n' + std::string(kColumn, ' ');
      column = kColumn;
    }
    if (column > kColumn) result += ' ', ++column;
    result += text.substr(from, end - from);
    column += end - from;
    from = end + 1;
  }
  return result + '\n';
}

std::string relation_text(const Diagnosis& diagnosis, std::size_t world_size) {
  const Blame& blame = diagnosis.blame;
  switch (blame.relation) {
    case Relation::owner:
      return "the trouble starts there";
    case Relation::minority:
      return "unlike the majority";
    case Relation::tie:
      return "a tie: the sides are equally large, nobody can say which is right";
    case Relation::edge:
      return diagnosis.certainty == Certainty::undecided ? "others wait for what only it can do"
                                                         : "what others wait for will not come from there";
    case Relation::cycle:
      return "each waits for the next";
    case Relation::all:
      return blame.ranks.size() == world_size ? "the same on every rank" : "the same on all of them";
  }
  return "";
}

/// Ranks by their coordinates, where they have some in common. Of many the numbers say little.
std::string who_text(const RankSet& ranks, const Histories& histories, bool is_blamed = false) {
  constexpr std::size_t kFew = 64;
  const bool is_few = ranks.size() < kFew;
  if (is_few && !is_blamed) return ranks_text(ranks);
  const std::string coordinates = coordinates_text(histories.groups, ranks);
  if (coordinates.empty()) return ranks_text(ranks);
  if (is_few) return fmt::format("{} ({})", ranks_text(ranks), coordinates);
  constexpr std::size_t kRunMax = 2;
  const bool is_short = ranks.runs().size() <= kRunMax;
  return fmt::format("{} ({} ranks{})", coordinates, ranks.size(), is_short ? ": " + ranks.to_string() : "");
}

std::string side_text(const Divergence& side, const Histories& histories) {
  std::string text = fmt::format("{}: {}", who_text(side.ranks, histories), side.call);
  if (!side.label.empty()) text += fmt::format("; in {}", side.label);
  if (!side.place.empty()) text += fmt::format("; at {}", side.place);
  return text;
}

std::string edge_text(const WaitEdge& edge, const Histories& histories) {
  std::string text = fmt::format("{} {} {}", who_text(edge.from, histories),
                                 edge.from.size() == 1 ? "waits" : "wait", edge.reason);
  if (!edge.to.empty()) text += fmt::format(" -> {}", who_text(edge.to, histories));
  return text;
}

template <typename Items, typename Text>
std::string list(std::string_view name, const Items& items, Text text_of) {
  std::string text;
  for (std::size_t i = 0; i < std::min(items.size(), kListMax); ++i)
    text += entry(i == 0 ? name : "", text_of(items[i]));
  if (items.size() > kListMax) text += entry("", fmt::format("... and {} more", items.size() - kListMax));
  return text;
}

}  // namespace

std::string render(const Diagnosis& diagnosis, const Histories& histories) {
  std::string text = fmt::format("{} {} ({})\n", severity_name(diagnosis.severity), code_name(diagnosis.code),
                                 certainty_name(diagnosis.certainty));
  text += entry("what", diagnosis.summary);
  text += entry("who", fmt::format("{}; {}", who_text(diagnosis.blame.ranks, histories, true),
                                   relation_text(diagnosis, histories.ranks.size())));
  text += list(diagnosis.blame.relation == Relation::tie ? "sides" : "or", diagnosis.blame.alternatives,
               [&](const RankSet& ranks) { return who_text(ranks, histories); });
  text += list("parted", diagnosis.first_divergence,
               [&](const Divergence& side) { return side_text(side, histories); });
  text += list("waits", diagnosis.wait_for, [&](const WaitEdge& edge) { return edge_text(edge, histories); });
  if (!diagnosis.waiting.empty()) text += entry("only wait", who_text(diagnosis.waiting, histories));
  text += entry("change", diagnosis.hint);
  return text;
}

}  // namespace gridlock
