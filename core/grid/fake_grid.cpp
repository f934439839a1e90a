#include "core/grid/fake_grid.h"

#include <fmt/format.h>

#include <utility>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

[[noreturn]] void refuse_group(const char* accessor) {
  throw InputError(accessor, "No groups in fake grid.");
}

}  // namespace

FakeGrid::FakeGrid(RankId rank, ProcessTopology topology) : rank_(rank), topology_(std::move(topology)) {
  pipe_ = place_on("pipe");
  data_ = place_on("data");
  tensor_ = place_on(topology_.has_axis("model") && !topology_.has_axis("tensor") ? "model" : "tensor");
}

FakeGrid::Place FakeGrid::place_on(const std::string& axis) const {
  return {topology_.index_on(axis, rank_), topology_.get_dim(axis)};
}

RankId FakeGrid::get_model_parallel_rank() const {
  return topology_.get_axis_list("data", data_.index).index_of(rank_);
}

MaybeGroup FakeGrid::get_pipe_parallel_group() const { refuse_group("get_pipe_parallel_group"); }
MaybeGroup FakeGrid::get_data_parallel_group() const { refuse_group("get_data_parallel_group"); }
MaybeGroup FakeGrid::get_tensor_model_parallel_group() const {
  refuse_group("get_tensor_model_parallel_group");
}

}  // namespace gridlock
