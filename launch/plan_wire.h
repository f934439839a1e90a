#pragma once

#include <memory>

#include "core/grid/group.h"
#include "core/grid/plan.h"
#include "core/rank/call.h"
#include "launch/wire.h"

namespace gridlock {

/// Group specs, plans and call sites as bytes, so that the launcher can rebuild what a rank's process made
/// after the fork. A plan travels as its inputs and is computed again, since it is a pure function of them.
void encode(Encoder& out, const CallNotes& notes);
CallNotes decode_call_notes(Decoder& in);
void encode(Encoder& out, const GroupSpec& spec);
GroupSpec decode_group_spec(Decoder& in);

void encode(Encoder& out, const Plan& plan);
/// Requires: bytes of a plan for a world of `world_size`. The result has the same fingerprint.
std::shared_ptr<const Plan> decode_plan(Decoder& in, RankId world_size);

}  // namespace gridlock
