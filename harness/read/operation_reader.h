#pragma once

#include "harness/read/read_context.h"

namespace gridlock {

/// The value of an operation's key in a step: { "group": "actor.tensor", "count": 1024, ... }. Which keys
/// there are follows from the table of operations (core/data/operation.h):
///
///   group                            always
///   count, dtype (default float32)   when it moves data; the uneven ones have counts
///   op (default sum), scalar         when it reduces; scalar of premul_sum
///   root | root_rank                 when it has a root: group rank or world rank
///   to | to_rank | to_stage          send; recv has from, from_rank, from_stage
///   stream (default 0)               always
///   input, output | in_place         named buffers; or private ones that overlap where it may
///
/// Throws InputError.
Operation read_operation(const ReadContext& context, CallKind kind, const JsonCursor& cursor);

/// Keys of the operation, for errors and the documents.
std::vector<std::string> operation_keys(CallKind kind);

/// Streams of a rank are numbered 0 to kStreamMax.
inline constexpr std::int64_t kStreamMax = 255;

/// Words of the tables, with the nearest one in the error.
DType read_dtype(const JsonCursor& cursor);
BackendKind read_backend(const JsonCursor& cursor);
/// A buffer that some step fills or writes.
BufferName read_buffer(const ReadContext& context, const JsonCursor& cursor);

}  // namespace gridlock
