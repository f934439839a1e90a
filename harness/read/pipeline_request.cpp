#include "harness/read/pipeline_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/base/input_error.h"
#include "core/grid/plan.h"
#include "harness/read/schedule_check.h"

namespace gridlock {
namespace {

constexpr std::int64_t kMicroBatchMax = 1'000'000;
/// Actions of a table, which are steps of their own each.
constexpr std::int64_t kTableActionsMax = 1'000'000;

std::size_t read_word(const JsonCursor& cursor, const char* noun, const std::vector<std::string>& words) {
  const auto found = std::find(words.begin(), words.end(), cursor.string());
  if (found == words.end()) cursor.fail_name(noun, cursor.string(), words);
  return static_cast<std::size_t>(found - words.begin());
}

std::optional<JsonNode> node_of(const std::optional<JsonCursor>& cursor) {
  if (!cursor) return std::nullopt;
  return cursor->node();
}

ScheduleTable read_table_file(const JsonCursor& table) {
  std::filesystem::path path = table.string();
  if (const auto& file = table.node().place.file; file && path.is_relative())
    path = std::filesystem::path(*file).parent_path() / path;
  std::ifstream stream(path);
  std::ostringstream text;
  if (!std::filesystem::is_regular_file(path) || !stream.is_open())
    table.fail(fmt::format("cannot read the table '{}'", path.string()));
  text << stream.rdbuf();
  ScheduleTable read = parse_schedule_table(text.str(), path.string());
  if (read.rows.empty()) table.fail(fmt::format("the table '{}' has no row", path.string()));
  return read;
}

class RequestReader {
 public:
  RequestReader(const WorkloadScope& scope, const JsonCursor& workload) : workload_(workload) {
    read_workload_keys(scope, workload);
    request_.grid = workload.at("grid").string();
    request_.ranks = std::max<RankId>(scope.plan(workload.at("grid")).topology().get_dim("pipe"), 1);
  }

  PipelineRequest read() {
    read_exchange();
    const auto table = workload_.find("table");
    table ? read_table(*table) : read_schedule();
    read_amounts();
    return std::move(request_);
  }

 private:
  void read_exchange() {
    if (const auto p2p = workload_.find("p2p")) {
      request_.exchange = static_cast<Exchange>(
          read_word(*p2p, "p2p mode", {"batched", "even_odd", "sequential", "gradient_first"}));
    }
    if (const auto groups = workload_.find("p2p_groups"))
      request_.uses_pairs = read_word(*groups, "kind of groups", {"pipe", "pairs"}) == 1;
  }

  void read_table(const JsonCursor& cursor) {
    for (const char* key : {"schedule", "micro_batches", "virtual_stages"}) {
      if (workload_.has(key)) workload_.fail_key(key, fmt::format("'{}' cannot stand beside 'table'", key));
    }
    ScheduleTable table = read_table_file(cursor);
    if (table.has_transfers()) {
      check_transfers(table);
      use(std::move(table));
    } else {
      check_work(table);
      use(with_transfers(table));
    }
    if (request_.table->rows.size() == static_cast<std::size_t>(request_.ranks)) return;
    cursor.fail(fmt::format("the table has {} rows, '{}.pipe' {} ranks", request_.table->rows.size(),
                            request_.grid, request_.ranks));
  }

