#include "tests/core/mpu/mpu_contract.h"

#include <fstream>

namespace gridlock::test {

using nlohmann::ordered_json;

const ordered_json& mpu_contract() {
  static const ordered_json contract =
      ordered_json::parse(std::ifstream(GRIDLOCK_SOURCE_DIR "/tests/data/mpu_contract.json"));
  return contract;
}

std::string file_of(const std::string& where) {
  const std::string root = "deepspeed/";
  return where.substr(root.size(), where.find(':') - root.size());
}

ProbeValue recorded_value(const ordered_json& recorded) {
  if (recorded.is_null()) return {};
  if (recorded.is_number()) return recorded.get<std::int64_t>();
  if (recorded.is_string()) {
    const auto text = recorded.get<std::string>();
    if (text.front() != '!') return text;
    const auto space = text.find(' ');
    if (space == std::string::npos) return ProbeError{text.substr(1), ""};
    return ProbeError{text.substr(1, space - 1), text.substr(space + 1)};
  }
  if (recorded.is_array()) {
    std::vector<ProbeValue> items;
    for (const auto& item : recorded) items.push_back(recorded_value(item));
    return ProbeValue::list(std::move(items));
  }
  if (recorded.contains("group")) return Members::list(recorded["group"].get<std::vector<RankId>>());
  std::vector<ProbeField> fields;
  for (const auto& [name, item] : recorded.items()) fields.push_back({name, recorded_value(item)});
  return ProbeValue::fields(std::move(fields));
}

bool fits(const ProbeValue& value, const ProbeValue& recorded) {
  if (value.error() && recorded.error() && recorded.error()->what.empty()) {
    return value.error()->type == recorded.error()->type;
  }
  return value == recorded;
}

}  // namespace gridlock::test
