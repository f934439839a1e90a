#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/base/label.h"
#include "core/base/units.h"
#include "core/data/dtype.h"
#include "core/data/operation.h"
#include "core/data/reduce_op.h"
#include "core/grid/group.h"

namespace gridlock {

/// A buffer of one rank: count elements of one dtype, owned by that rank's world, host or device memory
/// alike.
enum class BufferHandle : std::int32_t { none = -1 };

/// Completion handle of one submit, counted from 0 on each rank. A batch has one ticket.
enum class Ticket : std::int64_t { none = -1 };

/// A point in a stream of one rank.
enum class EventId : std::int32_t { none = -1 };

/// CallNotes::device: the GPU of the rank, or the host's memory; anything else is the number of a GPU of its
/// node.
inline constexpr std::int32_t kOwnDevice = -1;
inline constexpr std::int32_t kHostMemory = -2;

/// What a program knows of a call beyond what the library compares. Most calls have none.
struct CallNotes {
  /// Where the data is.
  std::int32_t device = kOwnDevice;
  /// Of a send or recv; NCCL has no tags.
  std::int32_t tag = 0;
  /// The member that uses the result of a reduce or gather, by its group rank; -1: the root.
  GroupRank kept_by = -1;
  /// What the data is: "embedding.grad[0:8]". Equal contents belong together; empty: not said.
  std::string content = {};

  bool operator==(const CallNotes&) const = default;
};

/// One rank's use of a group. Every operation fills this one struct and goes through Rank::submit.
struct Call {
  CallKind kind = CallKind::barrier;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  GroupHandle group = GroupHandle::world;
  StreamId stream = StreamId::main;
  /// Group rank of the root (broadcast, reduce, gather, scatter) or of the other end (send, recv); -1
  /// otherwise.
  GroupRank peer = -1;
  /// Elements, meaning as in NCCL: see OperationInfo. 0 is allowed.
  std::int64_t count = 0;
  /// Uneven variants only. all_gather_v: one count per member. all_to_all_v: group-size send counts, then
  /// group-size receive counts. Must stay valid until submit returns.
  std::span<const std::int64_t> counts;
  /// none is allowed in shape mode and for operations that do not read (write) on this rank.
  BufferHandle input = BufferHandle::none;
  BufferHandle output = BufferHandle::none;
  /// Factor of premul_sum.
  double scalar = 1.0;
  Label label;
  /// May be null. Must stay valid until submit returns.
  const CallNotes* notes = nullptr;
};

}  // namespace gridlock
