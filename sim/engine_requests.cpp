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

bool Engine::is_memory_full() {
  const auto used = static_cast<std::int64_t>(recorder_.store().byte_count());
  if (request_count_ == 0 || used <= options_.memory_max - data_bytes_) return false;
  error_ = "the histories of all ranks have grown beyond " + std::to_string(options_.memory_max >> 20U) +
           " MiB after " + std::to_string(request_count_) + " requests";
  return true;
}

inline bool Engine::count_request() {
  if (must_stop()) {
    limit_reached_ = true;
    return false;
  }
  ++request_count_;
  ++step_count_;
  return true;
}

bool Engine::answer(HostId host, const Request& request, Reply& reply) {
  if (must_wait_for_turn(request) && !must_stop())
    return wait_for_turn(host, {request, HostState::returned, ""});
  if (!count_request()) return false;
  if (request.kind == RequestKind::pause) {
    // Whoever pauses has worked for as long as many requests take.
    constexpr std::int64_t kStepsOfAPause = 4096;
    step_count_ += kStepsOfAPause - 1;
    return true;
  }
  RankState& own = state(hosts_.rank_of(host));
  if (!hosts_.is_main(host)) own.thread = side_thread(host).name;
  const bool goes_on = (!faults_.is_on() || apply_faults(host, request)) && answer_kind(host, request, reply);
  own.thread = -1;
  return goes_on;
}

