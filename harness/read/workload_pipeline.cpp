#include "harness/read/workload_pipeline.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "harness/read/pipeline_table_steps.h"

namespace gridlock {
namespace {

using Steps = JsonNode::Array;

/// One way in which data moves between neighbouring stages.
struct Transfer {
  bool is_send;
  /// Activations go to later stages, gradients to earlier ones.
  bool is_forward;

  /// +1 when the other end is the next stage, -1 when it is the one before.
  std::int64_t direction() const { return is_send == is_forward ? 1 : -1; }
};

constexpr Transfer kRecvForward{false, true};
constexpr Transfer kSendForward{true, true};
constexpr Transfer kRecvBackward{false, false};
constexpr Transfer kSendBackward{true, false};

class PipelineWriter {
 public:
  PipelineWriter(const PipelineRequest& pipeline, const JsonMaker& make) : pipeline_(pipeline), make_(make) {}

  Steps write() const {
    Steps steps;
    if (pipeline_.table) {
      steps = table_steps(pipeline_, make_);
    } else if (pipeline_.schedule == PipelineSchedule::one_f_one_b) {
      steps = one_f_one_b();
    } else {
      append(steps, loop(pipeline_.micro_batches, forward_alone()));
      if (pipeline_.schedule == PipelineSchedule::gpipe) {
        append(steps, loop(pipeline_.micro_batches, backward_alone()));
      }
    }
    if (!pipeline_.is_forward_only()) append(steps, after_backwards());
    return steps;
  }

