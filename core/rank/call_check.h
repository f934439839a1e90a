#pragma once

#include <cstdint>
#include <optional>

#include "core/rank/call.h"

namespace gridlock {

/// Elements that a call reads and writes on its own rank.
struct CallExtents {
  std::int64_t input = 0;
  std::int64_t output = 0;
  /// Where the rank's own share begins in a buffer of all shares: the place of the smaller extent of an
  /// in-place call.
  std::int64_t share = 0;
};

/// The local checks of a call that every world makes before anything is enqueued (rule S18): root or peer in
/// range, no negative count, as many counts as the operation takes, a scalar that the type can hold, an
/// in-place form that exists, sizes that do not overflow. std::nullopt: invalid_argument. Whether the buffers
/// are live, of the call's dtype and large enough is left to the world that owns them.
std::optional<CallExtents> check_call(const Call& call, GroupRank rank, GroupRank size);

/// Whether the library of a group can reach the data of a call where CallNotes say it is (G01): NCCL has no
/// path for the host's memory, gloo none for sends and recvs on a GPU.
bool reaches_data(const Call& call, BackendKind backend);

}  // namespace gridlock
