#include "core/base/status.h"

#include <array>

namespace gridlock {

std::string_view status_name(StatusCode code) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "ok",          "invalid_argument", "not_a_member", "timed_out", "peer_lost", "backend_error",
      "world_ended", "aborted",          "remote_error"};
  return kNames.at(static_cast<std::size_t>(code));
}

}  // namespace gridlock
