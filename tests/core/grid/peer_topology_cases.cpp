// Topology queries that DeepSpeed's and Megatron's tests make, asked of ProcessTopology.
#include "core/grid/factors.h"
#include "core/grid/named_topology.h"
#include "tests/core/grid/peer_cases.h"

namespace gridlock::testing {
namespace {

std::vector<AxisIndex> indexes(const Json& args) {
  std::vector<AxisIndex> parts;
  for (const auto& arg : args.items()) parts.push_back({arg.key(), arg.value()});
  return parts;
}

// DeepSpeed's style: two digits, data and pipe left out unless the case says otherwise.
RankReprStyle deepspeed_style(const Json& args) {
  RankReprStyle style;
  style.digits = 2;
  style.omit_axes = args.value("omit_axes", style.omit_axes);
  style.inner_sep = args.value("inner_sep", style.inner_sep);
  style.outer_sep = args.value("outer_sep", style.outer_sep);
  return style;
}

Json every_axis_list(const ProcessTopology& topology, const std::string& axis) {
  Json lists = Json::array();
  for (RankId i = 0; i < topology.get_dim(axis); ++i)
    lists.push_back(topology.get_axis_list(axis, i).to_vector());
  return lists;
}

Json every_pair_of_first_axes(const ProcessTopology& topology) {
  const std::vector<std::string>& axes = topology.get_axis_names();
  Json rows = Json::array();
  for (RankId a = 0; a < topology.sizes()[0]; ++a) {
    for (RankId b = 0; b < topology.sizes()[1]; ++b) {
      const std::vector<AxisIndex> filter{{axes[0], a}, {axes[1], b}};
      rows.push_back({a, b, topology.filter_match(filter).to_vector()});
    }
  }
  return rows;
}

template <typename Ask>
Json of_every_rank(const ProcessTopology& topology, Ask&& ask) {
  Json values = Json::array();
  for (RankId rank = 0; rank < topology.world_size(); ++rank) values.push_back(ask(rank));
  return values;
}

Json default_topologies(const Json& world_sizes) {
  Json sizes = Json::object();
  for (const auto& world : world_sizes.items()) {
    sizes[world.key()] = default_pipe_data(std::stoll(world.key())).sizes();
  }
  return sizes;
}

Json answer_on_topology(const std::string& call, const Json& args, const ProcessTopology& topology) {
  if (call == "get_rank") return topology.get_rank(indexes(args));
  if (call == "get_coord") return topology.get_coord(args.at("rank"));
  if (call == "get_dim") return topology.get_dim(args.at("axis").get<std::string>());
  if (call == "filter_match") return topology.filter_match(indexes(args)).to_vector();
  if (call == "get_rank_repr") return topology.get_rank_repr(args.at("rank"), deepspeed_style(args));
  if (call == "get_axis_list") {
    return topology.get_axis_list(args.at("axis").get<std::string>(), args.at("idx")).to_vector();
  }
  if (call == "get_axis_comm_lists") {
    return lists_of(topology.get_axis_comm_lists(args.at("axis").get<std::string>()));
  }
  if (call == "get_axis_list(axis, idx) for every idx") return every_axis_list(topology, args.at("axis"));
  if (call == "filter_match for every pair of values of the first two axes")
    return every_pair_of_first_axes(topology);
  if (call == "get_coord(rank) for every rank") {
    return of_every_rank(topology, [&](RankId rank) { return topology.get_coord(rank); });
  }
  if (call == "get_rank_repr(rank, omit_axes=[]) for every rank") {
    const RankReprStyle style = deepspeed_style({{"omit_axes", Json::array()}});
    return of_every_rank(topology, [&](RankId rank) { return topology.get_rank_repr(rank, style); });
  }
  return kNotHandled;
}

// Megatron names axes fastest first: the reverse of a topology.
ProcessTopology fastest_first(std::vector<std::string> names, std::vector<std::int64_t> sizes) {
  return {{names.rbegin(), names.rend()}, {sizes.rbegin(), sizes.rend()}};
}

std::vector<std::string> split_at_dash(const std::string& text) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == '-') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

Json rank_generator(const Json& sizes, const std::string& token) {
  const std::vector<std::string> order = split_at_dash(sizes.at("order"));
  std::vector<std::int64_t> dims;
  for (const std::string& axis : order) dims.push_back(sizes.at(axis));
  return lists_of(fastest_first(order, dims).comm_lists(split_at_dash(token)));
}

Json masked_groups(const Json& topology, const std::vector<bool>& mask) {
  const std::vector<std::string> order = split_at_dash(topology.at("order"));
  std::vector<std::string> inside;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (mask[i]) inside.push_back(order[i]);
  }
  return lists_of(fastest_first(order, topology.at("parallel_size")).comm_lists(inside));
}

}  // namespace

Json answer_topology_case(const Json& peer_case) {
  const std::string call = peer_case.at("call");
  const Json& args = peer_case.at("args");
  if (call == "_prime_factors") return answer_or_refusal([&] { return prime_factors(args.at("N")); });
  if (call == "PipelineParallelGrid() without a topology: [pp, dp] by world size") {
    return default_topologies(peer_case.at("expect"));
  }
  const Json& topology = peer_case.at("topology");
  if (topology.is_null() || !topology.contains("axes")) return kNotHandled;
  return answer_on_topology(call, args, recorded_topology(topology));
}

Json answer_megatron_enumeration_case(const Json& peer_case) {
  const std::string call = peer_case.at("call");
  const Json& topology = peer_case.at("topology");
  const Json& args = peer_case.at("args");
  if (call == "RankGenerator.get_ranks") return rank_generator(topology, args.at("token"));
  if (call == "generate_masked_orthogonal_rank_groups") return masked_groups(topology, args.at("mask"));
  const std::vector<std::string> dims = args.value("dims", std::vector<std::string>{});
  if (call == "create_pg enumeration" || call == "_gen_rank_enum") {
    return lists_of(fastest_first(topology.at("dim_names"), topology.at("shape")).comm_lists(dims));
  }
  if (call == "create_pg enumeration, view expert = (expt_tp,ep,pp) 2x2x2, pp shared") {
    return lists_of(fastest_first({"expt_tp", "ep", "pp"}, {2, 2, 2}).comm_lists(dims));
  }
  return kNotHandled;
}

}  // namespace gridlock::testing