 private:
  static void append(Steps& steps, Steps more) {
    steps.insert(steps.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }

  std::string name(const char* part) const { return pipeline_.grid + "." + part; }
  std::int64_t last() const { return pipeline_.ranks - 1; }

  /// One value per stage; a plain number when they are all equal.
  template <typename Value>
  JsonNode per_stage(Value&& value) const {
    Steps values;
    bool is_uniform = true;
    for (std::int64_t stage = 0; stage < pipeline_.ranks; ++stage) {
      values.push_back(make_.number(value(stage)));
      is_uniform = is_uniform && values.back() == values.front();
    }
    if (is_uniform) return values.front();
    return make_.object({{"by", make_.text(name("pipe"))}, {"values", make_.list(std::move(values))}});
  }

  /// A loop over micro-batches; nothing when no stage turns it.
  Steps loop(JsonNode times, Steps body, std::optional<JsonNode> from = std::nullopt) const {
    if (times == make_.number(0) || body.empty()) return {};
    JsonNode step = make_.object({{"repeat", std::move(times)}, {"as", make_.text("m")}});
    if (from && !(*from == make_.number(0))) make_.set(step, "from", std::move(*from));
    make_.set(step, "steps", make_.list(std::move(body)));
    return {std::move(step)};
  }
  Steps loop(std::int64_t times, Steps body) const { return loop(make_.number(times), std::move(body)); }

  // A transfer as an operation of the stages that take part in it.
  JsonNode operation(Transfer transfer) const {
    const JsonNode other = per_stage([&](std::int64_t stage) {
      return std::clamp<std::int64_t>(stage + transfer.direction(), 0, last());
    });
    JsonNode call = make_.object({{"group", make_.text(name("pipe"))},
                                  {transfer.is_send ? "to_stage" : "from_stage", other},
                                  {"count", pipeline_.count},
                                  {"dtype", pipeline_.dtype}});
    return make_.object({{transfer.is_send ? "send" : "recv", std::move(call)}});
  }

  JsonNode stages(Steps indexes) const {
    JsonNode selection = make_.object({});
    make_.set(selection, name("pipe"), make_.list(std::move(indexes)));
    return selection;
  }

  /// Stages that have a neighbour in the transfer's direction, of one parity or all.
  std::vector<std::int64_t> ends(Transfer transfer, std::optional<std::int64_t> parity = std::nullopt) const {
    std::vector<std::int64_t> found;
    for (std::int64_t stage = 0; stage <= last(); ++stage) {
      const std::int64_t other = stage + transfer.direction();
      if (other >= 0 && other <= last() && (!parity || stage % 2 == *parity)) found.push_back(stage);
    }
    return found;
  }

  Steps for_stages(JsonNode step, const std::vector<std::int64_t>& indexes, const char* label) const {
    if (indexes.empty()) return {};
    Steps numbers;
    for (const std::int64_t stage : indexes) numbers.push_back(make_.number(stage));
    make_.set(step, "only", stages(std::move(numbers)));
    make_.set(step, "label", make_.text(label));
    return {std::move(step)};
  }

  /// Batched means all transfers: a communicator of the whole group would otherwise come to be on those
  /// stages only that send and receive at once, which with few micro-batches are not all.
  Steps single(Transfer transfer, const char* label) const {
    JsonNode step = operation(transfer);
    if (pipeline_.exchange == Exchange::batched)
      step = make_.object({{"batch", make_.list({std::move(step)})}});
    return for_stages(std::move(step), ends(transfer), label);
  }

  /// Sends one way and receives the other with the same neighbour.
  Steps exchange(Transfer send, Transfer receive, const char* label) const {
    Steps steps;
    switch (pipeline_.exchange) {
      case Exchange::batched:
        return for_stages(make_.object({{"batch", make_.list({operation(send), operation(receive)})}}),
                          ends(send), label);
      case Exchange::even_odd:
        append(steps, for_stages(operation(send), ends(send, 0), label));
        append(steps, single(receive, label));
        append(steps, for_stages(operation(send), ends(send, 1), label));
        return steps;
      case Exchange::sequential:
        append(steps, single(send.is_forward ? send : receive, label));
        append(steps, single(send.is_forward ? receive : send, label));
        return steps;
      case Exchange::gradient_first:
        append(steps, single(send.is_forward ? receive : send, label));
        append(steps, single(send.is_forward ? send : receive, label));
        return steps;
    }
    return steps;
  }

  JsonNode all_reduce(const char* family, JsonNode count, JsonNode dtype, const char* label) const {
    JsonNode call = make_.object(
        {{"group", make_.text(name(family))}, {"count", std::move(count)}, {"dtype", std::move(dtype)}});
    return make_.object({{"all_reduce", std::move(call)}, {"label", make_.text(label)}});
  }

  Steps work(const std::optional<JsonNode>& duration, const char* label) const {
    Steps steps;
    if (duration) steps.push_back(make_.object({{"compute", *duration}, {"label", make_.text(label)}}));
    if (pipeline_.tensor_all_reduces == 0) return steps;
    JsonNode call = all_reduce("tensor", pipeline_.count, pipeline_.dtype, label);
    if (pipeline_.tensor_all_reduces == 1) {
      steps.push_back(std::move(call));
    } else {
      steps.push_back(make_.object({{"repeat", make_.number(pipeline_.tensor_all_reduces)},
                                    {"steps", make_.list({std::move(call)})}}));
    }
    return steps;
  }
  Steps forward() const { return work(pipeline_.forward, "forward"); }
  Steps backward() const { return work(pipeline_.backward, "backward"); }

  Steps forward_alone() const {
    Steps steps = single(kRecvForward, "forward");
    append(steps, forward());
    append(steps, single(kSendForward, "forward"));
    return steps;
  }

  Steps backward_alone() const {
    Steps steps = single(kRecvBackward, "backward");
    append(steps, backward());
    append(steps, single(kSendBackward, "backward"));
    return steps;
  }

  std::int64_t warm_up(std::int64_t stage) const {
    return std::min<std::int64_t>(pipeline_.ranks - stage - 1, pipeline_.micro_batches);
  }
  std::int64_t steady(std::int64_t stage) const { return pipeline_.micro_batches - warm_up(stage); }

  /// One forward and one backward. `has_next`: another turn follows, so its activation is received as this
  /// one's gradient leaves.
  Steps steady_turn(JsonNode forward_number, JsonNode backward_number, bool has_next) const {
    Steps ahead = forward();
    append(ahead, exchange(kSendForward, kRecvBackward, "forward"));
    Steps behind = backward();
    append(behind,
           has_next ? exchange(kSendBackward, kRecvForward, "backward") : single(kSendBackward, "backward"));
    Steps steps = loop(make_.number(1), std::move(ahead), std::move(forward_number));
    append(steps, loop(make_.number(1), std::move(behind), std::move(backward_number)));
    return steps;
  }

  Steps one_f_one_b() const {
    const JsonNode warm = per_stage([&](std::int64_t stage) { return warm_up(stage); });
    const JsonNode is_steady = per_stage([&](std::int64_t stage) { return steady(stage) > 0 ? 1 : 0; });
    const JsonNode but_last =
        per_stage([&](std::int64_t stage) { return std::max<std::int64_t>(steady(stage) - 1, 0); });
    const JsonNode turn = make_.text("$_turn");

    Steps steps = loop(warm, forward_alone());
    append(steps, loop(is_steady, single(kRecvForward, "forward"), warm));
    Steps turns = steady_turn(make_.object({{"sum", make_.list({turn, warm})}}), turn, true);
    if (!(but_last == make_.number(0)) && !turns.empty()) {
      steps.push_back(make_.object(
          {{"repeat", but_last}, {"as", make_.text("_turn")}, {"steps", make_.list(std::move(turns))}}));
    }
    // The forward of the last turn is that of the last micro-batch on every stage.
    Steps last_turn = steady_turn(make_.number(pipeline_.micro_batches - 1), but_last, false);
    if (!(is_steady == make_.number(0)) && !last_turn.empty()) {
      steps.push_back(make_.object({{"repeat", is_steady}, {"steps", make_.list(std::move(last_turn))}}));
    }
    append(steps, loop(warm, backward_alone(), per_stage([&](std::int64_t stage) { return steady(stage); })));
    return steps;
  }

  Steps after_backwards() const {
    Steps steps;
    if (pipeline_.tied_embedding && pipeline_.ranks > 1) {
      JsonNode call = all_reduce("embedding", *pipeline_.tied_embedding, pipeline_.dtype, "embedding");
      make_.set(call, "only", stages({make_.number(0), make_.number(last())}));
      steps.push_back(std::move(call));
    }
    if (pipeline_.data_all_reduce) {
      steps.push_back(all_reduce("data", *pipeline_.data_all_reduce, pipeline_.dtype, "gradients"));
    }
    if (pipeline_.overflow_check) {
      JsonNode call = all_reduce("model", make_.number(1), make_.text("float32"), "overflow check");
      make_.set(*call.find("all_reduce"), "op", make_.text("max"));
      steps.push_back(std::move(call));
    }
    return steps;
  }

  const PipelineRequest& pipeline_;
  const JsonMaker& make_;
};

}  // namespace

JsonNode::Array pipeline_steps(const WorkloadScope& scope, const JsonCursor& workload) {
  const JsonMaker make(workload.node().place);
  const PipelineRequest pipeline = read_pipeline(scope, workload);
  return PipelineWriter(pipeline, make).write();
}

}  // namespace gridlock
