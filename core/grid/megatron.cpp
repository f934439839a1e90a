#include "core/grid/megatron.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <functional>
#include <initializer_list>
#include <numeric>

#include "core/base/input_error.h"
#include "core/grid/factors.h"

namespace gridlock {
namespace {

const std::string kPlace = "megatron";
const std::array<std::string, 5> kAxes = {"tp", "cp", "ep", "dp", "pp"};

[[noreturn]] void refuse(std::string message, std::string hint = "") {
  throw InputError(kPlace, std::move(message), std::move(hint));
}

void check_positive(const MegatronSizes& sizes) {
  const auto check = [](const char* name, std::int64_t size) {
    if (size < 1) refuse(fmt::format("the {} size must be at least 1, got {}", name, size));
  };
  check("tensor-model-parallel", sizes.tensor);
  check("pipeline-model-parallel", sizes.pipe);
  check("context-parallel", sizes.context);
  check("expert-model-parallel", sizes.expert);
  if (sizes.expert_tensor != 0) check("expert-tensor-parallel", sizes.expert_tensor);
  for (const std::int64_t level : sizes.context_levels) check("hierarchical context-parallel", level);
}

std::vector<std::string> split_order(const std::string& order) {
  std::vector<std::string> axes;
  for (std::size_t start = 0; start <= order.size();) {
    const std::size_t end = std::min(order.find('-', start), order.size());
    axes.push_back(order.substr(start, end - start));
    start = end + 1;
    if (std::find(kAxes.begin(), kAxes.end(), axes.back()) == kAxes.end()) {
      refuse(fmt::format("the order '{}' names an axis '{}'", order, axes.back()),
             "axes are tp, cp, ep, dp and pp, the fastest first, e.g. tp-cp-ep-dp-pp");
    }
    if (std::count(axes.begin(), axes.end(), axes.back()) > 1)
      refuse(fmt::format("the order '{}' names the axis '{}' twice", order, axes.back()));
  }
  return axes;
}

/// The sizes of the two rank generators, that of the dense part and that of the experts.
struct DataSizes {
  std::int64_t dense;
  std::int64_t expert;
};

std::int64_t expert_tensor_of(const MegatronSizes& sizes) {
  return sizes.expert_tensor == 0 ? sizes.tensor : sizes.expert_tensor;
}

/// All five axes: those that the order leaves out, which must be of size 1 in both parts, are the slowest.
std::vector<std::string> complete_order(const MegatronSizes& sizes, const DataSizes& data) {
  std::vector<std::string> axes = split_order(sizes.order);
  const auto check = [&](const char* axis, std::int64_t dense, std::int64_t expert) {
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) return;
    if (dense != 1)
      refuse(fmt::format("the size of {} is {}, but the order '{}' lacks it", axis, dense, sizes.order));
    if (expert != 1)
      refuse(fmt::format("the size of {} in the expert part is {}, but the order '{}' lacks it", axis, expert,
                         sizes.order));
    axes.emplace_back(axis);
  };
  check("tp", sizes.tensor, expert_tensor_of(sizes));
  check("pp", sizes.pipe, sizes.pipe);
  check("dp", data.dense, data.expert);
  check("ep", sizes.expert, sizes.expert);
  check("cp", sizes.context, 1);
  return axes;
}

struct AxisSize {
  std::string axis;
  std::string name;
  std::int64_t size;
};

/// The axes of `sizes` as a topology, slowest first.
ProcessTopology laid_out(const std::vector<std::string>& order, const std::vector<AxisSize>& sizes) {
  std::vector<std::string> names;
  std::vector<std::int64_t> dims;
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    for (const AxisSize& known : sizes) {
      if (known.axis != *axis) continue;
      names.push_back(known.name);
      dims.push_back(known.size);
    }
  }
  return {std::move(names), dims};
}

ProcessTopology with_context_levels(const ProcessTopology& topology, const MegatronSizes& sizes) {
  const auto product = std::accumulate(sizes.context_levels.begin(), sizes.context_levels.end(),
                                       std::int64_t{1}, std::multiplies<>());
  if (product != sizes.context || sizes.context_levels.size() > kMegatronContextLevelMax) {
    refuse(
        fmt::format("the hierarchical context-parallel sizes [{}] must multiply to the context-parallel size "
                    "{}, in at most {} levels",
                    fmt::join(sizes.context_levels, ", "), sizes.context, kMegatronContextLevelMax));
  }
  std::vector<std::string> names;
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i < topology.sizes().size(); ++i) {
    if (topology.get_axis_names()[i] != "context") {
      names.push_back(topology.get_axis_names()[i]);
      dims.push_back(topology.sizes()[i]);
      continue;
    }
    for (std::size_t level = sizes.context_levels.size(); level-- > 0;) {
      names.push_back(fmt::format("context_level_{}", level));
      dims.push_back(sizes.context_levels[level]);
    }
  }
  return {std::move(names), dims};
}

/// The product, or more than any world holds.
std::int64_t product(std::initializer_list<std::int64_t> sizes) {
  constexpr std::int64_t kMost = std::int64_t{1} << 40;
  std::int64_t made = 1;
  for (const std::int64_t size : sizes) made = size > kMost / made ? kMost : made * size;
  return made;
}

}  // namespace

GridLayout megatron_layout(const MegatronSizes& sizes, std::int64_t world_size) {
  check_positive(sizes);
  if (world_size < 1) refuse(fmt::format("a world has at least one rank, got {}", world_size));
  const std::int64_t data =
      exact_share(kPlace, "world size", world_size,
                  "tensor x pipeline x context =", product({sizes.tensor, sizes.pipe, sizes.context}));
  const std::int64_t expert_tensor = expert_tensor_of(sizes);
  const std::int64_t expert_data =
      exact_share(kPlace, "world size", world_size,
                  "expert-tensor x expert x pipeline =", product({expert_tensor, sizes.expert, sizes.pipe}));
  const std::vector<std::string> order = complete_order(sizes, {data, expert_data});
  if (!sizes.order.ends_with("pp") && sizes.pipe > 1 && expert_data != data) {
    refuse(fmt::format("with the order '{}' the data-parallel sizes of dense and expert part must be equal, "
                       "they are {} and {}",
                       sizes.order, data, expert_data),
           "end the order with pp");
  }
  std::vector<AxisSize> dense = {
      {"tp", "tensor", sizes.tensor}, {"dp", "data", data}, {"pp", "pipe", sizes.pipe}};
  if (sizes.context > 1) dense.push_back({"cp", "context", sizes.context});
  GridLayout layout{laid_out(order, dense), {}};
  if (sizes.expert > 1 || expert_tensor != sizes.tensor || sizes.context > 1) {
    const std::vector<AxisSize> expert = {{"tp", "expert_tensor", expert_tensor},
                                          {"ep", "expert", sizes.expert},
                                          {"dp", "expert_data", expert_data},
                                          {"pp", "pipe", sizes.pipe}};
    layout.views.push_back({kMegatronExpertView, laid_out(order, expert)});
  }
  if (!sizes.context_levels.empty())
    layout.views.push_back({kMegatronContextView, with_context_levels(layout.topology, sizes)});
  return layout;
}

}  // namespace gridlock
