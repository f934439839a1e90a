// deepspeed/runtime/pipe: the pipe engine, its module and its point-to-point layer. They read a grid rather
// than an mpu, attributes included, and take every rank that the grid hands out for an absolute rank.

#include <fmt/format.h>

#include "core/grid/topology.h"
#include "core/mpu/mpu_probe_tables.h"
#include "core/mpu/mpu_reader.h"

namespace gridlock {
namespace {

constexpr std::string_view kPipeEngine = "pipe engine";
constexpr std::string_view kPipeModule = "pipe module";
constexpr std::string_view kP2p = "pipe p2p";
constexpr std::string_view kModuleFile = "runtime/pipe/module.py";

ProbeValue core_reads(const MpuReader& mpu) {
  std::vector<ProbeValue> reads;
  reads.emplace_back(mpu.number(Accessor::get_global_rank));
  reads.emplace_back(mpu.attribute(Accessor::data_parallel_size));
  const std::int64_t stages = mpu.attribute(Accessor::pipe_parallel_size);
  reads.emplace_back(stages);
  reads.emplace_back(mpu.number(Accessor::get_stage_id));
  reads.emplace_back(mpu.attribute(Accessor::model_parallel_size));
  reads.emplace_back(mpu.group(Accessor::get_model_parallel_group));
  reads.emplace_back(mpu.attribute(Accessor::data_parallel_id));
  reads.emplace_back(std::int64_t{mpu.stage_to_global(static_cast<RankId>(stages - 1))});
  reads.push_back(ProbeValue::ranks(mpu.pp_group()));
  reads.emplace_back(mpu.group(Accessor::get_pipe_parallel_group));
  reads.emplace_back(mpu.group(Accessor::get_data_parallel_group));
  reads.emplace_back(mpu.number(Accessor::get_data_parallel_rank));
  return ProbeValue::list(std::move(reads));
}

ProbeValue slice_group(const MpuReader& mpu) { return mpu.group(Accessor::get_slice_parallel_group); }

/// topology.get_coord(rank=...): the index on every axis.
std::vector<RankId> coordinate(const ProcessTopology& topology, RankId rank) {
  if (rank < 0 || rank >= topology.world_size()) {
    raise_python("ValueError", fmt::format("rank {} not found in topology.", rank));
  }
  return topology.get_coord(rank);
}

/// topology.get_rank_repr(rank=...): "model_01", the axes other than data and pipe.
std::string rank_string(const MpuTopology& topo, RankId rank) {
  coordinate(*topo.topology, rank);
  return topo.topology->get_rank_repr(rank, {.digits = topo.index_digits});
}

/// What names the layer files: sizes, own slice, and the rank string of the absolute rank.
ProbeValue module_reads(const MpuReader& mpu) {
  const std::int64_t data = mpu.attribute(Accessor::data_parallel_size);
  const std::int64_t slices = mpu.number(Accessor::get_slice_parallel_world_size);
  const std::int64_t slice = mpu.number(Accessor::get_slice_parallel_rank);
  return ProbeValue::list({data, slices, slice, rank_string(mpu.topo(), mpu.rank())});
}

/// The copy of a tied layer on the first stage, for the first data index and the second slice.
ProbeValue tied_ranks(const MpuReader& mpu) {
  const AxisIndex overrides[] = {{"data", 0}, {"model", 1}};
  return std::int64_t{mpu.stage_to_global(0, overrides)};
}

/// How the module finds its own stage: get_dim("pipe"), then get_coord(absolute rank).pipe.
ProbeValue partition(const MpuReader& mpu) {
  const ProcessTopology& topology = *mpu.topo().topology;
  const std::int64_t stages = topology.get_dim("pipe");
  coordinate(topology, mpu.rank());
  if (stages == 0) raise_python("AttributeError", "pipe");
  return ProbeValue::list({stages, std::int64_t{topology.index_on("pipe", mpu.rank())}});
}

ProbeValue checkpoint_prefix(const MpuReader& mpu) {
  const ProcessTopology& topology = *mpu.topo().topology;
  const std::vector<RankId> indexes = coordinate(topology, mpu.rank());
  std::string prefix = "module";
  for (std::size_t axis = 0; axis < indexes.size(); ++axis) {
    const std::string& name = topology.get_axis_names()[axis];
    if (name != "data") prefix += fmt::format("-{}_{:02}", name, indexes[axis]);
  }
  return prefix;
}

/// What decides which copy of a layer is saved.
ProbeValue layer_save(const MpuReader& mpu) { return mpu.attribute(Accessor::data_parallel_id); }

/// With torch older than 1.8 every pair became a group; newer versions only check that there is a pipeline.
ProbeValue init_groups(const MpuReader& mpu, bool old_torch) {
  if (mpu.attribute(Accessor::pipe_parallel_size) <= 1) {
    raise_python("AssertionError", "There is no pipeline parallelism");
  }
  if (!old_torch) return {};
  std::vector<ProbeValue> pairs;
  for (const RankPair& pair : mpu.p2p_groups()) pairs.push_back(ProbeValue::ranks(pair));
  return ProbeValue::list(std::move(pairs));
}

/// The rank that send() to the next stage would name, wrap-around included.
ProbeValue send_next(const MpuReader& mpu) {
  const std::int64_t stage = mpu.number(Accessor::get_stage_id);
  const std::int64_t stages = mpu.attribute(Accessor::pipe_parallel_size);
  return std::int64_t{mpu.stage_to_global(static_cast<RankId>((stage + 1) % stages))};
}

ProbeValue receive_previous(const MpuReader& mpu) {
  const std::int64_t stage = mpu.number(Accessor::get_stage_id);
  const std::int64_t stages = mpu.attribute(Accessor::pipe_parallel_size);
  return std::int64_t{mpu.stage_to_global(static_cast<RankId>((stage + stages - 1) % stages))};
}

constexpr Probe kProbes[] = {
    {kPipeEngine, "runtime/pipe/engine.py", "core reads", core_reads},
    {kPipeEngine, "runtime/pipe/engine.py", "partitioned buffers (get_slice_parallel_group)", slice_group},
    {kPipeModule, kModuleFile, "reads", module_reads},
    {kPipeModule, kModuleFile, "tied ranks: stage_to_global(stage_id,data,model=)", tied_ranks},
    {kPipeModule, kModuleFile, "stages and own stage from the topology", partition},
    {kPipeModule, kModuleFile, "ckpt_prefix", checkpoint_prefix},
    {kPipeModule, kModuleFile, "save_state_dict data index", layer_save},
    {kP2p, "runtime/pipe/p2p.py", "init_process_groups",
     [](const MpuReader& mpu) -> ProbeValue { return init_groups(mpu, false); }},
    {kP2p, "runtime/pipe/p2p.py", "init_process_groups (torch < 1.8)",
     [](const MpuReader& mpu) -> ProbeValue { return init_groups(mpu, true); }, true},
    {kP2p, "runtime/pipe/p2p.py", "send to the next stage", send_next},
    {kP2p, "runtime/pipe/p2p.py", "recv from the previous stage", receive_previous},
};

}  // namespace

std::span<const Probe> pipe_probes() { return kProbes; }

}  // namespace gridlock
