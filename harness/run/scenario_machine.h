#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/rank/step_machine.h"
#include "harness/run/call_builder.h"
#include "harness/run/rank_names.h"
#include "harness/run/rank_view.h"
#include "harness/run/scenario_program.h"
#include "harness/run/step_cursor.h"

namespace gridlock {

/// One rank's run of a scenario. Fill and expect steps happen inside next; every other step becomes one
/// request (an operation that is waited for: two). An operation without named buffers gets private ones,
/// filled with the self-checking pattern and checked once the host has waited for it.
///
/// A call on a group that the rank is not in is refused and the program goes on, as torch does with a
/// warning; any other refusal or failure ends the program there (RequestKind::exit), as an exception would.
class ScenarioMachine final : public StepMachine {
 public:
  /// Requires: the program outlives the machine.
  ScenarioMachine(const ScenarioProgram& program, RankId rank);

  Request next(RankContext& rank, const Reply& last) override;
  IntendedCalls intended_calls(RankContext& rank, std::size_t max) override;

  /// A host thread of `rank`'s program, which outlives it: the same names and calls, steps of its own.
  ScenarioMachine(ScenarioMachine& rank, const ParallelThread& thread);

 private:
  /// What a parallel step runs.
  struct Threads {
    std::vector<std::unique_ptr<ScenarioMachine>> machines;
    std::vector<HostThread> started;
  };

  enum class Pending : std::uint8_t { nothing, submit, wait_of_submit, wait, new_group, create_grid, other };

  /// Adds the calls of the steps in front of the cursor to the intended ones, up to `max`. False: there may
  /// be more of them.
  bool intend(RankContext& rank, RankView& view, StepCursor& cursor, std::size_t max,
              IntendedCalls& intended) const;
  bool intend_parallel(RankContext& rank, const RankView& view, const ParallelAction& action, std::size_t max,
                       IntendedCalls& intended) const;

  /// Takes the answer to the last request. False: the program cannot go on.
  bool take(RankContext& rank, const Reply& last);
  bool take_submit(RankContext& rank, const Reply& last);
  void complain(RankContext& rank, Complaint::Kind kind, std::string text);
  Label label() const { return view_.label(program_->site(*step_), *step_); }
  Request request(RequestKind kind, Pending pending);

  // The request of a step's action, or nothing when the step is done already.
  std::optional<Request> perform(RankContext& rank, const SubmitAction& action);
  std::optional<Request> perform(RankContext& rank, const ComputeAction& action);
  std::optional<Request> perform(RankContext& rank, const CreateGridAction& action);
  std::optional<Request> perform(RankContext& rank, const NewGroupAction& action);
  std::optional<Request> perform(RankContext& rank, const SplitAction& action);
  std::optional<Request> perform(RankContext& rank, const ShrinkAction& action);
  std::optional<Request> perform(RankContext& rank, const AbortAction& action);
  std::optional<Request> perform(RankContext& rank, const DestroyAction& action);
  std::optional<Request> perform(RankContext& rank, const RepeatAction& action);
  std::optional<Request> perform(RankContext& rank, const ParallelAction& action);
  std::optional<Request> perform(RankContext& rank, const PostAction& action);
  std::optional<Request> perform(RankContext& rank, const AwaitAction& action);
  std::optional<Request> perform(RankContext& rank, const WaitAction& action);
  std::optional<Request> perform(RankContext& rank, const SynchronizeAction& action);
  std::optional<Request> perform(RankContext& rank, const FillAction& action);
  std::optional<Request> perform(RankContext& rank, const ExpectAction& action);

  const ScenarioProgram* program_;
  RankView view_;
  StepCursor cursor_;
  /// Nothing in a thread, which uses those of its rank.
  std::optional<RankNames> own_names_;
  RankNames& names_;
  CallBuilder calls_;
  std::unique_ptr<Threads> threads_;
  const Step* step_ = nullptr;
  Pending pending_ = Pending::nothing;
};

}  // namespace gridlock
