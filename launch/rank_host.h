#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/units.h"
#include "launch/shared_log.h"

namespace gridlock {

/// The place where a rank of a real world runs, as far as a rank without threads and clock of its own needs
/// it: everything it waits for, it looks for again and again and lets time pass in between. A process
/// (ProcessHost), or a simulated rank in tests. Used by the rank's main thread.
class RankHost {
 public:
  virtual ~RankHost() = default;

  virtual RankId rank() const = 0;
  virtual SharedLog& log() = 0;

  /// Whether the run is over: the rank is to leave what it waits for and to go.
  virtual bool ended() const = 0;
  /// Once ended: whether every rank had come to its end with all its work complete, so that steps which all
  /// ranks take together will not hang.
  virtual bool ended_well() const = 0;
  /// Lets others go on; may take the longer, the larger `times` is, the number of times in a row that the
  /// rank found nothing to do. The only function here that parks.
  virtual void pause(std::int64_t times) = 0;
  /// Time that only moves forward, from any start.
  virtual Nanos now() const = 0;

  /// Takes one request from the bound for all ranks together; false when it is used up.
  virtual bool count_request(std::int64_t request_max) = 0;

  /// What ranks of one run tell each other outside of the backend: under a name, once. False when it cannot
  /// be written down.
  virtual bool put(std::string_view name, std::string_view text) = 0;
  /// Nothing until it was put by any rank.
  virtual std::optional<std::string> get(std::string_view name) const = 0;

  /// Leaves before the end of the program.
  [[noreturn]] virtual void exit_early() = 0;
};

}  // namespace gridlock
