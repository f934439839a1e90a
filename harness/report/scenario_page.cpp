#include "harness/report/scenario_page.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/data/operation.h"
#include "harness/read/json_document.h"
#include "harness/read/schema.h"
#include "harness/read/workloads.h"
#include "harness/report/name_tables.h"
#include "harness/report/schema_tables.h"

namespace gridlock {
namespace {

constexpr const char* kIntroduction = R"(# Scenario format

A scenario file says how many ranks there are, which grids of groups they form, what each rank does step by step, and
how the run should end. `gridlock run FILE` runs it. It is JSON; `//` comments are allowed, unknown keys are errors.
Four ranks that compute, then reduce; rank 0 also writes a checkpoint:

```json
{}```

Everything that has to stand in a file is there: the world, and programs with steps. The last line is the default.
Wherever a value stands, `"$name"` of a [parameter](#the-file) can stand in its place.

- [The file](#the-file): all keys at the top.
- [Steps](#steps): what ranks do. [Operations](#operations) are the calls that move data.
- [Values](#values): numbers that differ between ranks, ranks, groups.
- [Names](#names): element types, reduce operations, families of groups, accessors.
- [Examples](#examples): files to start from.

The same as JSON Schema, for editors: [scenario.schema.json](../scenarios/schema/scenario.schema.json), which
`gridlock schema` prints. `gridlock expand FILE` prints a scenario with all parameters, loops over a matrix and
workloads written out.
)";

constexpr const char* kOperations = R"(
### Operations

An operation is a step like `{"all_reduce": {"group": "world", "count": 8}}`. The host enqueues it on a stream and, unless
the step says otherwise, waits for it. Without `input` and `output` Gridlock makes private buffers, fills them with data
that differs between ranks and calls, and checks every element of the result. With them, the step reads and writes named
buffers, which only `expect` steps check; an operation that reads needs `input`, one that writes needs `output`.

Sizes are in elements: `count` is one member's, *n* is the number of members.

| operation | effect | input | output | other rank | in place | NCCL |
|---|---|---|---|---|---|---|
)";

constexpr const char* kInPlaceRules = R"(
In place: *same* means that input and output may be one buffer; *input share*, that the input may be the member's own
chunk of the output; *output share*, that the output may be the member's own chunk of the input. NCCL: the first version
that has the operation, or the calls it is made of.

Keys of an operation:

| key | of | value | default | meaning |
|---|---|---|---|---|
)";

constexpr const char* kExamples = R"(
## Examples

All of these are run by the tests. Each file says what it shows.

- [loops_and_parameters](../scenarios/basics/loops_and_parameters.json): parameters, nested loops, steps for some ranks
  and some turns only, labels.
- [ring_in_one_batch](../scenarios/basics/ring_in_one_batch.json): a number for each rank; sends and receives in a batch.
- [values_and_contributors](../scenarios/basics/values_and_contributors.json): named buffers, and what they must hold.
- [new_group](../scenarios/basics/new_group.json): groups made by hand.
- [streams_and_tickets](../scenarios/basics/streams_and_tickets.json): operations that overlap with the host's work.
- [post_and_await](../scenarios/basics/post_and_await.json): ranks that wait for each other beside the groups.
- [all_to_all_v](../scenarios/basics/all_to_all_v.json): uneven exchanges.
- [every_dtype_and_op](../scenarios/basics/every_dtype_and_op.json): a matrix.
- [single_3d](../scenarios/grids/single_3d.json): a grid, all its groups, and what its accessors answer.
- [overlapping_models](../scenarios/grids/overlapping_models.json): two grids that share ranks.
- [pipeline_schedules](../scenarios/grids/pipeline_schedules.json): the pipeline workload in its looped forms;
  [pipeline_tables](../scenarios/workloads/pipeline_tables.json) and
  [pipeline_dualpipev](../scenarios/workloads/pipeline_dualpipev.json): schedules as tables.
- [fsdp](../scenarios/workloads/fsdp.json), [moe](../scenarios/workloads/moe.json),
  [rl_step](../scenarios/workloads/rl_step.json): other workloads; [workloads.md](workloads.md) shows them all.
- [megatron_experts](../scenarios/grids/megatron_experts.json), [deepspeed_experts](../scenarios/grids/deepspeed_experts.json): experts laid
  out beside the rest of the model.
- [ppo_actor_critic](../scenarios/grids/ppo_actor_critic.json): two models, pipeline and data parallel training.
- [pp16_dp128_tp8](../scenarios/grids/pp16_dp128_tp8.json): 16,384 ranks.
- [count_mismatch](../scenarios/must_fail/count_mismatch.json): a scenario that must fail, and who is blamed.
- [count_mismatch.fixed](../scenarios/must_fail/count_mismatch.fixed.json): the same, repaired, by `extends`.
)";

/// Definitions with a heading of their own, in the order of the page. Workloads come after the steps.
const std::vector<std::pair<std::string, std::string>> kSteps = {
    {"plain_step", "step"}, {"workload", "workload"}, {"mistake", "mistake"}};
const std::vector<std::pair<std::string, std::string>> kValues = {{"number", "number"},
                                                                  {"any_real", "real"},
                                                                  {"duration", "duration"},
                                                                  {"axis", "axis"},
                                                                  {"indexes", "indexes"},
                                                                  {"selection", "selection"},
                                                                  {"members", "members"},
                                                                  {"group", "group"},
                                                                  {"recipe", "recipe"},
                                                                  {"recipe_block", "recipe block"},
                                                                  {"recipe_family", "recipe family"},
                                                                  {"divergence_side", "divergence side"},
                                                                  {"fault", "fault"},
                                                                  {"fault_time", "fault time"}};

SchemaTables tables() {
  std::map<std::string, std::string> places = {{"dtype", "element types"},
                                               {"reduce_op", "reduce operations"}};
  places.insert(kSteps.begin(), kSteps.end());
  places.insert(kValues.begin(), kValues.end());
  for (const OperationInfo& info : all_operations()) places.emplace(info.name, "operations");
  for (const std::string& workload : workload_names()) places.emplace(workload, workload);
  return {SchemaTables::Json::parse(scenario_schema()), std::move(places), "param"};
}

std::string extent_text(Extent extent, CountMeaning count) {
  if (count == CountMeaning::per_rank) return extent == Extent::one ? "own count" : "all counts";
  switch (extent) {
    case Extent::nothing:
      return "";
    case Extent::one:
      return "count";
    case Extent::all:
      return "n x count";
    case Extent::root_one:
      return "count, root only";
    case Extent::root_all:
      return "n x count, root only";
  }
  return "";
}

std::string in_place_text(InPlace rule) {
  switch (rule) {
    case InPlace::never:
      return "never";
    case InPlace::same:
      return "same";
    case InPlace::input_share:
      return "input share";
    case InPlace::output_share:
      return "output share";
  }
  return "";
}

std::string nccl_text(const OperationInfo& info) {
  // ncclGetVersion's numbers up to 2.8 have one digit less for the minor version.
  const int version = info.nccl_version_min;
  const int base = version < 10000 ? 1000 : 10000;
  std::string text = fmt::format("{}.{}.{}", version / base, version % base / 100, version % 100);
  switch (info.made_of) {
    case MadeOf::kernel:
      return text;
    case MadeOf::all_reduce:
      return text + ", as all_reduce";
    case MadeOf::broadcast:
      return text + ", as broadcasts";
    case MadeOf::send_recv:
      return text + ", as sends and recvs";
  }
  return text;
}

std::string other_rank_text(const OperationInfo& info) {
  if (info.has_root) return "root";
  if (!info.is_p2p) return "";
  return info.kind == CallKind::send ? "to" : "from";
}

/// A key of operations, and the operations that have it just so.
struct CallKey {
  SchemaRow row;
  std::vector<std::string> operations;
};

std::vector<CallKey> call_keys(const SchemaTables& schema) {
  std::vector<CallKey> keys;
  for (const OperationInfo& info : all_operations()) {
    const std::string name(info.name);
    for (SchemaRow& row : schema.rows(schema.definition(name), name)) {
      const auto same =
          std::find_if(keys.begin(), keys.end(), [&](const CallKey& key) { return key.row == row; });
      if (same == keys.end()) {
        keys.push_back({std::move(row), {name}});
      } else {
        same->operations.push_back(name);
      }
    }
  }
  return keys;
}

std::string operations_text(const SchemaTables& schema) {
  std::string text = kOperations;
  for (const OperationInfo& info : all_operations()) {
    const std::string effect = schema.definition(std::string(info.name)).at("description");
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", info.name, effect,
                        extent_text(info.input, info.count), extent_text(info.output, info.count),
                        other_rank_text(info), in_place_text(info.in_place), nccl_text(info));
  }
  text += kInPlaceRules;
  for (const CallKey& key : call_keys(schema)) {
    const bool is_everywhere = key.operations.size() == all_operations().size();
    text += fmt::format("| {} | {} | {} | {} | {} |\n", key.row.key,
                        is_everywhere ? "all" : fmt::format("{}", fmt::join(key.operations, ", ")),
                        key.row.value, key.row.default_text, key.row.meaning);
  }
  return text;
}

/// The whole scenario that stands at the top.
std::string example_text(const SchemaTables& schema) {
  return write_json(parse_json(schema.root().at("examples").at(0).dump(), "example"));
}

}  // namespace

std::string scenario_page() {
  const SchemaTables schema = tables();
  std::string page = kIntroduction;
  const std::string example = "{}";
  page.replace(page.find(example), example.size(), example_text(schema));
  page += schema.section(schema.root(), "The file", "", 2);
  page += "\n## Steps\n\nA program is a list of steps, each an object.\n";
  for (const auto& [name, heading] : kSteps)
    page += schema.section(schema.definition(name), heading, heading, 3);
  for (const std::string& name : workload_names())
    page += schema.section(schema.definition(name), name, name, 3);
  page += operations_text(schema) + "\n## Values\n";
  for (const auto& [name, heading] : kValues)
    page += schema.section(schema.definition(name), heading, heading, 3);
  return page + names_text() + kExamples;
}

}  // namespace gridlock
