#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/label.h"
#include "core/grid/group.h"
#include "core/grid/mpu.h"
#include "core/rank/call.h"
#include "harness/model/number.h"
#include "harness/model/selection.h"

namespace gridlock {

/// Indexes into the name lists of the Scenario.
enum class BufferName : std::int32_t { none = -1 };
enum class TicketName : std::int32_t { none = -1 };
enum class GroupName : std::int32_t { none = -1 };

/// A group as a step names it: "world", a family of a grid ("actor.tensor": the group of that family that the
/// rank is in), or the name of a new_group step.
struct GroupRef {
  enum class Kind : std::uint8_t { world, family, named };
  Kind kind = Kind::world;
  std::int32_t grid = -1;
  /// Name of the family and its place in the grid's plan; empty for other kinds.
  std::string family;
  std::size_t family_place = 0;
  GroupName name = GroupName::none;

  bool operator==(const GroupRef&) const = default;
};

/// The other end of a send or recv, or the root of a collective.
struct Peer {
  enum class By : std::uint8_t {
    none,
    group_rank,  ///< "to", "from", "root"
    world_rank,  ///< "to_rank", "from_rank", "root_rank"
    stage,  ///< "to_stage", "from_stage": the rank with this rank's coordinates but that pipe index, in a
            ///< grid's group
  };
  By by = By::none;
  Number value;

  bool operator==(const Peer&) const = default;
};

/// One operation as a step writes it: all that Call needs, before the rank is known.
struct Operation {
  CallKind kind = CallKind::barrier;
  GroupRef group;
  Number count;
  /// Uneven operations: all_gather_v one per member; all_to_all_v the send counts, then the receive counts.
  std::vector<Number> counts;
  DType dtype = DType::float32;
  ReduceOp op = ReduceOp::sum;
  Real scalar{1.0, {}, {}};
  Peer peer;
  Number stream;
  /// none: the rank makes a private buffer of the right size, fills it with its pattern and checks the
  /// result.
  BufferName input = BufferName::none;
  BufferName output = BufferName::none;
  /// Private buffers only: output shares the input's memory where the operation allows it.
  bool in_place = false;
  /// What the call's notes say (CallNotes); nothing of it unless has_notes.
  bool has_notes = false;
  Number device{kOwnDevice, {}, {}};
  Number tag;
  Number kept_by{-1, {}, {}};
  std::string content;
  /// Inside a batch only: ranks and turns that take part. The step's own guard comes first.
  Guard guard;
  /// Inside a batch only: as many such operations, one behind the other.
  Number times{1, {}, {}};
};

/// One operation, or a batch. A rank whose guards leave no operation submits nothing.
struct SubmitAction {
  std::vector<Operation> operations;
  bool is_batch = false;
  /// Receives the ticket for a later wait; none when nobody asks for it.
  TicketName ticket = TicketName::none;
  /// Wait on the host before the next step. Default: true unless the step has `as`.
  bool wait = true;
};

struct ComputeAction {
  Number duration_ns;
};
struct CreateGridAction {
  std::int32_t grid = 0;
};
struct NewGroupAction {
  GroupName name = GroupName::none;
  /// spec.name is the group's name in the scenario.
  GroupSpec spec;
};
/// The rank's part of a split; a color below 0: none.
struct SplitAction {
  GroupName name = GroupName::none;
  GroupRef group;
  Number color;
  Number key;
};
struct ShrinkAction {
  GroupName name = GroupName::none;
  GroupRef group;
  /// The members that stay.
  GroupSpec spec;
};
struct AbortAction {
  GroupRef group;
};
struct DestroyAction {
  GroupRef group;
};
struct PostAction {
  std::string name;
  /// Whoever awaits it gets an error.
  bool fails = false;
};
struct AwaitAction {
  std::string name;
  /// 0: no limit.
  Number timeout_ns;
};
struct WaitAction {
  TicketName ticket = TicketName::none;
};
struct SynchronizeAction {
  Number stream;
};
/// Makes the named buffer (again) with `count` elements and fills it.
struct FillAction {
  enum class Content : std::uint8_t { value, rank, pattern };
  BufferName buffer = BufferName::none;
  Number count;
  DType dtype = DType::float32;
  Content content = Content::pattern;
  Real value;
};

/// What an accessor should answer: Python's None, a number (true and false are 1 and 0), or the ranks of a
/// group.
using AccessorValue = std::variant<std::monostate, Number, PerAxis<std::vector<RankId>>>;
struct ExpectAccessor {
  std::int32_t grid = 0;
  Accessor accessor = Accessor::get_stage_id;
  /// Argument of stage_to_global.
  Number stage;
  AccessorValue value;
};
/// Members of the rank's group; empty: the rank is in no such group.
struct ExpectMembers {
  GroupRef group;
  PerAxis<Members> members;
};
struct ExpectGroupRank {
  GroupRef group;
  /// -1: not a member.
  Number value;
};
/// Every element equals the only value, or (is_uniform false) the elements equal the values one by one.
struct ExpectBuffer {
  BufferName buffer = BufferName::none;
  std::vector<Real> values;
  bool is_uniform = true;
};
/// Ranks whose data is in the buffer: exactly these, or the members of the rank's group.
struct ExpectContributors {
  BufferName buffer = BufferName::none;
  std::variant<PerAxis<Members>, GroupRef> ranks;
};
using ExpectAction =
    std::variant<ExpectAccessor, ExpectMembers, ExpectGroupRank, ExpectBuffer, ExpectContributors>;

struct Step;
/// Runs its steps `times` times; the loop variable at `depth` goes from `from` upwards. times <= 0 runs
/// nothing.
struct RepeatAction {
  Number times;
  Number from;
  LoopDepth depth = 0;
  /// Name of the loop variable; empty for an anonymous loop.
  std::string variable;
  std::vector<Step> steps;
};

/// One host thread of a parallel step.
struct ParallelThread {
  std::string name;
  /// Ranks and turns that have this thread.
  Guard guard;
  std::vector<Step> steps;
};
/// Runs all threads at once and goes on when they have ended. No parallel step is inside another one.
struct ParallelAction {
  std::vector<ParallelThread> threads;
};

using Action = std::variant<SubmitAction, ComputeAction, CreateGridAction, NewGroupAction, SplitAction,
                            ShrinkAction, AbortAction, DestroyAction, RepeatAction, ParallelAction,
                            PostAction, AwaitAction, WaitAction, SynchronizeAction, FillAction, ExpectAction>;

/// One step of a program, shared by all ranks that run it. Immutable once read.
struct Step {
  Action action;
  Guard guard;
  /// A request that does not end with ok (a timeout, a lost peer, an aborted group) is passed over instead of
  /// ending the program.
  bool continues_on_failure = false;
  /// Text (label, or name of the action), names of the innermost shown loops and "file.json:12". Loop
  /// variables that start with '_' are not shown in labels.
  Site site;
  /// Depths of the loops that site names, for Label::turns; -1 when there is none.
  std::array<LoopDepth, kLoopsShown> loops = {-1, -1, -1};
  /// Place among all steps of the scenario in reading order: what is known of a step is kept in a list by it.
  std::uint32_t number = 0;
};

/// Calls `visit` with every list of steps that stands directly in the step.
template <typename Visit>
void for_each_list(const Step& step, Visit&& visit) {
  if (const auto* loop = std::get_if<RepeatAction>(&step.action)) visit(loop->steps);
  if (const auto* parallel = std::get_if<ParallelAction>(&step.action)) {
    for (const ParallelThread& thread : parallel->threads) visit(thread.steps);
  }
}

}  // namespace gridlock
