#include "core/mpu/accessor_table.h"

#include <array>

#include "core/base/check.h"

namespace gridlock {
namespace {

// The provider bits read from right to left in the order of MpuProvider.
constexpr std::array<AccessorInfo, kAccessorCount> kTable{{
    {Accessor::get_model_parallel_rank, AccessorKind::number, true, 0b011101,
     "own index in the model-parallel group; 0 counts replicated parameters; mp_rank of checkpoint files"},
    {Accessor::get_model_parallel_world_size, AccessorKind::number, true, 0b011101,
     "size of the model-parallel group: tensor x pipe in a grid, tensor in old Megatron"},
    {Accessor::get_tensor_model_parallel_rank, AccessorKind::number, true, 0b101111,
     "own index along the tensor axis"},
    {Accessor::get_tensor_model_parallel_world_size, AccessorKind::number, true, 0b101111,
     "size of the tensor axis"},
    {Accessor::get_tensor_model_parallel_src_rank, AccessorKind::number, false, 0b101000,
     "absolute rank of the first member of the own tensor group: source of broadcasts"},
    {Accessor::get_slice_parallel_rank, AccessorKind::number, true, 0b000100,
     "own index along the tensor axis (DeepSpeed grid name)"},
    {Accessor::get_slice_parallel_world_size, AccessorKind::number, true, 0b000100,
     "size of the tensor axis (DeepSpeed grid name)"},
    {Accessor::get_pipe_parallel_rank, AccessorKind::number, true, 0b000101,
     "own pipeline stage (DeepSpeed grid name)"},
    {Accessor::get_pipe_parallel_world_size, AccessorKind::number, false, 0b000111,
     "number of pipeline stages (DeepSpeed grid name)"},
    {Accessor::get_pipeline_model_parallel_rank, AccessorKind::number, false, 0b100100,
     "own pipeline stage (Megatron name)"},
    {Accessor::get_pipeline_model_parallel_world_size, AccessorKind::number, false, 0b100100,
     "number of pipeline stages (Megatron name)"},
    {Accessor::get_pipeline_parallel_world_size, AccessorKind::number, true, 0b000000,
     "number of pipeline stages (a third name, read only by AutoEP)"},
    {Accessor::get_data_parallel_rank, AccessorKind::number, true, 0b101111, "own index along the data axis"},
    {Accessor::get_data_parallel_world_size, AccessorKind::number, true, 0b101111,
     "number of data-parallel replicas"},
    {Accessor::get_data_parallel_id, AccessorKind::number, true, 0b000101, "own data index"},
    {Accessor::get_stage_id, AccessorKind::number, true, 0b000101, "own pipeline stage"},
    {Accessor::get_global_rank, AccessorKind::number, true, 0b000101,
     "rank of the caller; the pipe engine sends to and receives from it as an absolute rank"},
    {Accessor::get_sequence_parallel_rank, AccessorKind::number, true, 0b010000,
     "own index along the sequence axis"},
    {Accessor::get_sequence_parallel_world_size, AccessorKind::number, true, 0b010000,
     "size of the sequence axis"},
    {Accessor::get_sequence_data_parallel_rank, AccessorKind::number, true, 0b010000,
     "own index in the sequence x data group"},
    {Accessor::get_sequence_data_parallel_world_size, AccessorKind::number, true, 0b010000,
     "size of the sequence x data group"},
    {Accessor::get_model_parallel_group, AccessorKind::group, true, 0b111101,
     "all ranks of one model replica (same data index): overflow check and gradient norm"},
    {Accessor::get_tensor_model_parallel_group, AccessorKind::group, true, 0b101011,
     "group of the tensor axis"},
    {Accessor::get_tensor_model_parallel_cpu_group, AccessorKind::group, true, 0b000001,
     "gloo twin of the tensor group"},
    {Accessor::get_slice_parallel_group, AccessorKind::group, true, 0b000100,
     "group of the tensor axis (DeepSpeed grid name); partitioned tensors are split over it"},
    {Accessor::get_pipe_parallel_group, AccessorKind::group, true, 0b000111,
     "group of the pipe axis (DeepSpeed grid name); the loss is broadcast over it"},
    {Accessor::get_pipeline_model_parallel_group, AccessorKind::group, false, 0b100000,
     "group of the pipe axis (Megatron name)"},
    {Accessor::get_data_parallel_group, AccessorKind::group, true, 0b101111,
     "ranks that hold the same shard: gradient reduction, ZeRO; None means the whole world to torch"},
    {Accessor::get_data_parallel_group_gloo, AccessorKind::group, true, 0b100001,
     "gloo twin of the data-parallel group"},
    {Accessor::get_sequence_parallel_group, AccessorKind::group, true, 0b010000,
     "group of the sequence axis (Ulysses)"},
    {Accessor::get_sequence_data_parallel_group, AccessorKind::group, true, 0b010000,
     "group over sequence x data; ZeRO shards and gradients use it when present"},
    {Accessor::get_data_parallel_group_ranks, AccessorKind::ranks, false, 0b000100,
     "absolute ranks of the data-parallel group, in group order"},
    {Accessor::stage_to_global, AccessorKind::call, true, 0b000101,
     "rank with the given stage and, unless overridden, the own other coordinates; used as absolute rank"},
    {Accessor::initialize_sequence_parallel, AccessorKind::call, false, 0b010000,
     "presence alone marks a sequence-only mpu: data-parallel accessors are then not read"},
    {Accessor::data_parallel_size, AccessorKind::attribute, true, 0b000111,
     "number of data-parallel replicas"},
    {Accessor::data_parallel_id, AccessorKind::attribute, true, 0b000101, "own data index"},
    {Accessor::pipe_parallel_size, AccessorKind::attribute, true, 0b000111, "number of pipeline stages"},
    {Accessor::model_parallel_size, AccessorKind::attribute, true, 0b000111, "size of the axis called model"},
    {Accessor::pp_group, AccessorKind::attribute, true, 0b000101,
     "ranks of the own pipeline, in stage order; membership is asserted before a broadcast"},
    {Accessor::p2p_groups, AccessorKind::attribute, true, 0b000101,
     "[rank, next-stage rank] pairs; made into groups only when torch < 1.8"},
    {Accessor::_topo, AccessorKind::attribute, true, 0b000111,
     "topology: axis names, coordinates, rank strings of checkpoint files"},
    {Accessor::_init_tp_mesh_device, AccessorKind::call, false, 0b001000,
     "creates the AutoTP groups; only DeepSpeed's own utils.groups module has it"},
    {Accessor::ColumnParallelLinear, AccessorKind::attribute, true, 0b000000,
     "class for isinstance tests in compression"},
    {Accessor::RowParallelLinear, AccessorKind::attribute, true, 0b000000,
     "class for isinstance tests in compression"},
}};

constexpr std::array<MpuProvider, kMpuProviderCount> kProviders{
    MpuProvider::areal_parallel_grid,      MpuProvider::areal_fake_grid,
    MpuProvider::deepspeed_pipeline_grid,  MpuProvider::deepspeed_groups_module,
    MpuProvider::deepspeed_sequence_state, MpuProvider::megatron_parallel_state};

}  // namespace

std::span<const AccessorInfo> accessor_table() { return kTable; }

const AccessorInfo& accessor_info(Accessor accessor) {
  const AccessorInfo& row = kTable[static_cast<std::size_t>(accessor)];
  GRIDLOCK_CHECK(row.accessor == accessor);
  return row;
}

std::span<const MpuProvider> all_mpu_providers() { return kProviders; }

std::string_view provider_title(MpuProvider provider) {
  switch (provider) {
    case MpuProvider::areal_parallel_grid:
      return "AReaL ParallelGrid";
    case MpuProvider::areal_fake_grid:
      return "AReaL FakeGrid";
    case MpuProvider::deepspeed_pipeline_grid:
      return "DeepSpeed PipelineParallelGrid";
    case MpuProvider::deepspeed_groups_module:
      return "DeepSpeed utils.groups";
    case MpuProvider::deepspeed_sequence_state:
      return "DeepSpeed parallel_state_sp";
    case MpuProvider::megatron_parallel_state:
      return "Megatron parallel_state";
  }
  GRIDLOCK_CHECK(false);
  return "";
}

AccessorSet provider_accessors(MpuProvider provider) {
  AccessorSet names;
  for (const AccessorInfo& row : kTable) {
    if (row.providers >> static_cast<unsigned>(provider) & 1) names |= accessor_bit(row.accessor);
  }
  return names;
}

}  // namespace gridlock
