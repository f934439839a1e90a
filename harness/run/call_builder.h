#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/data/pattern.h"
#include "core/rank/call_check.h"
#include "core/rank/rank.h"
#include "harness/model/scenario.h"
#include "harness/run/rank_names.h"
#include "harness/run/rank_view.h"
#include "harness/run/scenario_program.h"

namespace gridlock {

/// Whether the calls of a submit were enqueued, by its answer.
inline bool was_enqueued(const Reply& reply) { return reply.flag || reply.status.ok(); }

/// Turns the operations of a step into calls on one rank: peers and counts become numbers, named buffers
/// handles. Calls without named buffers get private ones that hold the self-checking pattern, and are checked
/// when they are complete. In shape mode private buffers are none.
class CallBuilder {
 public:
  CallBuilder() = default;
  /// For another host thread of the rank whose calls `of_rank` builds, which outlives this: open calls and
  /// the numbers of calls are the rank's.
  explicit CallBuilder(CallBuilder& of_rank) : of_rank_(&of_rank) {}

  /// The calls that a submit step makes on this rank; empty when guards leave none. Valid until the next
  /// build.
  std::span<const Call> build(RankContext& rank, const RankView& view, RankNames& names,
                              const ScenarioProgram& program, const Step& step, const Label& label);
  /// The call of one operation, without its buffers and uneven counts.
  static Call describe(const RankContext& rank, const RankView& view, const RankNames& names,
                       const Scenario& scenario, const Operation& operation, const Label& label);
  /// What a rank notes of the call of one operation. Requires: Operation::has_notes.
  static CallNotes notes_of(const RankView& view, const Operation& operation);
  /// Takes the answer to the submit of what build returned last.
  void submitted(RankContext& rank, const Reply& reply) {
    if (extras_) take_prepared(rank, reply);
  }
  /// Checks and frees the private buffers of every complete call; a wrong element becomes a complaint.
  void check_finished(RankContext& rank) {
    CallBuilder& of_rank = of_rank_ != nullptr ? *of_rank_ : *this;
    if (of_rank.extras_) of_rank.check_open(rank);
  }
  /// A wait ended without what it waited for: frees the private buffers of complete calls without looking at
  /// them, as an abort completes calls and leaves anything in their outputs.
  void give_up(RankContext& rank);
  /// A fill step.
  void fill(RankContext& rank, const RankView& view, RankNames& names, const FillAction& action);

 private:
  /// A call's private buffers and what must be in them.
  struct Check {
    Ticket ticket = Ticket::none;
    PatternSpec pattern;
    std::vector<std::int64_t> counts;
    BufferHandle input = BufferHandle::none;
    BufferHandle output = BufferHandle::none;
    /// First element of the result in the output buffer: not 0 in the in-place form of some operations.
    std::int64_t output_at = 0;
    Label label;
    std::string group;
  };
  /// How many calls of one order this rank has made: collectives of a group, or messages to or from one
  /// member. The same number on all ranks of a call, so that each call has a pattern of its own.
  struct Order {
    InstanceId group;
    /// send, recv, or barrier for all collectives: a message to oneself is counted on both ends.
    CallKind kind;
    GroupRank sender;
    GroupRank receiver;
    /// On gloo groups.
    std::int32_t tag;
    std::int64_t count;
  };

  void add_call(RankContext& rank, const RankView& view, RankNames& names, const Scenario& scenario,
                const Operation& operation, const Label& label);
  /// The buffers of a call that has all the rest.
  void add_data(RankContext& rank, RankNames& names, const Scenario& scenario, const Operation& operation,
                Call& call);
  void add_buffers(RankContext& rank, RankNames& names, const Scenario& scenario, const Operation& operation,
                   InstanceId instance, const CallExtents& extents, Call& call);
  /// The pattern of the call's data. Counts the call in its order: to be asked once per call.
  PatternSpec next_pattern(RankContext& rank, InstanceId instance, const Call& call);
  void name_buffers(RankContext& rank, RankNames& names, const Operation& operation,
                    const PatternSpec& pattern, Call& call);
  void make_private_buffers(RankContext& rank, bool in_place, const CallExtents& extents, Check check,
                            Call& call);
  std::int64_t next_in_order(const Order& order);
  void take_prepared(RankContext& rank, const Reply& reply);
  void check_open(RankContext& rank);
  void release(RankContext& rank, const Check& check);

  /// What most ranks of large worlds need nothing of.
  struct Extras {
    /// Counts of the uneven calls in calls_; spans into it live as long as calls_.
    std::vector<std::vector<std::int64_t>> counts;
    /// Of calls_, which point to them.
    std::deque<CallNotes> notes;
    /// Private buffers of calls_, not submitted yet.
    std::vector<Check> prepared;
    std::vector<Check> open;
    std::vector<Order> orders;
  };
  Extras& extras();
  /// Those of the rank, for open calls and orders.
  Extras& rank_extras() { return of_rank_ != nullptr ? of_rank_->extras() : extras(); }

  std::vector<Call> calls_;
  std::unique_ptr<Extras> extras_;
  CallBuilder* of_rank_ = nullptr;
};

}  // namespace gridlock