bool Engine::answer_kind(HostId host, const Request& request, Reply& reply) {
  const RankId rank = hosts_.rank_of(host);
  if (!hosts_.is_main(host)) note_uses(host, request);
  switch (request.kind) {
    case RequestKind::submit:
      return submit(host, request, reply);
    case RequestKind::wait:
      return wait(host, request.ticket, request.label, reply);
    case RequestKind::test:
      return test(rank, request, reply);
    case RequestKind::synchronize:
      return synchronize(host, request);
    case RequestKind::record:
      record_event(rank, request, reply);
      return true;
    case RequestKind::stream_wait:
      stream_wait(rank, request, reply);
      return true;
    case RequestKind::compute:
      return compute(host, request, reply);
    case RequestKind::post:
      post(rank, request);
      return true;
    case RequestKind::await:
      return await(host, request, reply);
    case RequestKind::new_group:
    case RequestKind::create_grid:
    case RequestKind::split:
    case RequestKind::shrink:
    case RequestKind::parallel:
      if (hosts_.is_main(host)) return answer_main(rank, request, reply);
      reply.status = StatusCode::invalid_argument;
      return true;
    case RequestKind::destroy_group:
      return destroy_group(host, request, reply);
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

/// What only the main thread of a rank may ask.
bool Engine::answer_main(RankId rank, const Request& request, Reply& reply) {
  switch (request.kind) {
    case RequestKind::new_group:
      return new_group(rank, request, reply);
    case RequestKind::create_grid:
      return create_grid(rank, request, reply);
    case RequestKind::split:
      return split(rank, request, reply);
    case RequestKind::shrink:
      return shrink(rank, request, reply);
    default:
      return parallel(rank, request, reply);
  }
}

bool Engine::submit(HostId host, const Request& request, Reply& reply) {
  const RankId rank = hosts_.rank_of(host);
  const Submission::Result result = submission_.submit(rank, host, request.calls, request.is_batch, now_,
                                                       std::exchange(corrupted_call_, -1));
  reply.status = result.status;
  reply.ticket = result.ticket;
  if (result.held != kNoSlot) {
    park(host, Park::connect, static_cast<std::int64_t>(result.held), reply);
    thread(host).holds_work = true;
    thread(host).held_blocks_host = result.blocks_host;
  }
  if (meetings_.has_released()) wake_met();
  const bool goes_on = result.held == kNoSlot && after_submit(host, result.ticket, result.blocks_host, reply);
  if (!request.waits || !reply.status.ok()) return goes_on;
  if (goes_on && !is_picked()) return wait_for_submitted(host, request.label, reply);
  if (wait_labels_.empty()) wait_labels_.resize(static_cast<std::size_t>(hosts_.count()));
  wait_labels_[static_cast<std::size_t>(host)] = request.label;
  thread(host).waits_next = true;
  return goes_on;
}

bool Engine::wait_for_submitted(HostId host, const Label& label, Reply& reply) {
  reply.flag = true;
  if (faults_.is_on() || !hosts_.is_main(host)) {
    Request request;
    request.kind = RequestKind::wait;
    request.ticket = reply.ticket;
    request.label = label;
    return answer(host, request, reply);
  }
  return count_request() && wait(host, reply.ticket, label, reply);
}

bool Engine::go_on_to_wait(HostId host) {
  ThreadState& own = thread(host);
  own.waits_next = false;
  // The work was aborted, or ended with the group's timeout, before the submit did.
  if (!own.reply.status.ok()) return true;
  Reply reply = own.reply;
  if (!wait_for_submitted(host, wait_labels_[static_cast<std::size_t>(host)], reply)) return false;
  own.reply = reply;
  if (is_picked()) ready_.add(host);
  return !is_picked();
}

inline bool Engine::after_submit(HostId host, Ticket ticket, bool blocks_host, Reply& reply) {
  const RankId rank = hosts_.rank_of(host);
  if (blocks_host) {
    races_.waited(rank, ticket);
    if (has_lost_ && must_fail(rank, ticket)) {
      let_down(rank, ticket, StatusCode::peer_lost);
      reply.status = StatusCode::peer_lost;
      return true;
    }
    return park(host, Park::gloo_submit, static_cast<std::int64_t>(ticket), reply);
  }
  if (device_.streams().depth_max(rank) > options_.semantics.stream_depth_max) {
    return park(host, Park::submit, 0, reply);
  }
  return true;
}

void Engine::wake_met() {
  for (const HostMeetings::Release& release : meetings_.take_released()) {
    const Park park = thread(release.host).park;
    if (park == Park::destroy || park == Park::connect) wake(release.host, release.time);
  }
}

bool Engine::submit_held(HostId host) {
  ThreadState& own = thread(host);
  own.holds_work = false;
  device_.submit(static_cast<Slot>(own.park_subject), now_);
  Reply reply = own.reply;
  if (!after_submit(host, reply.ticket, own.held_blocks_host, reply)) return false;
  own.reply = reply;
  return true;
}

bool Engine::wait(HostId host, Ticket ticket, const Label& label, Reply& reply) {
  const RankId rank = hosts_.rank_of(host);
  Record record;
  record.kind = RecordKind::wait;
  record.label = label;
  record.ticket = static_cast<std::int64_t>(ticket);
  record.rejected = !is_ticket(rank, ticket);
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  races_.waited(rank, ticket);
  if (has_lost_ && must_fail(rank, ticket)) let_down(rank, ticket, StatusCode::peer_lost);
  if (!state(rank).failed.empty()) {
    reply.status = status_of(rank, ticket);
    if (!reply.status.ok()) return true;
  }
  return !device_.streams().is_open(rank, ticket) || park(host, Park::wait, record.ticket, reply);
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

bool Engine::synchronize(HostId host, const Request& request) {
  const RankId rank = hosts_.rank_of(host);
  Record record = host_record(RecordKind::synchronize, request);
  record.stream = request.stream;
  recorder_.write(rank, record);
  races_.synchronized(rank, request.stream);
  return device_.streams().is_idle(rank, request.stream) ||
         park(host, Park::synchronize, static_cast<std::int64_t>(request.stream), {});
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

bool Engine::compute(HostId host, const Request& request, Reply& reply) {
  const RankId rank = hosts_.rank_of(host);
  if (request.duration < Nanos{0}) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  digest_.add(now_, host, static_cast<std::uint64_t>(request.duration.count()));
  if (request.duration == Nanos{0}) return true;
  const std::int64_t factor = std::min(faults_.factor(rank), kDurationMax / request.duration + 1);
  const Nanos end = now_ + std::min(request.duration * factor, kDurationMax);
  if (runs_ahead_ && end <= horizon() && device_.streams().holds_only(rank, kNoSlot)) {
    now_ = end;
    return true;
  }
  if (work_labels_.empty()) work_labels_.resize(static_cast<std::size_t>(hosts_.count()));
  work_labels_[static_cast<std::size_t>(host)] = request.label;
  timers_.add(end, {TimerKind::compute, static_cast<std::uint32_t>(host)});
  return park(host, Park::compute, end.count(), {});
}

void Engine::post(RankId rank, const Request& request) {
  Record record = host_record(RecordKind::post, request);
  record.detail = recorder_.store().add_name(request.name);
  record.count = request.fails ? 1 : 0;
  recorder_.write(rank, record);
  if (edges_.is_posted(record.detail) && edges_.fails(record.detail) != request.fails)
    note_choice(ChoiceKind::post, rank);
  for (const HostId waiting : edges_.post(record.detail, request.fails)) {
    // A fault may have ended or stopped it meanwhile.
    const ThreadState& parked = thread(waiting);
    if (parked.park != Park::await || parked.park_subject != record.detail) continue;
    if (request.fails) let_down_await(waiting, StatusCode::remote_error);
    wake(waiting);
  }
}

bool Engine::await(HostId host, const Request& request, Reply& reply) {
  const RankId rank = hosts_.rank_of(host);
  Record record = host_record(RecordKind::await, request);
  record.detail = recorder_.store().add_name(request.name);
  record.rejected = request.duration < Nanos{0};
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  if (request.duration > Nanos{0}) note_choice(ChoiceKind::deadline, rank);
  if (edges_.is_posted(record.detail)) {
    if (!edges_.fails(record.detail)) return true;
    let_down_await(host, StatusCode::remote_error);
    reply = thread(host).reply;
    return true;
  }
  edges_.await(record.detail, host);
  park(host, Park::await, record.detail, {});
  if (request.duration > Nanos{0}) {
    deadlines_.add({now_ + std::min(request.duration, kDurationMax), host, thread(host).park_count});
  }
  return false;
}

}  // namespace gridlock::sim
