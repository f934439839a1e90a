#pragma once

#include "tests/core/grid/recorded_data.h"

namespace gridlock::testing {

/// What this project answers to one case of peer_topology_cases. Each function handles
/// the calls of one kind of peer and answers "?" for a call that it does not know.
Json answer_topology_case(const Json& peer_case);
Json answer_deepspeed_grid_case(const Json& peer_case);
Json answer_areal_layout_case(const Json& peer_case);
Json answer_megatron_enumeration_case(const Json& peer_case);
Json answer_megatron_state_case(const Json& peer_case);
Json answer_deepspeed_expert_case(const Json& peer_case);

inline const Json kNotHandled = "?";

}  // namespace gridlock::testing
