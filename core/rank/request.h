#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/base/status.h"
#include "core/rank/call.h"

namespace gridlock {

class Plan;

/// The kinds of requests: fields they read -> fields of the reply they set, and whether they may park the
/// rank.
enum class RequestKind : std::uint8_t {
  submit,       ///< calls -> ticket. May park: a gloo group, a full stream, first use on some worlds
  wait,         ///< ticket. Parks until it is complete
  test,         ///< ticket -> flag. Never parks; recorded as a choice that depends on the schedule
  stream_wait,  ///< stream waits for event. Never parks the host
  record,       ///< stream -> event. Never parks
  synchronize,  ///< stream. Parks until everything enqueued on it so far is complete
  compute,      ///< duration. Host work: virtual time passes (real worlds: returns at once)
  post,         ///< name. Host edge: lets every await of that name pass, now and later. Never parks
  await,        ///< name, duration (0: no limit). Parks until somebody posted it
  new_group,  ///< spec -> group. Every rank of the world takes part, in the same order. Parks until all came
  create_grid,    ///< plan, name (for reports) -> grid. All creations of the plan in one request. May park as
                  ///< new_group
  destroy_group,  ///< group. Local; a later use is invalid_argument
  done,           ///< step machines only: the program has ended
  exit,  ///< the rank leaves before the end of its program, as an uncaught exception would make it. Does not
         ///< return to C++ programs, whose stack is unwound (a process ends)
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
  std::string_view name;
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
