#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/history/histories.h"

namespace gridlock {

/// What PyTorch's flight recorder (2.10) would have held for one rank of a run: the calls that reached a
/// stream, with their sizes and states; no roots, reduce operations, streams, creations or host calls.
/// Completed calls are completed, the first open one of each stream is started, the rest is scheduled.
enum class FlightFormat : std::uint8_t {
  json,    ///< as the JSON handler writes it: numbers of pg_status as text, no stacks, no entries when empty
  pickle,  ///< values of the pickle: with stacks
};
nlohmann::ordered_json flight_dump(const Histories& histories, RankId rank, FlightFormat format);

/// The bytes of the dump's file.
std::string flight_dump_bytes(const Histories& histories, RankId rank, FlightFormat format);

}  // namespace gridlock
