#include "harness/histories/pickle.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/input_error.h"
#include "harness/histories/diagnosis_report.h"
#include "harness/histories/flight_history.h"

/// Any bytes are refused, or a plain value, which is a dump or refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto value = gridlock::read_pickle({reinterpret_cast<const char*>(data), size}, "fuzz.pickle");
    gridlock::text_report(gridlock::diagnose(gridlock::run_of_flight_dumps(
                              {gridlock::read_flight_dump(value, 0, "fuzz.pickle")})),
                          {});
  } catch (const gridlock::InputError&) {
  }
  return 0;
}
