#include "sim/gpu_table.h"

namespace gridlock::sim {

bool GpuTable::take(RankId rank, const Call& call, InstanceId instance, const GroupSpec& spec) {
  const bool is_named = call.notes != nullptr && call.notes->device >= 0;
  if (!is_named || spec.backend != BackendKind::nccl || call.kind == CallKind::barrier) return true;
  const RankId host = ranks_per_node_ > 0 ? rank / ranks_per_node_ * ranks_per_node_ : 0;
  const RankId owner = host + call.notes->device;
  if (owner == rank) return true;
  const bool is_of_member =
      (ranks_per_node_ <= 0 || call.notes->device < ranks_per_node_) && spec.members.contains(owner);
  if (is_of_member) return false;
  return users_.try_emplace({instance, host, call.notes->device}, rank).first->second == rank;
}

}  // namespace gridlock::sim
