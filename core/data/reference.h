#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/units.h"
#include "core/data/dtype.h"
#include "core/data/operation.h"
#include "core/data/reduce_op.h"

namespace gridlock {

/// What a matched operation does to data, the same for all members of the group.
///   root    group rank of the root; for send and recv of the sender; ignored elsewhere
///   count   as OperationInfo::count says; unused by the uneven operations
///   counts  all_gather_v: what each of the `size` members contributes. all_to_all_v: size * size numbers,
///   row i what
///           member i sends to each. Empty for the others. A view: the owner must outlive the call.
struct DataMovement {
  CallKind kind = CallKind::barrier;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  double scalar = 1.0;
  GroupRank size = 1;
  GroupRank root = 0;
  std::int64_t count = 0;
  std::span<const std::int64_t> counts;
};

/// Elements that a member reads and writes. For send and recv only the sender reads and only the others
/// write. Requires: counts has the length named above.
std::int64_t input_count(const DataMovement& movement, GroupRank rank);
std::int64_t output_count(const DataMovement& movement, GroupRank rank);

/// The result of an operation: every member's output from all members' inputs. Members are in group order;
/// inputs[i] and outputs[i] have exactly input_count and output_count elements of member i, or are empty
/// where nobody cares for that output (the sender's and bystanders' of a send). Reductions follow reduce_into
/// in group order. An output may overlap inputs only of its own member and only as OperationInfo::in_place
/// allows. Requires: inputs.size() == outputs.size() == movement.size.
void run_reference(const DataMovement& movement, std::span<const std::span<const std::byte>> inputs,
                   std::span<const std::span<std::byte>> outputs);

}  // namespace gridlock
