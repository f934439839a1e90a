#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/rank/rank.h"
#include "core/world/world.h"

namespace gridlock {

/// Complains on behalf of the rank unless `condition` holds.
void expect(Rank& rank, bool condition, const std::string& text);

/// A call with buffers that hold the data pattern of the call, and what the pattern says it must deliver. In
/// place where `in_place` and the operation has such a form.
class CheckedCall {
 public:
  CheckedCall(Rank& rank, Call call, bool in_place = false);
  ~CheckedCall();
  CheckedCall(const CheckedCall&) = delete;
  CheckedCall& operator=(const CheckedCall&) = delete;

  const Call& call() const { return call_; }
  /// Complains unless the output is right. Requires: the call is complete.
  void check();

 private:
  Rank& rank_;
  Call call_;
  std::vector<std::byte> expected_;
  std::int64_t output_first_ = 0;
};

/// Runs one call to its end on the host and checks it; complains about any status but ok.
void run_checked(Rank& rank, const Call& call, bool in_place = false);

/// A call of that kind that every rank of `group` can make: messages go from each rank to the next one (two
/// calls), roots are the last rank. `counts` holds what the calls point to.
std::vector<Call> calls_of(const Rank& rank, CallKind kind, GroupHandle group, std::int64_t count,
                           DType dtype, std::vector<std::int64_t>& counts);

/// "" when the run passed, else its outcome, error and complaints.
std::string failure_of(const RunResult& result);

}  // namespace gridlock
