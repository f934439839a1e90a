#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/input_error.h"
#include "harness/histories/diagnosis_report.h"
#include "harness/histories/flight_history.h"

/// Lines of JSON are the dumps of ranks 0, 1, ... : refused, or judged and reported.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<gridlock::FlightDump> dumps;
  try {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      const auto json = nlohmann::json::parse(line, nullptr, false);
      dumps.push_back(
          gridlock::read_flight_dump(json, static_cast<gridlock::RankId>(dumps.size()), "fuzz.json"));
    }
    gridlock::text_report(gridlock::diagnose(gridlock::run_of_flight_dumps(dumps)), {});
  } catch (const gridlock::InputError&) {
  }
  return 0;
}
