#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "core/base/label.h"
#include "core/base/rank_set.h"
#include "core/base/units.h"

namespace gridlock {

/// What is done to ranks from outside.
enum class FaultKind : std::uint8_t {
  crash,      ///< the rank dies
  exit,       ///< it leaves before the end of its program
  exception,  ///< its program throws, and nobody catches it
  hang,       ///< its host does nothing any more; work that it enqueued goes on
  slow,       ///< its host work takes `factor` times as long from then on
  delay,      ///< messages and collectives between it and `peers` take `duration` longer from then on
  corrupt,    ///< the output of the call that the trigger names is changed in one bit
};

/// When it is done, on each rank by itself. Exactly one of the three is used.
struct FaultTrigger {
  enum class By : std::uint8_t {
    time,  ///< at `time`
    call,  ///< when the rank makes its call number `call`, counted from 1
    step,  ///< when the rank comes to a step with this label, in these turns of its loops (-1: in any)
  };
  By by = By::time;
  Nanos time{0};
  std::int64_t call = 1;
  std::string label;
  std::array<std::int32_t, kLoopsShown> turns = {-1, -1, -1};
};

/// One fault of a run (simulator only). A crash, exit, exception or hang by call or step happens instead of
/// it.
struct Fault {
  FaultKind kind = FaultKind::crash;
  RankSet ranks;
  FaultTrigger at;
  std::int64_t factor = 1;
  RankSet peers;
  Nanos duration{0};
};

std::string_view fault_name(FaultKind kind);

}  // namespace gridlock
