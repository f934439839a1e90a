#include "cli/version.h"

#include <fmt/format.h>

namespace gridlock::cli {

std::string version_text() {
  return fmt::format("gridlock {} ({} build, {})\nworlds: sim, gloo", GRIDLOCK_VERSION, GRIDLOCK_BUILD_TYPE,
                     __VERSION__);
}

}  // namespace gridlock::cli
