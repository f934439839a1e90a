#include "harness/read/workloads.h"

#include <algorithm>
#include <utility>

#include "harness/read/json_maker.h"
#include "harness/read/workload_mistakes.h"
#include "harness/read/workload_pipeline.h"
#include "harness/read/workload_template.h"

namespace gridlock {
namespace {

void add_phase(JsonNode::Array& steps, const std::string& phase) {
  for (JsonNode& step : steps) {
    if (JsonNode* label = step.find("label")) label->value = phase + ": " + label->string();
    if (JsonNode* inner = step.find("steps")) add_phase(inner->array(), phase);
  }
}

class Expander {
 public:
  explicit Expander(const WorkloadScope& scope) : scope_(scope) {}

  /// The list with every workload replaced; lists that are no lists are left for the readers to complain
  /// about.
  JsonNode expanded(const JsonCursor& list) const {
    JsonNode result = list.node();
    if (!list.is_array()) return result;
    std::size_t i = 0;
    for (const JsonCursor& step : list.items()) {
      JsonNode& target = result.array()[i++];
      if (step.has("workload")) {
        target = block(step);
      } else if (const auto inner = step.find("steps")) {
        *target.find("steps") = expanded(*inner);
      } else if (const auto threads = step.find("parallel")) {
        *target.find("parallel") = expanded(*threads);
      }
    }
    return result;
  }

 private:
  JsonNode::Array steps_of(const JsonCursor& workload) const {
    const JsonCursor name = workload.at("workload");
    if (name.string() == "pipeline") return pipeline_steps(scope_, workload);
    for (const WorkloadText& text : workload_texts()) {
      if (text.name != name.string()) continue;
      // Workloads may be made of workloads.
      const JsonNode steps{template_steps(scope_, text, workload), workload.node().place};
      return expanded(JsonCursor(steps)).array();
    }
    name.fail_name("workload", name.string(), workload_names());
  }

  /// The steps in a block for the ranks that take part.
  JsonNode block(const JsonCursor& workload) const {
    JsonNode::Array steps = steps_of(workload);
    if (const auto phase = workload.find("phase")) add_phase(steps, phase->string());
    if (workload.has("mistakes")) make_mistakes(scope_, workload, steps);
    const JsonMaker make(workload.node().place);
    JsonNode block = make.object({{"repeat", make.number(1)}});
    if (const auto grid = workload.find("grid"))
      make.set(block, "only", make.object({{"grid", make.text(grid->string())}}));
    make.set(block, "steps", make.list(std::move(steps)));
    if (const auto except = workload.find("except")) make.set(block, "except", except->node());
    const auto only = workload.find("only");
    if (!only) return block;
    if (block.find("only") == nullptr) {
      make.set(block, "only", only->node());
      return block;
    }
    return make.object({{"repeat", make.number(1)}, {"only", only->node()}, {"steps", make.list({block})}});
  }

  const WorkloadScope& scope_;
};

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names = {"pipeline"};
  for (const WorkloadText& text : workload_texts()) names.emplace_back(text.name);
  return names;
}

void expand_workloads(JsonNode& root) {
  const JsonNode before = root;
  const JsonCursor cursor(before);
  const auto programs = cursor.find("programs");
  if (!programs || !programs->is_array()) return;
  const WorkloadScope scope(cursor);
  const Expander expander(scope);
  std::size_t i = 0;
  for (const JsonCursor& program : programs->items()) {
    JsonNode& target = root.find("programs")->array()[i++];
    if (const auto steps = program.find("steps")) *target.find("steps") = expander.expanded(*steps);
  }
}

}  // namespace gridlock
