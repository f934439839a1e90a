#pragma once

#include <cstdint>

#include "harness/model/scenario.h"

namespace gridlock {

/// Largest buffer that is made with real numbers in it.
inline constexpr std::int64_t kDataBytesMax = std::int64_t{16} << 30U;

/// Throws InputError (place: the step) when an operation or a fill, wherever its size is known before the
/// run, has more than kDataBytesMax bytes: what is meant then is the payload `shape`, which has sizes only.
void check_data_size(const Scenario& scenario);

}  // namespace gridlock
