#pragma once

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/diagnosis/judge.h"
#include "core/rank/step_machine.h"
#include "core/world/choice.h"
#include "core/world/fault.h"
#include "core/world/semantics.h"

namespace gridlock {

/// Whether buffers hold bytes (data) or only sizes and contributors (shape, for large worlds).
enum class Payload : std::uint8_t { data, shape };
/// Who hosts step machines in the simulator; results and digest are the same.
enum class Hosting : std::uint8_t { fiber, stackless };

/// What can be chosen for one run. Equal options and program give an equal run on the simulator.
struct RunOptions {
  std::uint64_t seed = 1;
  Payload payload = Payload::data;
  Hosting hosting = Hosting::stackless;
  Semantics semantics;
  CostParameters cost;
  /// Ranks of one host, in world order; 0: all. Decides what Semantics says about other hosts.
  RankId ranks_per_node = 0;
  /// Simulator only: worlds of real processes do not look at them.
  std::vector<Fault> faults;
  /// Simulator: stack of a rank that runs on a fiber. 0: by the size of the world (256 KiB for small ones).
  std::int64_t fiber_stack_bytes = 0;
  /// Bound on requests of all ranks together, a pause counting as 4096 of them; reaching it is the outcome
  /// step_limit.
  std::int64_t step_max = 10'000'000'000;
  /// Simulator: bytes that the histories and the buffers of all ranks may take together; needing more ends
  /// the run as step_limit.
  std::int64_t memory_max = std::numeric_limits<std::int64_t>::max();
  /// Simulator: another schedule. Asked with the number of ranks that may go on, in rank order, it answers
  /// which of them makes its next request. Null: rank by rank, each until it parks. Step machines without
  /// fibers only.
  std::function<std::size_t(std::size_t)> pick_turn;
  /// Wall clock after which a real world ends what hangs. The simulator decides a hang at once and does not
  /// use it.
  std::chrono::milliseconds real_timeout{30'000};
  /// Simulator: what a signal handler makes other than 0 when the run shall end as interrupted at its next
  /// request. Must outlive the run; nullptr: it is never asked to. Real worlds take signals themselves.
  const volatile std::sig_atomic_t* interrupt = nullptr;
};

/// Everything a run leaves behind. A value: the world may be gone.
struct RunResult {
  Verdict verdict;
  RunEnd end = RunEnd::returned;
  /// At the moment that the verdict is about.
  std::shared_ptr<const Histories> histories;
  /// Ranks whose programs ran to their end.
  RankSet returned;
  std::vector<Complaint> complaints;
  /// Simulator only: hash of the event order. Equal seed, scenario and version give equal digests on every
  /// machine.
  std::uint64_t digest = 0;
  /// Virtual time at the end (real worlds: 0).
  Nanos virtual_time{0};
  std::int64_t request_count = 0;
  std::int64_t match_count = 0;
  /// Simulator only, one for each kind that there was. Empty: every schedule of the ranks gives this verdict.
  std::vector<ContendedChoice> choices;
  /// What a real backend or the launcher said when it failed.
  std::string error;
};

/// A place where N ranks run. Implementations: sim (one process), gloo_backend (a process per rank). Runs do
/// not share state; two worlds can exist in one process.
class World {
 public:
  virtual ~World() = default;

  /// "sim", "gloo"
  virtual std::string_view name() const = 0;
  /// Runs the program on all its ranks to the end and judges the run. `sites` holds the places that the
  /// program's labels name. Throws InputError for options or a program that this world cannot run, before
  /// anything starts.
  virtual RunResult run(const RunOptions& options, const RankProgram& program, SiteTable sites) = 0;
};

}  // namespace gridlock
