#include "core/rank/rank.h"

#include <utility>

namespace gridlock {

Reply Rank::submit(std::span<const Call> calls) {
  Request request;
  request.kind = RequestKind::submit;
  request.calls = calls;
  if (!calls.empty()) request.label = calls.front().label;
  return execute(request);
}

Status Rank::wait(Ticket ticket) {
  Request request;
  request.kind = RequestKind::wait;
  request.ticket = ticket;
  return execute(request).status;
}

Status Rank::synchronize(StreamId stream) {
  Request request;
  request.kind = RequestKind::synchronize;
  request.stream = stream;
  return execute(request).status;
}

Status Rank::compute(Nanos duration) {
  Request request;
  request.kind = RequestKind::compute;
  request.duration = duration;
  return execute(request).status;
}

Status Rank::post(std::string_view name) {
  Request request;
  request.kind = RequestKind::post;
  request.name = name;
  return execute(request).status;
}

Status Rank::await(std::string_view name, Nanos timeout) {
  Request request;
  request.kind = RequestKind::await;
  request.name = name;
  request.duration = timeout;
  return execute(request).status;
}

Reply Rank::new_group(const GroupSpec& spec) {
  Request request;
  request.kind = RequestKind::new_group;
  request.spec = &spec;
  return execute(request);
}

Reply Rank::create_grid(std::shared_ptr<const Plan> plan, std::string_view name) {
  Request request;
  request.kind = RequestKind::create_grid;
  request.plan = std::move(plan);
  request.name = name;
  return execute(request);
}

Status Rank::destroy_group(GroupHandle group) {
  Request request;
  request.kind = RequestKind::destroy_group;
  request.group = group;
  return execute(request).status;
}

Status Rank::run(const Call& call) {
  const Reply reply = submit(call);
  return reply.status.ok() ? wait(reply.ticket) : reply.status;
}

}  // namespace gridlock
