#pragma once

#include "core/history/histories.h"

namespace gridlock {

/// What a world without a matcher leaves to the histories to tell: the first completed call of each group,
/// and of each ordered pair, whose ends were not alike (Histories::silent_mismatches; NCCL completes many of
/// them, with wrong results), and messages that were sent and never received (Histories::unreceived). For the
/// whole histories of a real run; one walk over them.
void note_silent_calls(Histories& histories);

}  // namespace gridlock
