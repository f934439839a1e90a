#pragma once

#include <memory>
#include <string>

#include "harness/read/json_document.h"

namespace gridlock {

/// The JSON Schema (draft 7) of scenario files, as in scenarios/schema/scenario.schema.json; part of the
/// binary, so that no file is needed.
std::string scenario_schema();

/// The schema, ready to check with. Parsing it costs milliseconds: make one and keep it.
class ScenarioSchema {
 public:
  ScenarioSchema();
  ~ScenarioSchema();
  ScenarioSchema(const ScenarioSchema&) = delete;
  ScenarioSchema& operator=(const ScenarioSchema&) = delete;

  /// Throws InputError at the deepest value that the schema refuses. The readers say more, and say it first:
  /// this catches what a reader would let pass and an editor that knows the schema would mark.
  void check(const JsonNode& root) const;

 private:
  struct Parsed;
  std::unique_ptr<const Parsed> parsed_;
};

}  // namespace gridlock
