#include "harness/read/workloads.h"

#include <utility>

#include "harness/read/json_cursor.h"
#include "harness/read/workload_pipeline.h"

namespace gridlock {
namespace {

using WorkloadSteps = JsonNode (*)(const JsonCursor& root, const JsonCursor& workload);
constexpr std::pair<const char*, WorkloadSteps> kWorkloads[] = {{"pipeline", pipeline_steps}};

JsonNode steps_of(const JsonCursor& root, const JsonCursor& step) {
  const JsonCursor name = step.at("workload");
  for (const auto& [known, steps] : kWorkloads) {
    if (name.string() == known) return steps(root, step);
  }
  name.fail_name("workload", name.string(), workload_names());
}

/// The list with every workload replaced; lists that are no lists are left for the readers to complain about.
JsonNode expanded(const JsonCursor& root, const JsonCursor& list) {
  JsonNode result = list.node();
  if (!list.is_array()) return result;
  std::size_t i = 0;
  for (const JsonCursor& step : list.items()) {
    JsonNode& target = result.array()[i++];
    if (step.has("workload")) {
      target = steps_of(root, step);
    } else if (const auto inner = step.find("steps")) {
      *target.find("steps") = expanded(root, *inner);
    }
  }
  return result;
}

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const auto& [name, steps] : kWorkloads) names.emplace_back(name);
  return names;
}

void expand_workloads(JsonNode& root) {
  const JsonNode before = root;
  const JsonCursor cursor(before);
  const auto programs = cursor.find("programs");
  if (!programs || !programs->is_array()) return;
  std::size_t i = 0;
  for (const JsonCursor& program : programs->items()) {
    JsonNode& target = root.find("programs")->array()[i++];
    if (const auto steps = program.find("steps")) *target.find("steps") = expanded(cursor, *steps);
  }
}

}  // namespace gridlock
