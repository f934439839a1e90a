#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/base/input_error.h"
#include "harness/histories/diagnosis_report.h"
#include "harness/histories/history_reader.h"

/// Any bytes are either refused or a run that can be judged and reported.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  gridlock::HistoryReader reader;
  try {
    reader.read({reinterpret_cast<const char*>(data), size}, "fuzz.jsonl");
    gridlock::text_report(gridlock::diagnose(reader.take()), {});
  } catch (const gridlock::InputError&) {
  }
  return 0;
}
