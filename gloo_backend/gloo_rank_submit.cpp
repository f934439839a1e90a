// How a Gloo rank takes in calls; the rest of the class is in gloo_rank.cpp.
#include <algorithm>
#include <utility>

#include "core/data/operation.h"
#include "gloo_backend/gloo_rank.h"

namespace gridlock {

StatusCode GlooRank::prepare(const Call& call, PreparedCall& prepared) const {
  prepared.instance = groups().resolve(call.group, id());
  if (prepared.instance == InstanceId::none) return StatusCode::not_a_member;
  if (destroyed_.contains(prepared.instance)) return StatusCode::invalid_argument;
  const GroupInstance& group = groups().instance(prepared.instance);
  prepared.key = group.key;
  prepared.members = group.spec.members;
  prepared.rank = group.spec.members.index_of(id());
  return prepare_call(call, buffers_, prepared);
}

// A rank may send to itself only in a batch that also receives it (S27).
std::optional<std::size_t> GlooRank::first_unpaired(std::span<const PreparedCall> calls) const {
  const auto is_to_self = [](const PreparedCall& call) {
    return operation(call.kind).is_p2p && call.peer == call.rank;
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!is_to_self(calls[i])) continue;
    std::int64_t balance = 0;
    for (const PreparedCall& other : calls) {
      if (is_to_self(other) && other.instance == calls[i].instance)
        balance += other.kind == CallKind::send ? 1 : -1;
    }
    if (balance != 0) return i;
  }
  return std::nullopt;
}

Reply GlooRank::reject(const Call& call, StatusCode code) {
  if (!ledger_.record_rejected(call)) return stop();
  return {.status = code};
}

Reply GlooRank::submit(std::span<const Call> calls) {
  std::vector<PreparedCall> prepared(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const StatusCode code = prepare(calls[i], prepared[i]);
    if (code != StatusCode::ok) return reject(calls[i], code);
  }
  if (const auto unpaired = first_unpaired(prepared))
    return reject(calls[*unpaired], StatusCode::invalid_argument);
  return start(calls, std::move(prepared));
}

Reply GlooRank::start(std::span<const Call> calls, std::vector<PreparedCall> prepared) {
  Reply reply;
  reply.ticket = static_cast<Ticket>(next_ticket_++);
  if (calls.empty()) return reply;
  std::vector<StreamId> streams;
  bool blocks_host = false;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!ledger_.record_call(calls[i], reply.ticket, prepared[i].sequence)) return stop();
    if (std::find(streams.begin(), streams.end(), calls[i].stream) == streams.end())
      streams.push_back(calls[i].stream);
    blocks_host = blocks_host || groups().instance(prepared[i].instance).spec.backend == BackendKind::gloo;
  }
  process_.log().add_open_tickets(1);
  workers_.enqueue(reply.ticket, streams, [this, work = std::move(prepared)] { return work_.run(work); });
  reply.status = park(HostState::submitting, [&] {
    if (blocks_host && !workers_.wait(reply.ticket)) return false;
    return std::all_of(streams.begin(), streams.end(), [&](StreamId stream) {
      return workers_.wait_room(stream, options_.semantics.stream_depth_max);
    });
  });
  return reply;
}

}  // namespace gridlock
