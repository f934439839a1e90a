#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gloo_backend/call_header.h"

namespace gloo {
class Context;
}

namespace gridlock {

/// Runs one collective over the mesh of its group: the members first compare headers, then move data. Blocks
/// until this rank's part is complete. False when the members' calls are not alike: no data was moved, and
/// none of the members will complete. Gloo's exceptions pass through. Calls of one group may run at the same
/// time when their sequences differ.
bool run_collective(const std::shared_ptr<gloo::Context>& context, const PreparedCall& call);

/// A collective of a group of one.
void run_alone(const PreparedCall& call);

/// Every member's header, in group order: a collective of its own. `tag` must be unique among the operations
/// under way.
std::vector<CallHeader> exchange_headers(const std::shared_ptr<gloo::Context>& context,
                                         const CallHeader& mine, std::uint32_t tag);

/// Gloo tells operations of one mesh apart by 32 bits.
enum class TagPart : std::uint32_t { header, counts, data, creation };
constexpr std::uint32_t collective_tag(std::int64_t sequence, TagPart part) {
  return static_cast<std::uint32_t>(sequence) * 4 + static_cast<std::uint32_t>(part);
}

}  // namespace gridlock
