#pragma once

#include <cstdint>
#include <optional>

#include "sim/transfer.h"

namespace gridlock::sim {

/// What becomes of two calls that met and are not alike.
struct Emulation {
  /// In the order of the calls (group order; sender first): whether the call completes. One that does not
  /// stays open for ever.
  bool first_completes = false;
  bool second_completes = false;
  UnalikeData data = UnalikeData::shortest;
};

/// What NCCL 2.28.9 did with such calls on two H200 (tests/data/nccl_truth.json), for exactly the points that
/// were measured: two ranks, the counts and types of the table. std::nullopt: not measured.
std::optional<Emulation> emulated(MetCalls calls, bool is_same_host);

}  // namespace gridlock::sim
