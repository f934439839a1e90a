#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/base/label.h"
#include "core/base/units.h"

namespace gridlock {

/// A process group as a rank's dump names it; members in the order of their group ranks.
struct FlightGroup {
  std::string name;
  std::string description;
  std::vector<RankId> ranks;
};

enum class FlightState : std::uint8_t { scheduled, started, completed };

/// One operation that a rank enqueued.
struct FlightEntry {
  std::int64_t record_id = 0;
  std::string group;
  /// "nccl:all_reduce", "nccl:send 0->1"; ranks in it are group ranks.
  std::string operation;
  /// Launches of the group so far: of collectives, and of sends and receives; the operations of a batch share
  /// one.
  std::int64_t collective_seq_id = 0;
  std::int64_t p2p_seq_id = 0;
  bool is_p2p = false;
  /// Elements of all input (output) tensors together; nothing where the dump does not say.
  std::optional<std::int64_t> input_count;
  std::optional<std::int64_t> output_count;
  /// As torch spells it: "Float"; empty when unknown or mixed.
  std::string dtype;
  FlightState state = FlightState::scheduled;
  /// Where the user's code made the call: the innermost frame outside torch. Empty without stacks.
  Site site;
};

/// What the flight recorder of one rank's process knew: the last operations it had enqueued.
struct FlightDump {
  RankId rank = kNoRank;
  std::string file;
  std::vector<FlightGroup> groups;
  /// By record id.
  std::vector<FlightEntry> entries;
  /// The ring buffer, or whoever took the dump, left out what was before the first entry.
  bool starts_late = false;
};

/// Reads a dump of PyTorch's flight recorder (versions 2.1 to 2.x), whether it came as JSON or as a pickle.
/// Throws InputError with file and JSON pointer for what is none, for another version, and for damaged
/// entries.
FlightDump read_flight_dump(const nlohmann::json& dump, RankId rank, const std::string& file);

}  // namespace gridlock
