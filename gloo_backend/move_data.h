#pragma once

#include <cstdint>
#include <memory>

#include "gloo_backend/prepared_call.h"

namespace gloo {
class Context;
}

namespace gridlock {

/// The data part of a collective whose members agree about it, by Gloo's function for it or composed of
/// others (see operation_table.h). Blocks until this rank's part is complete. Requires: at least two members.
/// Gloo's exceptions pass through.
void move_data(const std::shared_ptr<gloo::Context>& context, const PreparedCall& call, std::uint32_t tag);

}  // namespace gridlock
