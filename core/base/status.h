#pragma once

#include <cstdint>
#include <string_view>

namespace gridlock {

/// How a request of rank code ended. Trouble reaches rank code this way and never as an exception.
enum class StatusCode : std::uint8_t {
  ok,
  invalid_argument,  ///< refused at the call, nothing enqueued (NCCL: ncclInvalidArgument): root out of
                     ///< range, bad buffer
  not_a_member,      ///< refused at the call: the rank is not in that group
  timed_out,         ///< a deadline passed (group timeout, await timeout)
  peer_lost,         ///< another rank is gone and the world can see it
  backend_error,     ///< the real backend failed; RankContext::error_text() has its words
  world_ended,   ///< the run is over and this rank is being unwound; every later call returns this at once
  aborted,       ///< the rank aborted the group of the call: what it left in buffers is undefined
  remote_error,  ///< what was awaited came as an error: a post that fails
};

std::string_view status_name(StatusCode code);

/// A StatusCode that cannot be dropped by accident. Default: ok.
class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  constexpr Status(StatusCode code) : code_(code) {}  // NOLINT: a code is a status

  constexpr bool ok() const { return code_ == StatusCode::ok; }
  constexpr StatusCode code() const { return code_; }
  constexpr bool operator==(const Status&) const = default;

 private:
  StatusCode code_ = StatusCode::ok;
};

}  // namespace gridlock
