#pragma once

#include <memory>

#include "core/world/host_groups.h"

namespace gridlock {

/// The gloo twins of a world of GPUs, in its rank processes: Gloo over TCP. Each start runs on a thread of
/// its own, which a hang leaves behind until the process leaves.
std::unique_ptr<HostGroups> make_gloo_groups(const HostGroupsPlace& place);

}  // namespace gridlock
