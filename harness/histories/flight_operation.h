#pragma once

#include <optional>
#include <string_view>

#include "core/data/dtype.h"
#include "core/data/operation.h"
#include "core/grid/group.h"

namespace gridlock {

/// What the name of a flight recorder's entry says.
struct FlightOperation {
  BackendKind backend = BackendKind::nccl;
  /// The last entry of a batch, which stands for its launch and is no operation itself.
  bool is_batch_end = false;
  /// Nothing for an operation that is not known here.
  std::optional<CallKind> kind;
  /// The other end of a send or recv as a group rank; -1 where the name does not tell.
  GroupRank peer = -1;
};

/// "nccl:all_reduce", "nccl:send 0->1", "nccl:recv 1<-0", "nccl:coalesced", "gloo:broadcast".
FlightOperation flight_operation(std::string_view profiling_name);
/// The name that torch gives to an operation: "all_reduce"; sends and receives without their ranks.
std::string_view flight_name(CallKind kind);

/// The element type that torch calls "Float", "BFloat16" ...; nothing for one that is not known here.
std::optional<DType> flight_dtype(std::string_view name);
std::string_view flight_dtype_name(DType dtype);

}  // namespace gridlock
