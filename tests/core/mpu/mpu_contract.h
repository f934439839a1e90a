#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/mpu/probe_value.h"

namespace gridlock::test {

/// tests/data/mpu_contract.json, with the order of its objects kept.
const nlohmann::ordered_json& mpu_contract();

/// "runtime/pipe/engine.py" of the row's "deepspeed/runtime/pipe/engine.py:103".
std::string file_of(const std::string& where);

/// A recorded result as a value: {"group": [..]} is a group, another object a dict, "!Type what" an error.
ProbeValue recorded_value(const nlohmann::ordered_json& recorded);

/// Whether `value` is the recorded one. A recording without the text of an error fits every text.
bool fits(const ProbeValue& value, const ProbeValue& recorded);

}  // namespace gridlock::test
