#include "tests/world_contract/worlds.h"

#include <algorithm>

#include "gloo_backend/gloo_world.h"
#include "sim/sim_world.h"
#include "tests/nccl_stand_in/stand_in_world.h"

namespace gridlock {
namespace {

std::vector<CallKind> every_operation() {
  std::vector<CallKind> kinds;
  for (const OperationInfo& info : all_operations()) kinds.push_back(info.kind);
  return kinds;
}

}  // namespace

bool WorldFactory::carries(CallKind kind) const {
  return std::find(operations.begin(), operations.end(), kind) != operations.end();
}

std::ostream& operator<<(std::ostream& out, const WorldFactory& factory) { return out << factory.name; }

std::vector<WorldFactory> all_worlds() {
  return {{"sim", [] { return std::make_unique<SimWorld>(); }, 64, every_operation()},
          {"gloo", [] { return std::make_unique<GlooWorld>(); }, 8, every_operation()},
          // The real code of its ranks on a stand-in for CUDA and NCCL.
          {"nccl", [] { return std::make_unique<StandInWorld>(); }, 64, every_operation()}};
}

}  // namespace gridlock
