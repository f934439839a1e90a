#include "harness/read/workload_mistakes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "harness/read/json_maker.h"
#include "harness/read/mistake_reach.h"

namespace gridlock {
namespace {

bool has_label(const JsonNode& step, const std::string& label) {
  const JsonNode* found = step.find("label");
  return found != nullptr && found->string() == label;
}

/// Or a step inside of it.
bool holds_label(const JsonNode& step, const std::string& label) {
  const JsonNode* inner = step.find("steps");
  return has_label(step, label) ||
         (inner != nullptr && std::any_of(inner->array().begin(), inner->array().end(),
                                          [&](const JsonNode& one) { return holds_label(one, label); }));
}

void collect_labels(const JsonNode::Array& steps, std::vector<std::string>& labels) {
  for (const JsonNode& step : steps) {
    const JsonNode* label = step.find("label");
    if (label != nullptr && std::find(labels.begin(), labels.end(), label->string()) == labels.end())
      labels.push_back(label->string());
    if (const JsonNode* inner = step.find("steps")) collect_labels(inner->array(), labels);
  }
}

class Mistake {
 public:
  explicit Mistake(const JsonCursor& mistake) : mistake_(mistake), make_(mistake.node().place) {
    mistake.check_keys({"at", "only", "after", "count", "counts"});
    label_ = mistake.at("at").string();
    mistake.at("only");
  }

  /// `around` are steps around the list, outermost first.
  void make_in(JsonNode::Array& steps, const WorkloadScope& scope, std::vector<const JsonNode*> around) {
    std::vector<std::string> labels;
    collect_labels(steps, labels);
    for (const char* key : {"at", "after"}) {
      const auto label = mistake_.find(key);
      if (label && std::find(labels.begin(), labels.end(), label->string()) == labels.end())
        label->fail_name("step of this workload labelled", label->string(), labels);
    }
    if (!hits(scope.context(), steps, around)) {
      mistake_.at("only").fail(fmt::format("no such rank comes to the step '{}' in such a turn", label_),
                               "the mistake would change nothing");
    }
    walk(steps);
    if (const auto after = mistake_.find("after"); after && !is_moved_)
      after->fail(fmt::format("no step '{}' comes after '{}' in the same list of steps or inside of it",
                              after->string(), label_));
  }

 private:
  bool hits(ReadContext& context, const JsonNode::Array& steps, std::vector<const JsonNode*>& path) const {
    return std::any_of(steps.begin(), steps.end(), [&](const JsonNode& step) {
      path.push_back(&step);
      const JsonNode* inner = step.find("steps");
      const bool is_hit = (has_label(step, label_) && may_reach(context, path, mistake_.at("only"))) ||
                          (inner != nullptr && hits(context, inner->array(), path));
      path.pop_back();
      return is_hit;
    });
  }

  void walk(JsonNode::Array& steps) {
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (JsonNode* inner = steps[i].find("steps")) walk(inner->array());
      if (!has_label(steps[i], label_)) continue;
      const JsonNode original = steps[i];
      if (mistake_.has("after")) {
        const auto later = std::find_if(
            steps.begin() + static_cast<std::ptrdiff_t>(i) + 1, steps.end(),
            [&](const JsonNode& step) { return holds_label(step, mistake_.at("after").string()); });
        if (later == steps.end()) continue;
        steps.insert(std::next(later), for_these(original));
        is_moved_ = true;
      }
      steps[i] = for_others(original);
      if (mistake_.has("count") || mistake_.has("counts")) {
        ++i;
        steps.insert(steps.begin() + static_cast<std::ptrdiff_t>(i), for_these(with_counts(original)));
      }
    }
  }

  JsonNode for_these(JsonNode step) const {
    return make_.object({{"repeat", make_.number(1)},
                         {"only", mistake_.at("only").node()},
                         {"steps", make_.list({std::move(step)})}});
  }

  JsonNode for_others(JsonNode step) const {
    if (step.find("except") == nullptr) {
      make_.set(step, "except", mistake_.at("only").node());
      return step;
    }
    return make_.object({{"repeat", make_.number(1)},
                         {"except", mistake_.at("only").node()},
                         {"steps", make_.list({std::move(step)})}});
  }

  /// The step with the mistake's counts in its operation, or in all operations of its batch.
  JsonNode with_counts(JsonNode step) const {
    bool is_changed = false;
    const auto change = [&](JsonNode& holder) {
      for (JsonMember& member : holder.object()) {
        for (const char* key : {"count", "counts"}) {
          if (!mistake_.has(key) || member.value.find(key) == nullptr) continue;
          make_.set(member.value, key, mistake_.at(key).node());
          is_changed = true;
        }
      }
    };
    change(step);
    if (JsonNode* batch = step.find("batch")) {
      for (JsonNode& operation : batch->array()) change(operation);
    }
    if (!is_changed) {
      const char* key = mistake_.has("count") ? "count" : "counts";
      mistake_.at(key).fail(fmt::format("the step '{}' has no {}", label_, key));
    }
    return step;
  }

  const JsonCursor& mistake_;
  JsonMaker make_;
  std::string label_;
  bool is_moved_ = false;
};

}  // namespace

void make_mistakes(const WorkloadScope& scope, const JsonCursor& workload, JsonNode::Array& steps) {
  const JsonMaker make(workload.node().place);
  JsonNode guards = make.object({});
  for (const char* key : {"only", "except"}) {
    if (const auto guard = workload.find(key)) make.set(guards, key, guard->node());
  }
  JsonNode members = make.object({});
  if (const auto grid = workload.find("grid"))
    make.set(members, "only", make.object({{"grid", make.text(grid->string())}}));
  for (const JsonCursor& mistake : workload.at("mistakes").items())
    Mistake(mistake).make_in(steps, scope, {&guards, &members});
}

}  // namespace gridlock
