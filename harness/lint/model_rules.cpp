#include <fmt/format.h>

#include <algorithm>

#include "harness/lint/lint_rules.h"

namespace gridlock {
namespace {

struct Sizes {
  std::int64_t pipe;
  std::int64_t data;
  std::int64_t tensor;
  std::int64_t context;
  std::int64_t expert;
};

Sizes sizes_of(const Plan& plan) {
  const ProcessTopology& topology = plan.topology();
  Sizes sizes{axis_size(topology, "pipe"), axis_size(topology, "data"),
              axis_size(topology, "tensor", "model"), axis_size(topology, "context"),
              axis_size(topology, "expert")};
  for (const TopologyView& view : plan.spec().views)
    sizes.expert = std::max(sizes.expert, axis_size(view.topology, "expert"));
  return sizes;
}

/// Micro-batches of a step; 0 when it is not known or does not come out even.
std::int64_t micro_batches(const ModelFacts& model, const Sizes& sizes) {
  if (model.micro_batches > 0) return model.micro_batches;
  const std::int64_t one = model.micro_batch * sizes.data;
  return one > 0 && model.global_batch % one == 0 ? model.global_batch / one : 0;
}

/// Megatron (core/transformer/transformer_config.py): what the first and the last stage do not have is dealt
/// out evenly to those between them, and every stage evenly to its chunks.
void declared_layers(const ModelFacts& model, const Sizes& sizes, const LintFindings& findings) {
  const std::int64_t chunks = std::max<std::int64_t>(model.virtual_stages, 1);
  std::int64_t stages = sizes.pipe;
  std::int64_t left = model.layers;
  bool is_even = true;
  for (const std::int64_t declared : {model.first_stage_layers, model.last_stage_layers}) {
    if (declared == 0) continue;
    --stages;
    left -= declared;
    is_even = is_even && declared % chunks == 0;
  }
  const bool fits = stages > 0 ? left > 0 && left % (stages * chunks) == 0 : stages == 0 && left == 0;
  if (fits && is_even) return;
  findings.add(
      LintCode::LAYERS_NOT_DIVISIBLE,
      fmt::format("{} layers on {} stages x {} virtual stages, of which the first has {} and the last {} "
                  "layers (0: its share)",
                  model.layers, sizes.pipe, chunks, model.first_stage_layers, model.last_stage_layers));
}

void layers(const ModelFacts& model, const Sizes& sizes, const LintFindings& findings) {
  if (model.layers == 0) return;
  if (model.first_stage_layers > 0 || model.last_stage_layers > 0)
    return declared_layers(model, sizes, findings);
  const std::int64_t chunks = sizes.pipe * std::max<std::int64_t>(model.virtual_stages, 1);
  if (model.layers % chunks == 0) return;
  findings.add(LintCode::LAYERS_NOT_DIVISIBLE,
               model.virtual_stages > 1 ? fmt::format("{} layers on {} stages x {} virtual stages",
                                                      model.layers, sizes.pipe, model.virtual_stages)
                                        : fmt::format("{} layers on {} stages", model.layers, sizes.pipe));
}

void width(const ModelFacts& model, const Sizes& sizes, const LintFindings& findings) {
  const auto add_heads = [&](std::int64_t heads, const char* what) {
    findings.add(LintCode::HEADS_NOT_DIVISIBLE,
                 fmt::format("{} {} on {} tensor ranks", heads, what, sizes.tensor));
  };
  if (model.attention_heads % sizes.tensor != 0) add_heads(model.attention_heads, "attention heads");
  // Fewer groups than tensor ranks are kept in copies (Megatron core/transformer/attention.py).
  if (model.query_groups % sizes.tensor != 0 && sizes.tensor % model.query_groups != 0)
    add_heads(model.query_groups, "query groups");
  if (model.attention_heads > 0 && model.head_size == 0 && model.hidden_size % model.attention_heads != 0) {
    findings.add(LintCode::HIDDEN_NOT_DIVISIBLE,
                 fmt::format("hidden size {} in {} heads", model.hidden_size, model.attention_heads));
  }
  // Of the matrices, heads and the inner size of the feed-forward layer are split; the hidden size is not.
  if (model.feed_forward_size % sizes.tensor != 0) {
    findings.add(LintCode::HIDDEN_NOT_DIVISIBLE, fmt::format("feed-forward size {} on {} tensor ranks",
                                                             model.feed_forward_size, sizes.tensor));
  }
  if (sizes.context > 1 && model.sequence_length % (2 * sizes.context) != 0) {
    findings.add(LintCode::SEQUENCE_NOT_DIVISIBLE,
                 fmt::format("{} tokens in 2 x {} chunks for {} context ranks", model.sequence_length,
                             sizes.context, sizes.context));
  }
  if (model.sequence_ranks > 1 && model.sequence_length % (sizes.context * model.sequence_ranks) != 0) {
    findings.add(
        LintCode::SEQUENCE_NOT_DIVISIBLE,
        fmt::format("{} tokens on {} context ranks, each shared by {} tensor ranks (sequence parallel)",
                    model.sequence_length, sizes.context, model.sequence_ranks));
  }
  if (model.experts % sizes.expert != 0) {
    findings.add(LintCode::EXPERTS_NOT_DIVISIBLE,
                 fmt::format("{} experts on {} expert ranks", model.experts, sizes.expert));
  }
}

void batches(const ModelFacts& model, const Sizes& sizes, const LintFindings& findings) {
  if (model.global_batch == 0) return;
  if (model.micro_batch > 0 && model.micro_batches > 0) {
    const std::int64_t product = model.micro_batch * model.micro_batches * sizes.data;
    if (product != model.global_batch) {
      findings.add(
          LintCode::BATCH_NOT_DIVISIBLE,
          fmt::format("the global batch is {}, but micro-batch {} x {} micro-batches x {} data ranks are {}",
                      model.global_batch, model.micro_batch, model.micro_batches, sizes.data, product));
    }
    return;
  }
  const std::int64_t known = std::max<std::int64_t>({model.micro_batch, model.micro_batches, 1}) * sizes.data;
  if (model.global_batch % known != 0) {
    findings.add(
        LintCode::BATCH_NOT_DIVISIBLE,
        fmt::format("a global batch of {} on {} data ranks with {} of {}", model.global_batch, sizes.data,
                    model.micro_batch > 0 ? "a micro-batch" : "micro-batches", known / sizes.data));
  }
}

void schedule(const ModelFacts& model, const Sizes& sizes, const LintFindings& findings) {
  const std::int64_t count = micro_batches(model, sizes);
  if (model.virtual_stages > 1 && sizes.pipe == 1) {
    findings.add(LintCode::VIRTUAL_STAGES_NOT_USABLE,
                 fmt::format("{} virtual stages on one stage", model.virtual_stages));
  } else if (model.virtual_stages > 1 && count % sizes.pipe != 0) {
    findings.add(LintCode::VIRTUAL_STAGES_NOT_USABLE,
                 fmt::format("{} virtual stages with {} micro-batches on {} stages", model.virtual_stages,
                             count, sizes.pipe));
  }
  if (count > 0 && count < sizes.pipe) {
    findings.add(LintCode::FEW_MICRO_BATCHES,
                 fmt::format("{} micro-batches on {} stages", count, sizes.pipe));
  }
}

}  // namespace

void lint_model(const ScenarioGrid& grid, const LintFindings& findings) {
  const Sizes sizes = sizes_of(*grid.plan);
  layers(grid.model, sizes, findings);
  width(grid.model, sizes, findings);
  batches(grid.model, sizes, findings);
  schedule(grid.model, sizes, findings);
}

}  // namespace gridlock
