#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "harness/mpu/dump_reader.h"

namespace gridlock::test {

/// A scenario of tests/data/areal_golden.json by its id.
nlohmann::ordered_json areal_recording(const std::string& id);
/// All of them.
const nlohmann::ordered_json& areal_recordings();

/// The dump that tools/dump_mpu.py would have written of the recorded ParallelGrid, resp. of its FakeGrid.
nlohmann::ordered_json areal_dump(const nlohmann::ordered_json& scenario, std::size_t grid);
nlohmann::ordered_json fake_grid_dump(const nlohmann::ordered_json& scenario, std::size_t grid);

/// Through a file, as a user's dump is read.
DumpSet read_dump(const nlohmann::ordered_json& dump);
/// Whether a probe's result is a recorded one: {"group": [..]} is a group, "!Type what" an error, of which a
/// recording without a text fits every text.
bool is_recorded(const ProbeValue& value, const nlohmann::ordered_json& recorded);
/// The whole error that reading gives, with "dump.json" for the file; "" when there is none.
std::string dump_error(const nlohmann::ordered_json& dump);

}  // namespace gridlock::test
