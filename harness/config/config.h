#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/grid/megatron.h"
#include "harness/model/model_facts.h"
#include "harness/read/json_document.h"

namespace gridlock {

/// A training configuration as `--from` gives it: "megatron: --tensor-model-parallel-size 8 ...",
/// "areal: sglang:d4t2+megatron:d2p2t2" (or the allocation string alone), "deepspeed: config.json
/// --pipeline-parallel-size 2" (or the file alone).
struct ConfigSource {
  std::string text;
  /// 0: as the configuration says.
  std::int64_t world_size = 0;
  std::int64_t ranks_per_node = 0;
};

/// What a data rank holds a share of, the rest being with its group: nothing (all gradients are reduced), the
/// optimizer's state (ZeRO 1 and 2, Megatron's distributed optimizer), the weights too (ZeRO 3).
enum class Sharding { none, optimizer, weights };

/// One grid that a configuration describes.
struct ConfigGrid {
  std::string name;
  /// Name of a known recipe; a mesh has a recipe of its own, one family for each axis.
  std::string recipe;
  bool is_mesh = false;
  GridLayout layout;
  RankId offset = 0;
  bool gloo_twins = true;
  std::int64_t timeout_s = 0;
  ModelFacts model = {};
  /// Answers requests instead of training: forward passes only.
  bool is_server = false;
  bool tied_embedding = false;
  Sharding sharding = Sharding::none;
};

/// What was understood of a configuration.
struct Config {
  std::string name;
  std::string description;
  RankId world_size = 0;
  RankId ranks_per_node = 0;
  std::vector<ConfigGrid> grids;
  /// What the configuration says and no grid depends on, as it is spelled there.
  std::vector<std::string> ignored;
};

/// Reads a configuration. Throws InputError (place "--from KIND", or the file) for text of no known kind,
/// sizes that are no numbers or do not fit each other, and names that are near a known one.
Config read_config(const ConfigSource& source);

/// The scenario of a configuration: its grids, and one training step (or forward pass) on each of them that
/// uses every kind of group. Reading it never fails for a Config that read_config returned.
JsonNode config_scenario(const Config& config);

/// Whether the pipeline of a grid's step is interleaved: with virtual stages, unless the number of stages does
/// not divide the micro-batches, which Megatron refuses and lint tells.
bool is_interleaved(const ConfigGrid& grid);

// The kinds, each in a file of its own.

/// `text`: an allocation string of AReaL, e.g. "d4p2t2" or "sglang:d4t2+megatron:(attn:d2p2t2|ffn:d1p2t1e4)".
Config read_allocation(const std::string& text, const ConfigSource& source);
/// What stands before the ":" of an allocation's components.
extern const std::array<std::string, 5> kAllocationBackends;
/// Whether the text can only be meant as an allocation string.
bool looks_like_allocation(const std::string& text);
/// `text`: Megatron-LM's arguments, with the torchrun line before them or without.
Config read_megatron_flags(const std::string& text, const ConfigSource& source);
/// `text`: path of a DeepSpeed configuration, then flags for what it does not say.
Config read_deepspeed(const std::string& text, const ConfigSource& source);

}  // namespace gridlock
