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
/// request. An operation without named buffers gets private ones,
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

  enum class Pending : std::uint8_t { nothing, submit, wait, new_group, create_grid, other };

  /// Adds the calls of the steps in front of the cursor to the intended ones, up to `max`. False: there may
  /// be more of them.
  bool intend(RankContext& rank, RankView& view, StepCursor& cursor, std::size_t max,
              IntendedCalls& intended) const;
  bool intend_parallel(RankContext& rank, const RankView& view, const ParallelAction& action, std::size_t max,
                       IntendedCalls& intended) const;

  /// Takes the answer to the last request. False: the program cannot go on.
  bool take(RankContext& rank, const Reply& last);
  void complain(RankContext& rank, Complaint::Kind kind, std::string text);
  Label label() const { return view_.label(program_->site(*step_), *step_); }
  void begin(Request& made, RequestKind kind, Pending pending);

  // Each fills in the request of a step's action; false: the step is done already.
  bool perform(RankContext& rank, const SubmitAction& action, Request& made);
  bool perform(RankContext& rank, const ComputeAction& action, Request& made);
  bool perform(RankContext& rank, const CreateGridAction& action, Request& made);
  bool perform(RankContext& rank, const NewGroupAction& action, Request& made);
  bool perform(RankContext& rank, const SplitAction& action, Request& made);
  bool perform(RankContext& rank, const ShrinkAction& action, Request& made);
  bool perform(RankContext& rank, const AbortAction& action, Request& made);
  bool perform(RankContext& rank, const DestroyAction& action, Request& made);
  bool perform(RankContext& rank, const RepeatAction& action, Request& made);
  bool perform(RankContext& rank, const ParallelAction& action, Request& made);
  bool perform(RankContext& rank, const PostAction& action, Request& made);
  bool perform(RankContext& rank, const AwaitAction& action, Request& made);
  bool perform(RankContext& rank, const WaitAction& action, Request& made);
  bool perform(RankContext& rank, const SynchronizeAction& action, Request& made);
  bool perform(RankContext& rank, const FillAction& action, Request& made);
  bool perform(RankContext& rank, const ExpectAction& action, Request& made);

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
