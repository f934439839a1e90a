#include "harness/mpu/contract_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"
#include "core/mpu/mpu_invariant.h"
#include "harness/read/json_cursor.h"

namespace gridlock {
namespace {

constexpr std::string_view kFormat = "gridlock-mpu-needs/1";

Accessor read_name(const JsonCursor& cursor) {
  if (const auto accessor = accessor_from_name(cursor.string())) return *accessor;
  std::vector<std::string> known;
  for (Accessor accessor : all_accessors()) known.emplace_back(accessor_name(accessor));
  cursor.fail_name("accessor", cursor.string(), known);
}

std::vector<Accessor> read_names(const JsonCursor& cursor) {
  std::vector<Accessor> names;
  for (const JsonCursor& item : cursor.items()) names.push_back(read_name(item));
  if (names.empty()) cursor.fail("expected at least one name");
  return names;
}

AskedOf read_object(const JsonCursor& cursor) {
  if (cursor.string() == "mpu") return AskedOf::mpu;
  if (cursor.string() == "grid") return AskedOf::grid;
  if (cursor.string() == "own module") return AskedOf::own_module;
  cursor.fail_name("object", cursor.string(), {"mpu", "grid", "own module"});
}

ContractRead read_read(const JsonCursor& cursor) {
  cursor.check_keys(
      {"subsystem", "where", "names", "instead", "when_has", "when_lacks", "always", "overrides", "of"});
  ContractRead read;
  read.subsystem = cursor.at("subsystem").string();
  read.where = cursor.at("where").string();
  read.names = read_names(cursor.at("names"));
  if (const auto instead = cursor.find("instead")) read.instead = instead->string();
  if (const auto names = cursor.find("when_has")) read.when_has = read_names(*names);
  if (const auto name = cursor.find("when_lacks")) read.when_lacks = read_name(*name);
  if (const auto always = cursor.find("always")) read.always = always->boolean();
  if (const auto overrides = cursor.find("overrides")) read.overrides = overrides->boolean();
  if (const auto of = cursor.find("of")) read.of = read_object(*of);
  return read;
}

std::string read_hazard(const JsonCursor& cursor) {
  std::vector<std::string> known;
  for (const MpuInvariant& invariant : mpu_invariants()) {
    if (invariant.kind == InvariantKind::hazard) known.emplace_back(invariant.name);
  }
  if (std::find(known.begin(), known.end(), cursor.string()) == known.end())
    cursor.fail_name("hazard", cursor.string(), known);
  return cursor.string();
}

/// "deepspeed@0.19.6" of "deepspeed-0.19.6".
std::string name_of(std::string_view file) {
  std::string name(file);
  name[name.find('-')] = '@';
  return name;
}

}  // namespace

std::vector<std::string> contract_names() {
  std::vector<std::string> names;
  for (const ContractText& text : contract_texts()) names.push_back(name_of(text.file));
  return names;
}

MpuContract load_contract(std::string_view name) {
  for (const ContractText& text : contract_texts()) {
    if (name_of(text.file) != name) continue;
    return read_contract(parse_json(text.text, fmt::format("harness/contracts/{}.json", text.file)));
  }
  throw InputError("contract", fmt::format("there is no contract '{}'", name),
                   name_hint(name, contract_names()));
}

MpuContract read_contract(const JsonNode& root) {
  const JsonCursor cursor(root);
  cursor.check_keys({"format", "name", "source", "note", "hazards", "reads"});
  if (cursor.at("format").string() != kFormat)
    cursor.at("format").fail(fmt::format("expected '{}', got '{}'", kFormat, cursor.at("format").string()));
  MpuContract contract{cursor.at("name").string(), {}};
  for (const JsonCursor& item : cursor.at("reads").items()) contract.reads.push_back(read_read(item));
  for (const JsonCursor& item : cursor.at("hazards").items()) contract.hazards.push_back(read_hazard(item));
  return contract;
}

}  // namespace gridlock
