#include "harness/report/plan_drawing.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

constexpr int kCellWidth = 76;
constexpr int kCellHeight = 34;
constexpr int kGap = 12;
constexpr int kHeader = 22;
constexpr RankId kCellsInRow = 8;
constexpr RankId kNodesInRow = 4;

void check_drawable(const Scenario& scenario) {
  if (scenario.grids.empty())
    throw InputError("--format", fmt::format("{} has no grid to draw", scenario.name));
  if (scenario.world_size > kDrawnRanksMax) {
    throw InputError("--format", fmt::format("{} has {} ranks, a picture holds at most {}", scenario.name,
                                             scenario.world_size, kDrawnRanksMax));
  }
}

/// "p1 d0 t3": the first letter of each axis larger than 1, with the index.
std::string coordinate_text(const ProcessTopology& topology, RankId model_rank) {
  std::string text;
  const std::vector<RankId> coordinate = topology.get_coord(model_rank);
  for (std::size_t i = 0; i < coordinate.size(); ++i) {
    if (topology.sizes()[i] == 1) continue;
    text += fmt::format("{}{}{}", text.empty() ? "" : " ", topology.get_axis_names()[i].substr(0, 1),
                        coordinate[i]);
  }
  return text;
}

/// Stages all around the colour circle.
std::string colour(const ProcessTopology& topology, RankId model_rank) {
  const RankId stages = std::max(topology.get_dim("pipe"), 1);
  const RankId stage = topology.has_axis("pipe") ? topology.index_on("pipe", model_rank) : 0;
  return fmt::format("hsl({},70%,82%)", 360 * stage / stages);
}

std::string xml_text(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string cell(const Plan& plan, RankId rank, int x, int y) {
  const RankId model_rank = plan.mapping().to_model(rank);
  const bool is_member = model_rank != kNoRank;
  std::string text = fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" fill="{}" stroke="#555"/>)", x,
                                 y, kCellWidth - 4, kCellHeight - 4,
                                 is_member ? colour(plan.topology(), model_rank) : std::string("none"));
  text += fmt::format(R"(<text x="{}" y="{}" font-size="12">{}</text>)", x + 4, y + 13, rank);
  if (is_member) {
    text += fmt::format(R"(<text x="{}" y="{}" font-size="10">{}</text>)", x + 4, y + 25,
                        coordinate_text(plan.topology(), model_rank));
  }
  return text + "\n";
}

/// Where the boxes of nodes stand.
struct Layout {
  RankId per_node;
  RankId nodes;
  int node_width;
  int node_height;

  explicit Layout(const Scenario& scenario)
      : per_node(std::min(scenario.ranks_per_node, scenario.world_size)),
        nodes((scenario.world_size + per_node - 1) / per_node),
        node_width(std::min(per_node, kCellsInRow) * kCellWidth + kGap),
        node_height((per_node + kCellsInRow - 1) / kCellsInRow * kCellHeight + kHeader + kGap) {}

  int x(RankId node) const { return kGap + node % kNodesInRow * (node_width + kGap); }
  int y(RankId node) const { return kHeader + kGap + node / kNodesInRow * (node_height + kGap); }
  int width() const { return x(std::min(nodes, kNodesInRow) - 1) + node_width + kGap; }
  int height() const { return y(nodes - 1) + node_height + kGap; }
};

std::string panel(const Scenario& scenario, const ScenarioGrid& grid, const Layout& layout, int top) {
  std::string text =
      fmt::format(R"(<text x="{}" y="{}" font-size="14">{}: {}, {} recipe</text>)", kGap, top + kHeader - 4,
                  xml_text(grid.name), xml_text(grid.plan->topology().to_string()),
                  xml_text(grid.plan->spec().recipe.name)) +
      "\n";
  for (RankId node = 0; node < layout.nodes; ++node) {
    text += fmt::format(R"(<rect x="{}" y="{}" width="{}" height="{}" rx="6" fill="none" stroke="#222"/>)",
                        layout.x(node), top + layout.y(node), layout.node_width, layout.node_height);
    text += fmt::format(R"(<text x="{}" y="{}" font-size="11">node {}</text>)", layout.x(node) + kGap / 2,
                        top + layout.y(node) + kHeader - 8, node) +
            "\n";
  }
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    const RankId place = rank % layout.per_node;
    text +=
        cell(*grid.plan, rank, layout.x(rank / layout.per_node) + kGap / 2 + place % kCellsInRow * kCellWidth,
             top + layout.y(rank / layout.per_node) + kHeader + place / kCellsInRow * kCellHeight);
  }
  return text;
}

/// An edge from each member of a group to the next.
std::string edges(const Plan& plan, const std::string& prefix, std::string_view family, const char* style) {
  const auto found = plan.find_family(family);
  if (!found) return "";
  std::string text;
  for (RankId i = 0; i < plan.families()[*found].count; ++i) {
    const Members members = plan.members_of(plan.families()[*found].request_of(i));
    for (GroupRank place = 1; place < members.size(); ++place) {
      text +=
          fmt::format("  {0}{1} -- {0}{2} [style={3}];\n", prefix, members[place - 1], members[place], style);
    }
  }
  return text;
}

}  // namespace

std::string plan_svg(const Scenario& scenario) {
  check_drawable(scenario);
  const Layout layout(scenario);
  const auto panels = static_cast<int>(scenario.grids.size());
  std::string text = fmt::format(
      R"(<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" font-family="sans-serif">)",
      layout.width(), panels * layout.height());
  text += "\n";
  for (int i = 0; i < panels; ++i)
    text += panel(scenario, scenario.grids[static_cast<std::size_t>(i)], layout, i * layout.height());
  return text + "</svg>\n";
}

std::string plan_dot(const Scenario& scenario) {
  check_drawable(scenario);
  std::string text = "graph plan {\n  node [shape=box];\n";
  for (std::size_t i = 0; i < scenario.grids.size(); ++i) {
    const Plan& plan = *scenario.grids[i].plan;
    const std::string prefix = fmt::format("g{}r", i);
    for (RankId first = 0; first < scenario.world_size; first += scenario.ranks_per_node) {
      const RankId node = first / scenario.ranks_per_node;
      text += fmt::format("  subgraph cluster_{}_{} {{\n    label=\"{} node {}\";\n", i, node,
                          scenario.grids[i].name, node);
      for (RankId rank = first; rank < std::min(first + scenario.ranks_per_node, scenario.world_size);
           ++rank) {
        const RankId model_rank = plan.mapping().to_model(rank);
        const std::string label = model_rank == kNoRank ? "" : coordinate_text(plan.topology(), model_rank);
        text += fmt::format("    {}{} [label=\"{}\\n{}\"];\n", prefix, rank, rank, label);
      }
      text += "  }\n";
    }
    text += edges(plan, prefix, "tensor", "solid") + edges(plan, prefix, "pipe", "dashed");
  }
  return text + "}\n";
}

}  // namespace gridlock
