#include "harness/read/pipeline_table_steps.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"

namespace gridlock {
namespace {

using Steps = JsonNode::Array;

class TableWriter {
 public:
  TableWriter(const PipelineRequest& request, const JsonMaker& make)
      : request_(request), make_(make), row_of_(request.table->rows_of_stages()) {}

  Steps write() {
    Steps steps;
    if (request_.uses_pairs) add_pairs(steps);
    for (std::int32_t rank = 0; rank < request_.ranks; ++rank) {
      rank_ = rank;
      Steps row;
      for (const auto& cell : request_.table->rows[static_cast<std::size_t>(rank)]) {
        if (!cell) continue;
        cell->is_transfer() ? add_transfer(row, *cell) : add_work(row, *cell);
      }
      if (row.empty()) continue;
      steps.push_back(make_.object({{"repeat", make_.number(1)}, {"steps", make_.list(std::move(row))}}));
      if (request_.ranks == 1) continue;
      JsonNode only = make_.object({});
      make_.set(only, pipe(), make_.number(rank));
      make_.set(steps.back(), "only", std::move(only));
    }
    return steps;
  }

 private:
  std::string pipe() const { return request_.grid + ".pipe"; }

  JsonNode labelled(JsonNode step, const std::string& label) const {
    make_.set(step, "label", make_.text(label));
    return step;
  }

  std::string pairs(std::int32_t one, std::int32_t other) const {
    const std::int32_t low = std::min(one, other);
    if (std::abs(one - other) == 1) return fmt::format("{}-pairs-{}", request_.grid, low % 2);
    return request_.grid + "-pairs-ends";
  }

  /// A split of the pipe group in which the ranks of each pair have its lower rank as color.
  JsonNode split(const std::string& name, const std::vector<std::int32_t>& colors) const {
    Steps values;
    Steps keys;
    for (std::size_t rank = 0; rank < colors.size(); ++rank) {
      values.push_back(make_.number(colors[rank]));
      keys.push_back(make_.number(static_cast<std::int64_t>(rank)));
    }
    const auto by_rank = [&](Steps list) {
      return make_.object({{"by", make_.text(pipe())}, {"values", make_.list(std::move(list))}});
    };
    return make_.object({{"split", make_.object({{"name", make_.text(name)},
                                                 {"group", make_.text(pipe())},
                                                 {"color", by_rank(std::move(values))},
                                                 {"key", by_rank(std::move(keys))}})}});
  }

  void add_pairs(Steps& steps) const {
    const std::int32_t ranks = request_.ranks;
    if (ranks == 1) return;
    for (std::int32_t parity = 0; parity < std::min(ranks - 1, 2); ++parity) {
      std::vector<std::int32_t> colors(static_cast<std::size_t>(ranks), -1);
      for (std::int32_t low = parity; low + 1 < ranks; low += 2)
        colors[static_cast<std::size_t>(low)] = colors[static_cast<std::size_t>(low) + 1] = low;
      steps.push_back(split(pairs(parity, parity + 1), colors));
    }
    if (ranks == 2 || !ends_trade()) return;
    std::vector<std::int32_t> colors(static_cast<std::size_t>(ranks), -1);
    colors.front() = colors.back() = 0;
    steps.push_back(split(pairs(0, ranks - 1), colors));
  }

  bool ends_trade() const {
    const auto& row = request_.table->rows.front();
    return std::any_of(row.begin(), row.end(), [&](const auto& cell) {
      return cell && cell->is_transfer() && peer(*cell) == request_.ranks - 1;
    });
  }

  std::int32_t peer(const StageAction& action) const {
    return row_of_[static_cast<std::size_t>(action.other_stage())];
  }

  JsonNode transfer(const StageAction& action) const {
    const std::int32_t other = peer(action);
    JsonNode call = make_.object({{"count", request_.count}, {"dtype", request_.dtype}});
    if (request_.uses_pairs) {
      make_.set(call, "group", make_.text(pairs(rank_, other)));
      make_.set(call, action.is_send() ? "to" : "from", make_.number(other > rank_ ? 1 : 0));
    } else {
      make_.set(call, "group", make_.text(pipe()));
      make_.set(call, action.is_send() ? "to_stage" : "from_stage", make_.number(other));
    }
    return make_.object({{action.is_send() ? "send" : "recv", std::move(call)}});
  }

  void add_transfer(Steps& row, const StageAction& action) const {
    JsonNode step = transfer(action);
    if (request_.exchange == Exchange::batched)
      step = make_.object({{"batch", make_.list({std::move(step)})}});
    row.push_back(labelled(std::move(step), action.to_string()));
  }

  const std::optional<JsonNode>& duration(StageWork work) const {
    switch (work) {
      case StageWork::forward:
        return request_.forward;
      case StageWork::backward:
        return request_.backward;
      case StageWork::backward_input:
        return request_.backward_input;
      case StageWork::backward_weight:
        return request_.backward_weight;
      default:
        break;
    }
    GRIDLOCK_CHECK(!"work that takes time");
  }

  void add_work(Steps& row, const StageAction& action) const {
    if (const auto& time = duration(action.work))
      row.push_back(labelled(make_.object({{"compute", *time}}), action.to_string()));
    if (request_.tensor_all_reduces == 0 || action.work == StageWork::backward_weight) return;
    JsonNode call = make_.object({{"group", make_.text(request_.grid + ".tensor")},
                                  {"count", request_.count},
                                  {"dtype", request_.dtype}});
    JsonNode step = labelled(make_.object({{"all_reduce", std::move(call)}}), action.to_string());
    if (request_.tensor_all_reduces > 1) {
      step = make_.object(
          {{"repeat", make_.number(request_.tensor_all_reduces)}, {"steps", make_.list({std::move(step)})}});
    }
    row.push_back(std::move(step));
  }

  const PipelineRequest& request_;
  const JsonMaker& make_;
  std::vector<std::int32_t> row_of_;
  std::int32_t rank_ = 0;
};

}  // namespace

JsonNode::Array table_steps(const PipelineRequest& request, const JsonMaker& make) {
  return TableWriter(request, make).write();
}

}  // namespace gridlock
