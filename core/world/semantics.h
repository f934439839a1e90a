#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "core/base/units.h"
#include "core/world/cost_profile.h"

namespace gridlock {

/// How the simulated libraries behave, as data. Rule ids (S08, P03, ...) are those of docs/semantics.md.
struct Semantics {
  /// Bytes per ordered pair of ranks and group that a send may leave behind before its recv came (S08). 0:
  /// rendezvous, the documented contract of NCCL. Measured on H200 and one host: 64 MiB complete, 128 MiB
  /// hang.
  std::int64_t send_capacity_bytes = 0;
  /// Operations that a stream of a rank holds before submit parks the host.
  std::int32_t stream_depth_max = 1024;
};

/// The cost of one operation in virtual time: latency + bytes on the wire / bandwidth. Integers, so that
/// every machine computes the same times. Defaults: H200 pair over NVLink, small-message latency and
/// large-message bandwidth.
struct CostParameters {
  Nanos latency{10'000};
  /// Bytes per microsecond that one rank moves.
  std::int64_t bytes_per_us = 300'000;
  /// Measured times, which come before latency and bandwidth for the operations that they hold. Shared: a
  /// profile is read once and never changed. nullptr: none.
  std::shared_ptr<const CostProfile> profile;
};

}  // namespace gridlock
