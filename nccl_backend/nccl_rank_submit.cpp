// How a GPU rank takes in calls; the rest of the class is in nccl_rank.cpp.
#include <algorithm>
#include <utility>

#include "core/data/operation.h"
#include "nccl_backend/nccl_rank.h"

namespace gridlock {
namespace {

/// Open submits between two looks at what is complete.
constexpr std::size_t kPollEvery = 32;

}  // namespace

StatusCode NcclRank::prepare(const Call& call, GpuCall& prepared) const {
  prepared.instance = groups().resolve(call.group, id());
  if (prepared.instance == InstanceId::none) return StatusCode::not_a_member;
  if (destroyed_.contains(prepared.instance)) return StatusCode::invalid_argument;
  const GroupInstance& group = groups().instance(prepared.instance);
  prepared.backend = group.spec.backend;
  prepared.key = group.key;
  prepared.size = group.spec.members.size();
  prepared.rank = group.spec.members.index_of(id());
  return prepare_call(call, buffers_, prepared);
}

// A rank may send to itself only in a batch that also receives it (S27).
std::optional<std::size_t> NcclRank::first_unpaired(std::span<const GpuCall> calls) const {
  const auto is_to_self = [](const GpuCall& call) {
    return operation(call.kind).is_p2p && call.peer == call.rank;
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!is_to_self(calls[i])) continue;
    std::int64_t balance = 0;
    for (const GpuCall& other : calls) {
      if (is_to_self(other) && other.instance == calls[i].instance)
        balance += other.kind == CallKind::send ? 1 : -1;
    }
    if (balance != 0) return i;
  }
  return std::nullopt;
}

Reply NcclRank::reject(const Call& call, StatusCode code) {
  if (!ledger_.record_rejected(call)) return stop();
  return {.status = code};
}

Reply NcclRank::submit(std::span<const Call> calls) {
  std::vector<GpuCall> prepared(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const StatusCode code = prepare(calls[i], prepared[i]);
    if (code != StatusCode::ok) return reject(calls[i], code);
  }
  if (const auto unpaired = first_unpaired(prepared))
    return reject(calls[*unpaired], StatusCode::invalid_argument);
  return start(calls, std::move(prepared));
}

Reply NcclRank::start(std::span<const Call> calls, std::vector<GpuCall> prepared) {
  Reply reply;
  const auto ticket = static_cast<Ticket>(next_ticket_++);
  reply.ticket = ticket;
  if (calls.empty()) return reply;
  std::vector<StreamId> streams;
  bool blocks_host = false;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!ledger_.record_call(calls[i], ticket, prepared[i].sequence)) return stop();
    if (std::find(streams.begin(), streams.end(), calls[i].stream) == streams.end())
      streams.push_back(calls[i].stream);
    blocks_host = blocks_host || prepared[i].backend == BackendKind::gloo;
  }
  host_.log().add_open_tickets(1);
  reply.status = park(HostState::submitting, [&] {
    if (!queue_.enqueue(prepared) || !host_calls_.run(prepared, groups(), waiting())) return false;
    if (!tickets_.add(ticket, std::move(prepared))) return false;
    if (blocks_host && !wait_until([&] { return !tickets_.is_open(ticket); })) return false;
    return wait_room(streams);
  });
  if (!reply.status.ok()) reply.ticket = Ticket::none;
  return reply;
}

bool NcclRank::wait_room(std::span<const StreamId> streams) {
  const auto has_room = [&] {
    return std::all_of(streams.begin(), streams.end(), [&](StreamId stream) {
      return tickets_.depth(stream) < options_.semantics.stream_depth_max;
    });
  };
  // A program that only submits would pile up what is long complete.
  if (tickets_.size() % kPollEvery == 0 && !tickets_.poll()) return false;
  return has_room() || wait_until(has_room);
}

}  // namespace gridlock
