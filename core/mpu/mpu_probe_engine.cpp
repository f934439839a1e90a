// deepspeed/runtime/engine.py and what it sets up or saves with the mpu: configuration, data loader,
// checkpoints, AutoTP, hybrid engine, activation checkpointing, Ulysses.

#include "core/mpu/mpu_bwc.h"
#include "core/mpu/mpu_probe_tables.h"

namespace gridlock {
namespace {

constexpr std::string_view kEngine = "runtime/engine.py";

/// DeepSpeedConfig: the divisor of the batch size. The whole block sits in a try whose bare except falls back
/// to 1.
ProbeValue config_world_size(const MpuReader& mpu) {
  if (mpu.is_none()) return std::int64_t{mpu.world_size()};
  if (mpu.has(Accessor::get_data_parallel_world_size))
    return mpu.number(Accessor::get_data_parallel_world_size);
  const auto sequence = mpu.number_or_none(Accessor::get_sequence_parallel_world_size);
  if (!sequence || *sequence == 0) return std::int64_t{1};
  return mpu.world_size() / *sequence;
}

ProbeValue parallel_degrees(const MpuReader& mpu) {
  const std::int64_t pipe = bwc::pipe_size(mpu);
  return ProbeValue::list({pipe, bwc::tensor_size(mpu)});
}

/// Only the object that replaces the mpu in AutoTP, DeepSpeed's own utils.groups module, is meant to answer.
ProbeValue auto_tp(const MpuReader& mpu) {
  mpu.touch(Accessor::_init_tp_mesh_device);
  const std::int64_t rank = mpu.number(Accessor::get_tensor_model_parallel_rank);
  const std::int64_t source = mpu.number(Accessor::get_tensor_model_parallel_src_rank);
  return ProbeValue::list({rank, source, mpu.group(Accessor::get_tensor_model_parallel_group)});
}

ProbeValue data_loader(const MpuReader& mpu) {
  const std::int64_t size = mpu.number(Accessor::get_data_parallel_world_size);
  return ProbeValue::list({size, mpu.number(Accessor::get_data_parallel_rank)});
}

ProbeValue model_rank(const MpuReader& mpu) { return mpu.number(Accessor::get_model_parallel_rank); }

/// One hasattr gates two reads, and the model group comes first: with several stages it is tensor x pipe.
ProbeValue hybrid_engine(const MpuReader& mpu) {
  const bool model = mpu.has(Accessor::get_model_parallel_world_size);
  const std::int64_t size = mpu.number(model ? Accessor::get_model_parallel_world_size
                                             : Accessor::get_tensor_model_parallel_world_size);
  const MaybeGroup group =
      mpu.group(model ? Accessor::get_model_parallel_group : Accessor::get_tensor_model_parallel_group);
  return ProbeValue::list({size, group});
}

/// The fast data-parallel checkpoint writer; every read is unguarded.
ProbeValue model_parallel_info(const MpuReader& mpu) {
  std::vector<ProbeField> info;
  info.push_back({"pp_world_size", mpu.number(Accessor::get_pipeline_model_parallel_world_size)});
  info.push_back({"pp_rank", mpu.number(Accessor::get_pipeline_model_parallel_rank)});
  info.push_back({"tp_world_size", mpu.number(Accessor::get_tensor_model_parallel_world_size)});
  info.push_back({"tp_rank", mpu.number(Accessor::get_tensor_model_parallel_rank)});
  info.push_back({"dp_world_size", mpu.number(Accessor::get_data_parallel_world_size)});
  info.push_back({"dp_peer_ranks", ProbeValue::ranks(mpu.group_ranks())});
  info.push_back({"dp_rank", mpu.number(Accessor::get_data_parallel_rank)});
  return ProbeValue::fields(std::move(info));
}

/// The opposite order to bwc, and no model-parallel name at the end.
ProbeValue universal_load(const MpuReader& mpu) {
  const std::int64_t rank = bwc::tensor_rank(mpu);
  if (mpu.is_none()) return ProbeValue::list({rank, std::int64_t{1}});
  const bool slice = mpu.has(Accessor::get_slice_parallel_world_size);
  return ProbeValue::list({rank, mpu.number(slice ? Accessor::get_slice_parallel_world_size
                                                  : Accessor::get_tensor_model_parallel_world_size)});
}

/// The seeds of dropout come from the tensor rank; the data-parallel rank is read on absolute rank 0, for its
/// log line.
ProbeValue manual_seed(const MpuReader& mpu) {
  const std::int64_t tensor = bwc::tensor_rank(mpu);
  if (mpu.rank() == 0) mpu.number(Accessor::get_data_parallel_rank);
  return tensor;
}

/// One hasattr, of the rank, gates three reads.
ProbeValue checkpoint_configure(const MpuReader& mpu) {
  const bool tensor = mpu.has(Accessor::get_tensor_model_parallel_rank);
  const std::int64_t rank =
      mpu.number(tensor ? Accessor::get_tensor_model_parallel_rank : Accessor::get_model_parallel_rank);
  const std::int64_t size = mpu.number(tensor ? Accessor::get_tensor_model_parallel_world_size
                                              : Accessor::get_model_parallel_world_size);
  const MaybeGroup group =
      mpu.group(tensor ? Accessor::get_tensor_model_parallel_group : Accessor::get_model_parallel_group);
  return ProbeValue::list({rank, size, group});
}

ProbeValue ulysses(const MpuReader& mpu) {
  mpu.touch(Accessor::initialize_sequence_parallel);
  const std::int64_t size = mpu.number(Accessor::get_sequence_parallel_world_size);
  return ProbeValue::list({size, mpu.group(Accessor::get_sequence_parallel_group)});
}

constexpr Probe kProbes[] = {
    {"config (world size for the batch size)", "runtime/config.py", "world size", config_world_size},
    {"engine (checkpoint_mp_rank)", kEngine, "checkpoint_mp_rank", model_rank},
    {"engine (data loader)", kEngine, "deepspeed_io", data_loader},
    {"engine (gradient reduction under pipeline)", kEngine, "gradient reduction under pipeline",
     [](const MpuReader& mpu) -> ProbeValue { return mpu.group(Accessor::get_data_parallel_group); }},
    {"checkpointing (parallel degrees in the saved state)", kEngine, "parallel degrees of the checkpoint",
     parallel_degrees},
    {"checkpointing (MoE expert files)", kEngine, "expert checkpoint names", model_rank},
    {"checkpointing (fast data-parallel writer)", "runtime/model_checkpointing/utils.py",
     "_create_model_parallel_info (same reads)", model_parallel_info},
    {"universal checkpoint", "runtime/base_optimizer.py", "universal load (same reads)", universal_load},
    {"activation checkpointing", "runtime/activation_checkpointing/checkpointing.py",
     "model_parallel_cuda_manual_seed", manual_seed},
    {"activation checkpointing", "runtime/activation_checkpointing/checkpointing.py",
     "configure (same reads)", checkpoint_configure},
    {"hybrid engine", "runtime/hybrid_engine.py", "container setup (same reads)", hybrid_engine},
    {"AutoTP (self.mpu becomes utils.groups)", kEngine, "AutoTP setup", auto_tp},
    {"Ulysses (DeepSpeed's own parallel_state_sp module)", "runtime/sequence_parallel/ulysses_sp.py",
     "register_with_transformers", ulysses},
};

}  // namespace

std::span<const Probe> engine_probes() { return kProbes; }

}  // namespace gridlock
