#include "harness/read/step_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "harness/read/action_reader.h"
#include "harness/read/number_reader.h"
#include "harness/read/operation_reader.h"
#include "harness/read/parallel_reader.h"
#include "harness/read/selection_reader.h"

namespace gridlock {
namespace {

/// Operations that one entry of a batch stands for.
constexpr std::int64_t kTimesMax = 4096;

bool is_operation(std::string_view key) { return call_kind_from_name(key).has_value(); }

/// "wait" with a ticket is an action, with true or false it belongs to an operation.
bool is_modifier(const std::string& key, const JsonCursor& value) {
  if (key == "wait") return value.node().is_bool();
  return key == "only" || key == "except" || key == "label" || key == "as" || key == "from" ||
         key == "steps" || key == "on_failure" || key == "times";
}

/// Actions whose requests can end otherwise than well because of other ranks.
bool can_fail(const std::string& action) {
  return is_operation(action) || action == "batch" || action == "wait" || action == "await" ||
         action == "synchronize";
}

std::vector<std::string> modifiers_of(const std::string& action) {
  std::vector<std::string> keys = {"only", "except", "label"};
  if (is_operation(action) || action == "batch") keys.insert(keys.end(), {"as", "wait"});
  if (can_fail(action)) keys.emplace_back("on_failure");
  if (action == "repeat") keys.insert(keys.end(), {"as", "from", "steps"});
  return keys;
}

/// The one action key of a step, or of an operation in a batch.
std::string action_key(const JsonCursor& step, bool is_batched = false) {
  std::vector<std::string> known = action_names();
  std::string action;
  for (const auto& [key, value] : step.members()) {
    if (is_modifier(key, value)) continue;
    if (index_of(known, key) < 0) {
      known.insert(known.end(), {"only", "except", "label", "as", "from", "steps", "on_failure"});
      step.fail_key(key, fmt::format("unknown key '{}'", key), name_hint(key, known));
    }
    if (!action.empty()) {
      step.fail_key(key, fmt::format("a step has one action, and this one has '{}' already", action));
    }
    action = key;
  }
  if (action.empty()) step.fail("the step has no action", fmt::format("one of: {}", fmt::join(known, ", ")));
  std::vector<std::string> modifiers = modifiers_of(action);
  if (is_batched) modifiers.emplace_back("times");
  for (const auto& [key, value] : step.members()) {
    if (key != action && index_of(modifiers, key) < 0) {
      step.fail_key(key, fmt::format("'{}' cannot stand beside '{}'", key, action));
    }
  }
  return action;
}

Operation read_batched(ReadContext& context, const JsonCursor& step) {
  for (const auto& [key, value] : step.members()) {
    if (!is_operation(key) && key != "only" && key != "except" && key != "times") {
      step.fail_key(key, fmt::format("'{}' cannot stand in a batch", key),
                    "operations with only, except and times; label, as and wait belong to the batch");
    }
  }
  const std::string action = action_key(step, true);
  Guard guard = read_guard(context, step);
  const InsideScope scope(context, guard.only.value_or(Selection{}));
  Operation operation = read_operation(context, *call_kind_from_name(action), step.at(action));
  operation.guard = std::move(guard);
  if (const auto times = step.find("times")) operation.times = read_number(context, *times, {0, kTimesMax});
  return operation;
}

SubmitAction read_submit(ReadContext& context, const JsonCursor& step, const std::string& action) {
  SubmitAction submit;
  const JsonCursor value = step.at(action);
  submit.is_batch = action == "batch";
  if (submit.is_batch) {
    for (const JsonCursor& item : value.items()) submit.operations.push_back(read_batched(context, item));
    if (submit.operations.empty()) value.fail("the batch is empty");
  } else {
    submit.operations.push_back(read_operation(context, *call_kind_from_name(action), value));
  }
  if (const auto ticket = step.find("as")) {
    submit.ticket = static_cast<TicketName>(index_of(context.scenario.ticket_names, ticket->string()));
    submit.wait = false;
  }
  if (const auto wait = step.find("wait")) submit.wait = wait->boolean();
  return submit;
}

void check_loop_name(const ReadContext& context, const JsonCursor& as, const std::string& name) {
  check_name(as, name);
  if (context.loop_depth(name) >= 0)
    as.fail(fmt::format("a loop around this one has the variable '{}' already", name));
  if (index_of(context.params, name) >= 0) as.fail(fmt::format("'{}' is a parameter already", name));
  if (name == "rank" || name == "grid") as.fail(fmt::format("'{}' means something else in selections", name));
}

RepeatAction read_repeat(ReadContext& context, const JsonCursor& step) {
  RepeatAction repeat;
  repeat.times = read_number(context, step.at("repeat"), {0, kRepeatMax});
  if (const auto from = step.find("from")) repeat.from = read_number(context, *from);
  if (const auto as = step.find("as")) {
    check_loop_name(context, *as, as->string());
    repeat.variable = as->string();
  }
  repeat.depth = static_cast<LoopDepth>(context.loops.size());
  if (context.loops.size() >= kLoopDepthMax)
    step.fail(fmt::format("loops are nested deeper than {}", kLoopDepthMax));
  const LoopScope scope(context, repeat.variable);
  context.scenario.loop_depth_max = std::max(context.scenario.loop_depth_max, repeat.depth + 1);
  repeat.steps = read_steps(context, step.at("steps"));
  return repeat;
}

bool is_shown(const std::string& variable) { return !variable.empty() && variable[0] != '_'; }

/// Where the step stands, for labels and reports.
void place_step(const ReadContext& context, const JsonCursor& cursor, const std::string& action, Step& step) {
  const auto label = cursor.find("label");
  step.site.text = label ? label->string() : action;
  const JsonPlace& place = cursor.node().place;
  step.site.place = place.line == 0 ? place.to_string() : fmt::format("{}:{}", *place.file, place.line);
  std::size_t shown = 0;
  for (std::size_t depth = context.loops.size(); depth-- > 0 && shown < kLoopsShown;) {
    if (!is_shown(context.loops[depth])) continue;
    step.loops[shown] = static_cast<LoopDepth>(depth);
    step.site.loops[shown] = context.loops[depth];
    ++shown;
  }
}

Step read_step(ReadContext& context, const JsonCursor& cursor) {
  const std::string action = action_key(cursor);
  if (context.is_in_thread) check_thread_action(cursor, action);
  Step step;
  step.number = context.scenario.step_count++;
  step.guard = read_guard(context, cursor);
  place_step(context, cursor, action, step);
  if (const auto failure = cursor.find("on_failure")) {
    if (failure->string() != "end" && failure->string() != "continue")
      failure->fail_name("way to go on", failure->string(), {"end", "continue"});
    step.continues_on_failure = failure->string() == "continue";
  }
  const InsideScope scope(context, step.guard.only.value_or(Selection{}));
  if (is_operation(action) || action == "batch") {
    step.action = read_submit(context, cursor, action);
  } else if (action == "repeat") {
    step.action = read_repeat(context, cursor);
  } else if (action == "parallel") {
    step.action = read_parallel(context, cursor.at(action));
  } else {
    step.action = read_plain_action(context, action, cursor.at(action));
  }
  return step;
}

void add_name(std::vector<std::string>& names, const JsonCursor& cursor) {
  check_name(cursor, cursor.string());
  if (index_of(names, cursor.string()) < 0) names.push_back(cursor.string());
}

void collect_from_operation(Scenario& scenario, const JsonCursor& operation) {
  if (const auto output = operation.find("output")) add_name(scenario.buffer_names, *output);
}

}  // namespace

std::vector<Step> read_steps(ReadContext& context, const JsonCursor& list) {
  std::vector<Step> steps;
  for (const JsonCursor& item : list.items()) steps.push_back(read_step(context, item));
  return steps;
}

void collect_names(Scenario& scenario, const JsonCursor& list) {
  for (const JsonCursor& step : list.items()) {
    for (const auto& [key, value] : step.members()) {
      if ((key == "new_group" || key == "split" || key == "shrink") && value.has("name")) {
        if (value.at("name").string() == "world") value.at("name").fail("'world' is the group of all ranks");
        add_name(scenario.group_names, value.at("name"));
      } else if (key == "fill" && value.has("buffer")) {
        add_name(scenario.buffer_names, value.at("buffer"));
      } else if (is_operation(key)) {
        collect_from_operation(scenario, value);
      } else if (key == "as" && !step.has("repeat")) {
        add_name(scenario.ticket_names, value);
      } else if ((key == "steps" || key == "batch" || key == "parallel") && value.is_array()) {
        collect_names(scenario, value);
      }
    }
  }
}

}  // namespace gridlock
