#pragma once

#include <cstdint>
#include <string_view>

namespace gridlock {

/// What is known about the model that trains on a grid. Nothing runs by it: `gridlock lint` holds it against
/// the grid's sizes. 0 is "not given".
struct ModelFacts {
  std::int64_t layers = 0;
  /// Layers of the first and of the last stage, where they are not an even share of all.
  std::int64_t first_stage_layers = 0;
  std::int64_t last_stage_layers = 0;
  std::int64_t attention_heads = 0;
  /// Heads of keys and values, when fewer than attention_heads.
  std::int64_t query_groups = 0;
  std::int64_t experts = 0;
  std::int64_t hidden_size = 0;
  /// Inner size of the feed-forward layer.
  std::int64_t feed_forward_size = 0;
  /// Size of one head, where it is not hidden_size / attention_heads.
  std::int64_t head_size = 0;
  std::int64_t sequence_length = 0;
  /// Ranks of a tensor group that share the sequence between the layers' matrices.
  std::int64_t sequence_ranks = 0;
  /// Model chunks on each stage of an interleaved pipeline.
  std::int64_t virtual_stages = 0;
  /// Samples of a step on the whole grid, and of one micro-batch on one data rank.
  std::int64_t global_batch = 0;
  std::int64_t micro_batch = 0;
  std::int64_t micro_batches = 0;

  bool operator==(const ModelFacts&) const = default;
};

/// Names in JSON, in the order of the members.
struct ModelFactInfo {
  std::string_view name;
  std::int64_t ModelFacts::*value;
};
inline constexpr ModelFactInfo kModelFacts[] = {
    {"layers", &ModelFacts::layers},
    {"first_stage_layers", &ModelFacts::first_stage_layers},
    {"last_stage_layers", &ModelFacts::last_stage_layers},
    {"attention_heads", &ModelFacts::attention_heads},
    {"query_groups", &ModelFacts::query_groups},
    {"experts", &ModelFacts::experts},
    {"hidden_size", &ModelFacts::hidden_size},
    {"feed_forward_size", &ModelFacts::feed_forward_size},
    {"head_size", &ModelFacts::head_size},
    {"sequence_length", &ModelFacts::sequence_length},
    {"sequence_ranks", &ModelFacts::sequence_ranks},
    {"virtual_stages", &ModelFacts::virtual_stages},
    {"global_batch", &ModelFacts::global_batch},
    {"micro_batch", &ModelFacts::micro_batch},
    {"micro_batches", &ModelFacts::micro_batches},
};

}  // namespace gridlock
