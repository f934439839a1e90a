// How the engine answers each kind of request. The loop is in engine.cpp.
#include <algorithm>

#include "core/base/check.h"
#include "sim/engine.h"
#include "sim/group_use.h"

namespace gridlock::sim {
namespace {

/// Longest duration that a program may ask for: a century, so that times cannot overflow.
constexpr Nanos kDurationMax = std::chrono::hours(24 * 365 * 100);

Record host_record(RecordKind kind, const Request& request) {
  Record record;
  record.kind = kind;
  record.label = request.label;
  return record;
}

}  // namespace

bool Engine::answer(RankId rank, const Request& request, Reply& reply) {
  if (request_count_ == options_.step_max || is_interrupted()) {
    limit_reached_ = true;
    return false;
  }
  ++request_count_;
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
      destroy_group(rank, request, reply);
      return true;
    case RequestKind::exit:
      end_rank(rank, HostState::exited);
      return false;
    case RequestKind::done:
      reply.status = StatusCode::invalid_argument;
      return true;
  }
  GRIDLOCK_CHECK(!"every request is handled above");
}

bool Engine::submit(RankId rank, const Request& request, Reply& reply) {
  const Submission::Result result = submission_.submit(rank, request.calls, now_);
  reply.status = result.status;
  reply.ticket = result.ticket;
  if (result.blocks_host)
    return park(rank, Park::gloo_submit, static_cast<std::int64_t>(result.ticket), reply);
  if (device_.streams().depth_max(rank) > options_.semantics.stream_depth_max) {
    return park(rank, Park::submit, 0, reply);
  }
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
    reply.flag = !device_.streams().is_open(rank, request.ticket);
  }
  return true;
}

bool Engine::synchronize(RankId rank, const Request& request) {
  Record record = host_record(RecordKind::synchronize, request);
  record.stream = request.stream;
  recorder_.write(rank, record);
  return device_.streams().is_idle(rank, request.stream) ||
         park(rank, Park::synchronize, static_cast<std::int64_t>(request.stream), {});
}

void Engine::record_event(RankId rank, const Request& request, Reply& reply) {
  reply.event = device_.streams().record(rank, request.stream);
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
  }
}

bool Engine::compute(RankId rank, const Request& request, Reply& reply) {
  if (request.duration < Nanos{0}) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  digest_.add(now_, rank, static_cast<std::uint64_t>(request.duration.count()));
  if (request.duration == Nanos{0}) return true;
  timers_.add(now_ + std::min(request.duration, kDurationMax),
              {TimerKind::compute, static_cast<std::uint32_t>(rank)});
  return park(rank, Park::compute, 0, {});
}

void Engine::post(RankId rank, const Request& request) {
  Record record = host_record(RecordKind::post, request);
  record.detail = recorder_.store().add_name(request.name);
  recorder_.write(rank, record);
  for (const RankId waiting : edges_.post(record.detail)) wake(waiting);
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
  if (edges_.is_posted(record.detail)) return true;
  edges_.await(record.detail, rank);
  park(rank, Park::await, record.detail, {});
  if (request.duration > Nanos{0}) {
    deadlines_.add({now_ + std::min(request.duration, kDurationMax), rank, state(rank).park_count});
  }
  return false;
}

bool Engine::new_group(RankId rank, const Request& request, Reply& reply) {
  GRIDLOCK_CHECK(request.spec != nullptr);
  const Members& members = request.spec->members;
  Record record = host_record(RecordKind::new_group, request);
  record.detail = recorder_.store().add_spec(*request.spec);
  record.sequence = static_cast<std::int32_t>(creation_.next_index(rank));
  record.rejected =
      members.empty() || members[0] < 0 || members[members.size() - 1] >= histories_->groups.world_size();
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  park(rank, Park::create, 0, {});
  creation_.new_group(rank, *request.spec);
  wake_created();
  return false;
}

bool Engine::create_grid(RankId rank, const Request& request, Reply& reply) {
  GRIDLOCK_CHECK(request.plan != nullptr);
  Record record = host_record(RecordKind::create_grid, request);
  record.detail = recorder_.store().add_plan(request.plan);
  record.sequence = static_cast<std::int32_t>(creation_.next_index(rank));
  recorder_.write(rank, record);
  if (const std::optional<GridHandle> grid = creation_.create_grid(rank, request.plan, request.name)) {
    reply.grid = *grid;
    return true;
  }
  park(rank, Park::create, 0, {});
  wake_created();
  return false;
}

void Engine::wake_created() {
  for (const GroupCreation::Release& release : creation_.take_released()) {
    for (const RankId rank : release.ranks) {
      state(rank).reply.group = release.group;
      state(rank).reply.grid = release.grid;
      wake(rank);
    }
  }
}

void Engine::destroy_group(RankId rank, const Request& request, Reply& reply) {
  RankState& own = state(rank);
  const GroupUse* use = find_group_use(histories_->groups, rank, own, request.group);
  Record record = host_record(RecordKind::destroy_group, request);
  record.group = request.group;
  record.rejected = use == nullptr || is_destroyed(own, *use) || request.group == GroupHandle::world;
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = use == nullptr ? StatusCode::not_a_member : StatusCode::invalid_argument;
  } else {
    destroy(own, *use);
  }
}

}  // namespace gridlock::sim
