// How the engine answers each kind of request. The loop is in engine.cpp.
#include <algorithm>

#include "core/base/check.h"
#include "sim/engine.h"

namespace gridlock::sim {
namespace {

/// Longest duration that a program may ask for: a century, so that times cannot overflow.
constexpr Nanos kDurationMax = std::chrono::hours(24 * 365 * 100);

}  // namespace

Record host_record(RecordKind kind, const Request& request) {
  Record record;
  record.kind = kind;
  record.label = request.label;
  return record;
}

bool Engine::must_stop() {
  constexpr std::int64_t kMemoryCheckEvery = 1 << 16;
  if (request_count_ % kMemoryCheckEvery == 0 && request_count_ > 0 &&
      static_cast<std::int64_t>(recorder_.store().byte_count()) > options_.memory_max - data_bytes_) {
    error_ = "the histories of all ranks have grown beyond " + std::to_string(options_.memory_max >> 20U) +
             " MiB after " + std::to_string(request_count_) + " requests";
    return true;
  }
  return step_count_ >= options_.step_max || is_interrupted();
}

bool Engine::answer(RankId rank, const Request& request, Reply& reply) {
  if (must_stop()) {
    limit_reached_ = true;
    return false;
  }
  if (must_wait_for_turn(request)) return wait_for_turn(rank, {request, HostState::returned, ""});
  ++request_count_;
  // Whoever pauses has worked for as long as many requests take.
  constexpr std::int64_t kStepsOfAPause = 4096;
  step_count_ += request.kind == RequestKind::pause ? kStepsOfAPause : 1;
  if (request.kind == RequestKind::pause) return true;
  if (faults_.is_on() && !apply_faults(rank, request)) return false;
  switch (request.kind) {
    case RequestKind::submit:
      return submit(rank, request, reply);
    case RequestKind::wait:
      return wait(rank, request, reply);
    case RequestKind::test:
      return test(rank, request, reply);
    case RequestKind::synchronize:
      return synchronize(rank, request);
    case RequestKind::record:
      record_event(rank, request, reply);
      return true;
    case RequestKind::stream_wait:
      stream_wait(rank, request, reply);
      return true;
    case RequestKind::compute:
      return compute(rank, request, reply);
    case RequestKind::post:
      post(rank, request);
      return true;
    case RequestKind::await:
      return await(rank, request, reply);
    case RequestKind::new_group:
      return new_group(rank, request, reply);
    case RequestKind::create_grid:
      return create_grid(rank, request, reply);
    case RequestKind::destroy_group:
      return destroy_group(rank, request, reply);
    case RequestKind::split:
      return split(rank, request, reply);
    case RequestKind::shrink:
      return shrink(rank, request, reply);
    case RequestKind::abort:
      abort(rank, request, reply);
      return true;
    case RequestKind::exit:
      end_rank(rank, HostState::exited);
      return false;
    case RequestKind::pause:
    case RequestKind::done:
      reply.status = StatusCode::invalid_argument;
      return true;
  }
  GRIDLOCK_CHECK(!"every request is handled above");
}

bool Engine::submit(RankId rank, const Request& request, Reply& reply) {
  const Submission::Result result =
      submission_.submit(rank, request.calls, request.is_batch, now_, std::exchange(corrupted_call_, -1));
  reply.status = result.status;
  reply.ticket = result.ticket;
  if (result.held != kNoSlot) {
    park(rank, Park::connect, static_cast<std::int64_t>(result.held), reply);
    state(rank).holds_work = true;
    state(rank).held_blocks_host = result.blocks_host;
  }
  if (meetings_.is_on()) wake_met();
  if (result.held != kNoSlot) return false;
  return after_submit(rank, result.ticket, result.blocks_host, reply);
}

bool Engine::after_submit(RankId rank, Ticket ticket, bool blocks_host, Reply& reply) {
  if (blocks_host) {
    races_.waited(rank, ticket);
    if (has_lost_ && must_fail(rank, ticket)) {
      let_down(rank, ticket, StatusCode::peer_lost);
      reply.status = StatusCode::peer_lost;
      return true;
    }
    return park(rank, Park::gloo_submit, static_cast<std::int64_t>(ticket), reply);
  }
  if (device_.streams().depth_max(rank) > options_.semantics.stream_depth_max) {
    return park(rank, Park::submit, 0, reply);
  }
  return true;
}

void Engine::wake_met() {
  for (const HostMeetings::Release& release : meetings_.take_released()) {
    const Park park = state(release.rank).park;
    if (park == Park::destroy || park == Park::connect) wake(release.rank, release.time);
  }
}

bool Engine::submit_held(RankId rank) {
  RankState& own = state(rank);
  own.holds_work = false;
  device_.submit(static_cast<Slot>(own.park_subject), now_);
  Reply reply = own.reply;
  if (!after_submit(rank, reply.ticket, own.held_blocks_host, reply)) return false;
  own.reply = reply;
  return true;
}

bool Engine::is_ticket(RankId rank, Ticket ticket) const {
  const auto number = static_cast<std::int64_t>(ticket);
  return number >= 0 && number < ranks_[static_cast<std::size_t>(rank)].next_ticket;
}

bool Engine::wait(RankId rank, const Request& request, Reply& reply) {
  Record record = host_record(RecordKind::wait, request);
  record.ticket = static_cast<std::int64_t>(request.ticket);
  record.rejected = !is_ticket(rank, request.ticket);
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  races_.waited(rank, request.ticket);
  if (has_lost_ && must_fail(rank, request.ticket)) let_down(rank, request.ticket, StatusCode::peer_lost);
  if (!state(rank).failed.empty()) {
    reply.status = status_of(rank, request.ticket);
    if (!reply.status.ok()) return true;
  }
  return !device_.streams().is_open(rank, request.ticket) || park(rank, Park::wait, record.ticket, reply);
}

bool Engine::test(RankId rank, const Request& request, Reply& reply) {
  Record record = host_record(RecordKind::test, request);
  record.ticket = static_cast<std::int64_t>(request.ticket);
  record.rejected = !is_ticket(rank, request.ticket);
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
  } else {
    note_choice(ChoiceKind::test, rank);
    reply.flag = !device_.streams().is_open(rank, request.ticket);
    if (reply.flag) races_.waited(rank, request.ticket);
  }
  return true;
}

