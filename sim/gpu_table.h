#pragma once

#include <map>
#include <tuple>

#include "core/grid/group_table.h"
#include "core/rank/call.h"

namespace gridlock::sim {

/// Which ranks named other GPUs than their own, by group and host: NCCL refuses a communicator in which two
/// ranks have one GPU (S12).
class GpuTable {
 public:
  /// Ranks of one host, whose own GPUs are numbered in this order; 0: one host.
  explicit GpuTable(RankId ranks_per_node) : ranks_per_node_(ranks_per_node) {}

  /// False when the call names the GPU of another member, or one that another member has named. A barrier is
  /// let through: what a guessed device does there depends on the version (P14).
  bool take(RankId rank, const Call& call, InstanceId instance, const GroupSpec& spec);

 private:
  RankId ranks_per_node_;
  /// Instance, first rank of the host, GPU.
  std::map<std::tuple<InstanceId, RankId, std::int32_t>, RankId> users_;
};

}  // namespace gridlock::sim
