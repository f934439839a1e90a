#include "core/world/fault.h"

#include <array>

namespace gridlock {

std::string_view fault_name(FaultKind kind) {
  static constexpr std::array<std::string_view, 7> kNames = {"crash", "exit",  "exception", "hang",
                                                             "slow",  "delay", "corrupt"};
  return kNames.at(static_cast<std::size_t>(kind));
}

}  // namespace gridlock
