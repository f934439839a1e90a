#include "harness/read/fault_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>
#include <optional>

#include "harness/read/number_reader.h"
#include "harness/read/selection_reader.h"

namespace gridlock {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFactorMax = 1'000'000'000;

constexpr FaultKind kKinds[] = {FaultKind::crash, FaultKind::exit,  FaultKind::exception, FaultKind::hang,
                                FaultKind::slow,  FaultKind::delay, FaultKind::corrupt};

Nanos read_time(const JsonCursor& cursor) {
  if (!cursor.is_string()) return Nanos(cursor.integer(0, kMost));
  return Nanos(duration_from_text(cursor, cursor.string()));
}

/// The sites of all steps, also inside loops.
void collect_sites(const std::vector<Step>& steps, std::vector<const Site*>& sites) {
  for (const Step& step : steps) {
    sites.push_back(&step.site);
    for_each_list(step, [&](const std::vector<Step>& inner) { collect_sites(inner, sites); });
  }
}

void read_step_trigger(const ReadContext& context, const JsonCursor& at, FaultTrigger& trigger) {
  std::vector<const Site*> sites;
  for (const Program& program : context.scenario.programs) collect_sites(program.steps, sites);
  const JsonCursor step = at.at("label");
  trigger.by = FaultTrigger::By::step;
  trigger.label = step.string();
  const Site* found = nullptr;
  std::vector<std::string> known;
  for (const Site* site : sites) {
    if (index_of(known, site->text) < 0) known.push_back(site->text);
    if (found == nullptr && site->text == trigger.label) found = site;
  }
  if (found == nullptr) step.fail_name("step with the label", trigger.label, known);
  std::vector<std::string> keys = {"label"};
  for (const std::string& loop : found->loops) {
    if (!loop.empty()) keys.push_back(loop);
  }
  at.check_keys(keys);
  for (std::size_t i = 0; i < kLoopsShown && !found->loops[i].empty(); ++i) {
    if (const auto value = at.find(found->loops[i]))
      trigger.turns[i] =
          static_cast<std::int32_t>(value->integer(0, std::numeric_limits<std::int32_t>::max()));
  }
}

FaultTrigger read_trigger(const ReadContext& context, const JsonCursor& at) {
  FaultTrigger trigger;
  if (at.has("label")) {
    read_step_trigger(context, at, trigger);
    return trigger;
  }
  at.check_keys({"time", "call"});
  if (at.has("time") == at.has("call")) at.fail("expected one of 'time', 'call' and 'label'");
  if (const auto call = at.find("call")) {
    trigger.by = FaultTrigger::By::call;
    trigger.call = call->integer(1, kMost);
  } else {
    trigger.time = read_time(at.at("time"));
  }
  return trigger;
}

std::vector<std::string> keys_of(FaultKind kind) {
  std::vector<std::string> keys = {std::string(fault_name(kind)), "at"};
  if (kind == FaultKind::slow) keys.emplace_back("factor");
  if (kind == FaultKind::delay) keys.insert(keys.end(), {"peers", "by"});
  return keys;
}

Fault read_fault(const ReadContext& context, const JsonCursor& entry) {
  const std::int64_t size = context.scenario.world_size;
  std::optional<FaultKind> kind;
  std::vector<std::string> names;
  for (const FaultKind known : kKinds) {
    names.emplace_back(fault_name(known));
    if (entry.has(fault_name(known))) kind = known;
  }
  if (!kind) entry.fail("the fault has no kind", fmt::format("one of: {}", fmt::join(names, ", ")));
  entry.check_keys(keys_of(*kind));
  Fault fault;
  fault.kind = *kind;
  fault.ranks = read_index_set(entry.at(fault_name(*kind)), size, "rank");
  if (const auto at = entry.find("at")) fault.at = read_trigger(context, *at);
  if (fault.kind == FaultKind::slow) fault.factor = entry.at("factor").integer(1, kFactorMax);
  if (fault.kind == FaultKind::delay) {
    fault.peers = read_index_set(entry.at("peers"), size, "rank");
    fault.duration = read_time(entry.at("by"));
  }
  if (fault.kind == FaultKind::corrupt && fault.at.by == FaultTrigger::By::time)
    entry.fail("a corrupted payload needs the call or the label whose output it is", "at: {\"call\": 1}");
  return fault;
}

}  // namespace

std::vector<Fault> read_faults(const ReadContext& context, const JsonCursor& list) {
  std::vector<Fault> faults;
  for (const JsonCursor& entry : list.items()) faults.push_back(read_fault(context, entry));
  return faults;
}

}  // namespace gridlock