  void read_schedule() {
    if (!workload_.has("schedule")) workload_.fail("the key 'schedule' is missing", "or 'table'");
    const JsonCursor name = workload_.at("schedule");
    request_.schedule = static_cast<PipelineSchedule>(
        read_word(name, "schedule", {"gpipe", "1f1b", "forward_only", "interleaved", "zero_bubble"}));
    const JsonCursor micro_batches = workload_.at("micro_batches");
    request_.micro_batches = static_cast<std::int32_t>(micro_batches.integer(1, kMicroBatchMax));
    const bool is_interleaved = request_.schedule == PipelineSchedule::interleaved;
    std::int32_t virtual_stages = is_interleaved ? 2 : 1;
    if (const auto given = workload_.find("virtual_stages")) {
      if (!is_interleaved) given->fail(fmt::format("{} has one stage on each rank", name.string()));
      virtual_stages = static_cast<std::int32_t>(given->integer(2, 1024));
    }
    if (is_interleaved && request_.ranks == 1) name.fail("an interleaved schedule needs at least two ranks");
    if (is_interleaved && request_.micro_batches % request_.ranks != 0) {
      micro_batches.fail(fmt::format(
          "an interleaved schedule needs a multiple of {} micro-batches, one for each rank", request_.ranks));
    }
    const bool has_loops = request_.schedule <= PipelineSchedule::forward_only;
    if (has_loops && !request_.uses_pairs) return;
    if (std::int64_t{4} * request_.ranks * virtual_stages * request_.micro_batches > kTableActionsMax)
      micro_batches.fail("the schedule is too long to be written out", "fewer micro-batches show it as well");
    use(with_transfers(
        schedule_table(request_.schedule, request_.ranks, virtual_stages, request_.micro_batches)));
  }

  void use(ScheduleTable table) {
    if (request_.exchange == Exchange::even_odd || request_.exchange == Exchange::gradient_first) {
      const JsonCursor p2p = workload_.at("p2p");
      p2p.fail(fmt::format("{} is for gpipe, 1f1b and forward_only on the pipe group", p2p.string()),
               "batched or sequential");
    }
    request_.table = std::move(table);
    const std::vector<std::int32_t> rows = request_.table->rows_of_stages();
    for (std::size_t row = 0; row < request_.table->rows.size(); ++row) {
      for (const auto& cell : request_.table->rows[row]) {
        if (cell && cell->is_transfer()) check_transfer(*cell, static_cast<std::int32_t>(row), rows);
      }
    }
  }

  void check_transfer(const StageAction& action, std::int32_t row,
                      const std::vector<std::int32_t>& rows) const {
    const std::int32_t other = action.other_stage();
    const auto refuse = [&](const std::string& why) {
      throw InputError(request_.table->place(static_cast<std::size_t>(row)),
                       fmt::format("{}: {}", action.to_string(), why));
    };
    if (other < 0 || other >= static_cast<std::int32_t>(rows.size()))
      return refuse(fmt::format("there is no stage {}", other));
    const std::int32_t peer = rows[static_cast<std::size_t>(other)];
    if (peer == row) return refuse(fmt::format("stage {} is on the same rank", other));
    const std::int32_t distance = std::abs(peer - row);
    if (request_.uses_pairs && distance != 1 && distance != request_.ranks - 1)
      refuse(fmt::format("ranks {} and {} are no pair of neighbours", row, peer));
  }

  void read_amounts() {
    const JsonMaker make(workload_.node().place);
    request_.count = workload_.at("count").node();
    request_.dtype = node_of(workload_.find("dtype")).value_or(make.text("float32"));
    request_.forward = node_of(workload_.find("forward"));
    request_.backward = node_of(workload_.find("backward"));
    request_.backward_input = node_of(workload_.find("backward_input"));
    request_.backward_weight = node_of(workload_.find("backward_weight"));
    if (const auto all_reduces = workload_.find("tensor_all_reduces"))
      request_.tensor_all_reduces = all_reduces->integer(0, kMicroBatchMax);
    request_.data_all_reduce = node_of(workload_.find("data_all_reduce"));
    request_.tied_embedding = node_of(workload_.find("tied_embedding"));
    if (const auto check = workload_.find("overflow_check")) request_.overflow_check = check->boolean();
  }

  const JsonCursor& workload_;
  PipelineRequest request_;
};

}  // namespace

PipelineRequest read_pipeline(const WorkloadScope& scope, const JsonCursor& workload) {
  return RequestReader(scope, workload).read();
}

}  // namespace gridlock
