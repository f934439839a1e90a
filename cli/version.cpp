#include "cli/version.h"

#include <fmt/format.h>

#include "core/base/input_error.h"
#include "nccl_backend/gpu_inventory.h"

namespace gridlock::cli {
namespace {

std::string gpu_text() {
  try {
    return to_string(take_gpu_inventory());
  } catch (const InputError& error) {
    return error.message();
  }
}

}  // namespace

std::string version_text() {
  return fmt::format("gridlock {} ({} build, {})\nworlds: sim, gloo, nccl\nGPUs: {}", GRIDLOCK_VERSION,
                     GRIDLOCK_BUILD_TYPE, __VERSION__, gpu_text());
}

}  // namespace gridlock::cli
