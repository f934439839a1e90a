#pragma once

#include "core/grid/topology.h"

namespace gridlock {

/// Sizes of the three classic axes.
struct ParallelSizes {
  std::int64_t pipe = 1;
  std::int64_t data = 1;
  std::int64_t tensor = 1;
};

/// AReaL's PipeDataTensorParallelTopology: axes pipe, data, tensor.
ProcessTopology pipe_data_tensor(const ParallelSizes& sizes, TopologyOptions options = {});
/// AReaL's DataPipeTensorParallelTopology: axes data, pipe, tensor.
ProcessTopology data_pipe_tensor(const ParallelSizes& sizes, TopologyOptions options = {});
/// DeepSpeed's PipeDataParallelTopology: axes pipe, data. `sizes.tensor` must be 1.
ProcessTopology pipe_data(const ParallelSizes& sizes);
/// DeepSpeed's PipeModelDataParallelTopology: axes pipe, data, model.
ProcessTopology pipe_data_model(const ParallelSizes& sizes);
/// What DeepSpeed's PipelineParallelGrid makes of a world when it is given no topology: the prime factors of
/// the world size go to pipe and data in turn, pipe first. Throws InputError for a world below 1.
ProcessTopology default_pipe_data(std::int64_t world_size);

}  // namespace gridlock