bool Engine::synchronize(RankId rank, const Request& request) {
  Record record = host_record(RecordKind::synchronize, request);
  record.stream = request.stream;
  recorder_.write(rank, record);
  races_.synchronized(rank, request.stream);
  return device_.streams().is_idle(rank, request.stream) ||
         park(rank, Park::synchronize, static_cast<std::int64_t>(request.stream), {});
}

void Engine::record_event(RankId rank, const Request& request, Reply& reply) {
  reply.event = device_.streams().record(rank, request.stream);
  races_.recorded(rank, request.stream, reply.event);
  Record record = host_record(RecordKind::event_record, request);
  record.stream = request.stream;
  record.ticket = static_cast<std::int64_t>(reply.event);
  recorder_.write(rank, record);
}

void Engine::stream_wait(RankId rank, const Request& request, Reply& reply) {
  Record record = host_record(RecordKind::stream_wait, request);
  record.stream = request.stream;
  record.ticket = static_cast<std::int64_t>(request.event);
  record.rejected = !device_.streams().knows(rank, request.event);
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
  } else {
    device_.streams().wait_event(rank, request.stream, request.event);
    races_.stream_waits(rank, request.stream, request.event);
  }
}

bool Engine::compute(RankId rank, const Request& request, Reply& reply) {
  if (request.duration < Nanos{0}) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  digest_.add(now_, rank, static_cast<std::uint64_t>(request.duration.count()));
  if (request.duration == Nanos{0}) return true;
  const std::int64_t factor = std::min(faults_.factor(rank), kDurationMax / request.duration + 1);
  const Nanos end = now_ + std::min(request.duration * factor, kDurationMax);
  if (runs_ahead_ && end <= horizon() && device_.streams().holds_only(rank, kNoSlot)) {
    now_ = end;
    return true;
  }
  state(rank).label = request.label;
  timers_.add(end, {TimerKind::compute, static_cast<std::uint32_t>(rank)});
  return park(rank, Park::compute, end.count(), {});
}

void Engine::post(RankId rank, const Request& request) {
  Record record = host_record(RecordKind::post, request);
  record.detail = recorder_.store().add_name(request.name);
  recorder_.write(rank, record);
  for (const RankId waiting : edges_.post(record.detail, now_)) wake(waiting);
}

bool Engine::await(RankId rank, const Request& request, Reply& reply) {
  Record record = host_record(RecordKind::await, request);
  record.detail = recorder_.store().add_name(request.name);
  record.rejected = request.duration < Nanos{0};
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  if (request.duration > Nanos{0}) note_choice(ChoiceKind::deadline, rank);
  const Nanos posted = edges_.posted(record.detail);
  if (posted <= now_) return true;
  const bool is_limited = request.duration > Nanos{0};
  const Nanos deadline = is_limited ? now_ + std::min(request.duration, kDurationMax) : kNever;
  park(rank, Park::await, record.detail, {});
  if (posted == kNever) {
    edges_.await(record.detail, rank);
  } else if (posted <= deadline) {
    wake(rank, posted);
    return false;
  }
  if (is_limited) deadlines_.add({deadline, rank, state(rank).park_count});
  return false;
}

}  // namespace gridlock::sim
