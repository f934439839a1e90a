#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/status.h"
#include "core/rank/call.h"

namespace gridlock {

class Plan;
class StepMachine;

/// The kinds of requests: fields they read -> fields of the reply they set, and whether they may park the
/// rank.
enum class RequestKind : std::uint8_t {
  submit,       ///< calls -> ticket. May park: a gloo group, a full stream, first use on some worlds. With
                ///< waits the request of that wait follows inside; flag: status is the wait's answer
  wait,         ///< ticket. Parks until it is complete
  test,         ///< ticket -> flag. Never parks; recorded as a choice that depends on the schedule
  stream_wait,  ///< stream waits for event. Never parks the host
  record,       ///< stream -> event. Never parks
  synchronize,  ///< stream. Parks until everything enqueued on it so far is complete
  compute,      ///< duration. Host work: virtual time passes (real worlds: returns at once)
  post,         ///< name, fails. Host edge: lets every await of that name pass, now and later, or, where it
                ///< fails, end with remote_error. The first post of a name decides. Never parks
  await,        ///< name, duration (0: no limit). Parks until somebody posted it
  new_group,  ///< spec -> group. Every rank of the world takes part, in the same order. Parks until all came
  create_grid,    ///< plan, name (for reports) -> grid. All creations of the plan in one request. May park as
                  ///< new_group
  destroy_group,  ///< group. Local; a later use is invalid_argument. Parks where Semantics::destroy_blocks
  split,   ///< group, color, key -> group (none without a color). Every member of `group` takes part: parks
           ///< until all came. Members of a color are ordered by key, then by their place in `group` (S13)
  shrink,  ///< group, spec (the members that stay) -> group. Only those that stay take part; parks until all
           ///< of them came (S14)
  abort,   ///< group. Local: this rank's open work on it ends with `aborted`, and what is behind it goes on.
           ///< A later use is invalid_argument (S15)
  parallel,  ///< threads. The rank's other host threads: each makes its own requests, and this one parks
             ///< until all have ended. Of a rank's main thread only; threads make no groups and no threads
  pause,     ///< Nothing. Where a program that works long without asking lets its run be ended. Never parks
  done,      ///< step machines only: the program has ended
  exit,  ///< the rank leaves before the end of its program, as an uncaught exception would make it. Does not
         ///< return to C++ programs, whose stack is unwound (a process ends)
};

/// The color of a rank that takes part in a split and gets no group.
inline constexpr std::int32_t kNoColor = -1;

/// A host thread that a rank starts: its program, owned by whoever asks and valid until the reply, and its
/// name, which no other thread of the request has.
struct HostThread {
  std::string_view name;
  StepMachine* machine = nullptr;
};

/// What rank code asks of the engine. One struct for all, as Call is for operations.
struct Request {
  RequestKind kind = RequestKind::done;
  StreamId stream = StreamId::main;
  Ticket ticket = Ticket::none;
  EventId event = EventId::none;
  GroupHandle group = GroupHandle::none;
  Nanos duration{0};
  /// One call, or a batch (ncclGroupStart/End) that may span groups and streams.
  std::span<const Call> calls;
  /// A batch of one call is not the same as the call alone (Semantics::pair_communicators).
  bool is_batch = false;
  /// Of submit: unless it is refused, the host waits for the ticket before it is answered, as another request
  /// with the same label would.
  bool waits = false;
  std::string_view name;
  bool fails = false;
  std::span<const HostThread> threads;
  /// Of split.
  std::int32_t color = kNoColor;
  std::int32_t key = 0;
  const GroupSpec* spec = nullptr;
  /// Shared with the world, which keeps the plan as long as the grid's groups are known.
  std::shared_ptr<const Plan> plan;
  Label label;
};

/// The answer. Which field is set follows from the request's kind.
struct Reply {
  Status status;
  bool flag = false;
  Ticket ticket = Ticket::none;
  EventId event = EventId::none;
  GroupHandle group = GroupHandle::none;
  GridHandle grid = GridHandle::none;
};

}  // namespace gridlock
