// Layers and injected modules: MoE, AutoEP, compression, Domino, inference.

#include "core/mpu/mpu_bwc.h"
#include "core/mpu/mpu_probe_tables.h"

namespace gridlock {
namespace {

constexpr std::string_view kMoe = "MoE";
constexpr std::string_view kMoeSetup = "MoE / AutoEP setup";

ProbeValue pipe_size(const MpuReader& mpu) { return bwc::pipe_size(mpu); }

ProbeValue moe_mappings(const MpuReader& mpu) {
  const std::int64_t size = bwc::tensor_size(mpu);
  const MaybeGroup group = bwc::tensor_group(mpu);
  return ProbeValue::list({size, group, bwc::tensor_rank(mpu)});
}

/// getattr(mpu, name, None) down a list of names; None lets the later check pass.
ProbeValue first_size(const MpuReader& mpu, std::initializer_list<Accessor> names) {
  for (Accessor name : names) {
    if (const auto size = mpu.number_or_none(name)) return *size;
  }
  return {};
}

/// get_pipe_parallel_world_size, which grids have, is not among the names that AutoEP tries.
ProbeValue auto_ep_validate(const MpuReader& mpu) {
  ProbeValue tensor = first_size(
      mpu, {Accessor::get_tensor_model_parallel_world_size, Accessor::get_model_parallel_world_size});
  ProbeValue pipe = first_size(
      mpu, {Accessor::get_pipeline_model_parallel_world_size, Accessor::get_pipeline_parallel_world_size});
  return ProbeValue::list({std::move(tensor), std::move(pipe)});
}

/// The engine's set-up of MoE layers: tensor, pipe and sequence size; without the last name 1.
ProbeValue moe_setup(const MpuReader& mpu) {
  const std::int64_t tensor = bwc::tensor_size(mpu);
  const std::int64_t pipe = bwc::pipe_size(mpu);
  const bool sequence = mpu.has(Accessor::get_sequence_parallel_world_size);
  return ProbeValue::list(
      {tensor, pipe, sequence ? mpu.number(Accessor::get_sequence_parallel_world_size) : std::int64_t{1}});
}

ProbeValue compression_layers(const MpuReader& mpu) {
  const std::int64_t size = mpu.number(Accessor::get_model_parallel_world_size);
  return ProbeValue::list({size, mpu.group(Accessor::get_model_parallel_group)});
}

/// isinstance tests against Megatron's layer classes, which are read from the mpu.
ProbeValue compression_classes(const MpuReader& mpu) {
  mpu.touch(Accessor::RowParallelLinear);
  mpu.touch(Accessor::ColumnParallelLinear);
  return ProbeValue::list({"class RowParallelLinear", "class ColumnParallelLinear"});
}

ProbeValue domino(const MpuReader& mpu) {
  const std::int64_t size = mpu.number(Accessor::get_tensor_model_parallel_world_size);
  return ProbeValue::list({size, mpu.group(Accessor::get_tensor_model_parallel_group)});
}

constexpr Probe kProbes[] = {
    {kMoe, "moe/mappings.py", "tensor size, group, rank", moe_mappings},
    {kMoeSetup, "runtime/engine.py", "tensor, pipe and sequence size", moe_setup},
    {kMoeSetup, "module_inject/auto_ep_folding.py", "validate (same reads)", auto_ep_validate},
    {kMoeSetup, "module_inject/auto_ep_layer.py", "pipe size", pipe_size},
    {"compression", "compression/basic_layer.py", "model-parallel size and group", compression_layers},
    {"compression", "compression/helper.py", "layer classes", compression_classes},
    {"Domino", "runtime/domino/transformer.py", "tensor size and group", domino},
    {"inference", "inference/engine.py", "model-parallel group",
     [](const MpuReader& mpu) -> ProbeValue { return mpu.group(Accessor::get_model_parallel_group); }},
    {"inference", "inference/engine.py", "checkpoint mp_rank",
     [](const MpuReader& mpu) -> ProbeValue { return mpu.number(Accessor::get_model_parallel_rank); }},
};

}  // namespace

std::span<const Probe> layer_probes() { return kProbes; }

}  // namespace gridlock
