#pragma once

#include <memory>
#include <string>
#include <vector>

#include "harness/read/read_context.h"

namespace gridlock {

/// What workloads know of the scenario around them: its grids as they will be read, and what the schema says
/// about each workload's keys. Both are made when they are first asked for.
class WorkloadScope {
 public:
  /// Requires: `root` outlives the scope.
  explicit WorkloadScope(const JsonCursor& root);
  ~WorkloadScope();
  WorkloadScope(const WorkloadScope&) = delete;
  WorkloadScope& operator=(const WorkloadScope&) = delete;

  const JsonCursor& root() const { return root_; }
  /// The world and its grids. Throws InputError when they cannot be read.
  ReadContext& context() const;
  /// The plan of the grid that the cursor names. Throws InputError for an unknown name, and for grids that
  /// cannot be read.
  const Plan& plan(const JsonCursor& name) const;
  /// The definition of a workload in the schema. Requires: a known workload.
  const JsonNode& definition(const std::string& workload) const;

 private:
  struct Grids;

  JsonCursor root_;
  mutable std::unique_ptr<Grids> grids_;
  mutable std::unique_ptr<JsonNode> schema_;
};

/// The values of a workload's keys by name: those that are given, and the schema's defaults. Throws
/// InputError for unknown keys, missing ones, and integers, booleans and words that are none.
JsonNode read_workload_keys(const WorkloadScope& scope, const JsonCursor& workload);

}  // namespace gridlock
