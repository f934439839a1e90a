#include "core/grid/named_topology.h"

#include <fmt/format.h>

#include "core/base/input_error.h"
#include "core/grid/factors.h"

namespace gridlock {

ProcessTopology pipe_data_tensor(const ParallelSizes& sizes, TopologyOptions options) {
  return {{"pipe", "data", "tensor"}, {sizes.pipe, sizes.data, sizes.tensor}, options};
}

ProcessTopology data_pipe_tensor(const ParallelSizes& sizes, TopologyOptions options) {
  return {{"data", "pipe", "tensor"}, {sizes.data, sizes.pipe, sizes.tensor}, options};
}

ProcessTopology pipe_data(const ParallelSizes& sizes) {
  if (sizes.tensor != 1) {
    throw InputError("topology",
                     fmt::format("pipe and data are the only axes here, got tensor size {}", sizes.tensor),
                     "use pipe_data_model");
  }
  return {{"pipe", "data"}, {sizes.pipe, sizes.data}};
}

ProcessTopology pipe_data_model(const ParallelSizes& sizes) {
  return {{"pipe", "data", "model"}, {sizes.pipe, sizes.data, sizes.tensor}};
}

ProcessTopology default_pipe_data(std::int64_t world_size) {
  ParallelSizes sizes;
  bool goes_to_pipe = true;
  for (const std::int64_t prime : prime_factors(world_size)) {
    (goes_to_pipe ? sizes.pipe : sizes.data) *= prime;
    goes_to_pipe = !goes_to_pipe;
  }
  return pipe_data(sizes);
}

}  // namespace gridlock
