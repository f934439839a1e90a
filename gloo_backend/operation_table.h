#pragma once

#include <span>
#include <string_view>

#include "core/data/dtype.h"
#include "core/data/operation.h"
#include "core/data/reduce_op.h"

namespace gridlock {

/// How an operation is done on Gloo (Debian's snapshot of May 2022).
///   native    by Gloo's function of that purpose
///   composed  by moving the inputs with another of Gloo's functions and combining them with core/reduction
///   in group
///             order: results are then those of the simulator bit for bit, which Gloo's own rings cannot
///             promise where rounding depends on the order; also for what Gloo has in an old interface only
///             (reduce_scatter)
enum class GlooForm : std::uint8_t { native, composed };

struct GlooOperation {
  CallKind kind;
  GlooForm form;
  /// What Gloo is asked to do.
  std::string_view by;
};

/// One row per operation, in the order of all_operations(). all_reduce is native only where
/// is_exact_in_any_order.
std::span<const GlooOperation> gloo_operations();
GlooForm gloo_form(CallKind kind, DType dtype, ReduceOp op);

/// Integers under sum, prod, max and min: the result does not depend on the order of the inputs.
bool is_exact_in_any_order(DType dtype, ReduceOp op);

}  // namespace gridlock
