#pragma once

#include <vector>

#include "core/grid/parallel_grid.h"

namespace gridlock::test {

/// pipe 2, data 2, tensor (or model) 2: the grid of the recordings.
ParallelGrid areal_grid(RankId rank);
ParallelGrid deepspeed_grid(RankId rank);
/// The same model on ranks 8..15 of a world of 16.
ParallelGrid areal_grid_at_8(RankId rank);

/// pipe x data x tensor from rank `offset` on, one grid per rank of the world.
std::vector<ParallelGrid> areal_world(std::int64_t pipe, std::int64_t data, std::int64_t tensor,
                                      RankId offset, RankId world_size);

}  // namespace gridlock::test
