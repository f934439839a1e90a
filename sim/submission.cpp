#include "sim/submission.h"

#include <algorithm>

#include "sim/call_check.h"
#include "sim/group_use.h"

namespace gridlock::sim {
namespace {

std::size_t index(RankId rank) { return static_cast<std::size_t>(rank); }

}  // namespace

Submission::Submission(const GroupTable& groups, std::vector<RankState>& ranks, Device& device,
                       Recorder& recorder, bool needs_buffers)
    : groups_(groups), ranks_(ranks), device_(device), recorder_(recorder), needs_buffers_(needs_buffers) {}

StatusCode Submission::check(RankId rank, const Call& call) {
  RankState& state = ranks_[index(rank)];
  const GroupUse* use = find_group_use(groups_, rank, state, call.group);
  if (use == nullptr) return StatusCode::not_a_member;
  if (is_destroyed(state, *use)) return StatusCode::invalid_argument;
  const CallPlace place{use->group_rank, groups_.instance(use->instance).spec.members.size()};
  return check_call(call, place, state.buffers, needs_buffers_);
}

std::size_t Submission::first_unpaired(RankId rank, std::span<const Call> calls) {
  RankState& state = ranks_[index(rank)];
  const auto instance_of_self = [&](const Call& call) {
    if (!operation(call.kind).is_p2p) return InstanceId::none;
    const GroupUse* use = find_group_use(groups_, rank, state, call.group);
    return use->group_rank == call.peer ? use->instance : InstanceId::none;
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const InstanceId instance = instance_of_self(calls[i]);
    if (instance == InstanceId::none) continue;
    std::ptrdiff_t balance = 0;
    for (const Call& other : calls) {
      if (instance_of_self(other) == instance) balance += other.kind == CallKind::send ? 1 : -1;
    }
    if (balance != 0) return i;
  }
  return calls.size();
}

Record Submission::describe(RankId rank, const Call& call) const {
  const OperationInfo& info = operation(call.kind);
  Record record = call_record(call);
  if (info.count == CountMeaning::per_rank) {
    record.detail = recorder_.store().add_counts(call.counts);
  }
  RankState& state = ranks_[index(rank)];
  if (const GroupUse* use = find_group_use(groups_, rank, state, call.group)) {
    record.sequence =
        info.is_p2p ? device_.matcher().peek_in_pair(use->instance, call.kind, use->group_rank, call.peer)
                    : next_sequence(state, *use);
  }
  return record;
}

void Submission::reject(RankId rank, const Call& call) {
  Record record = describe(rank, call);
  record.rejected = true;
  recorder_.write(rank, record);
}

OpenCall Submission::open(RankId rank, const Call& call, Record& record) {
  RankState& state = ranks_[index(rank)];
  const GroupUse& use = *find_group_use(groups_, rank, state, call.group);
  OpenCall open;
  open.kind = record.call;
  open.dtype = record.dtype;
  open.op = record.op;
  open.rank = rank;
  open.group_rank = use.group_rank;
  open.peer = record.peer;
  open.instance = use.instance;
  open.counts = record.detail;
  open.input = call.input;
  open.output = call.output;
  open.count = record.count;
  open.scalar = record.scalar;
  if (operation(call.kind).is_p2p) {
    const auto [pair, sequence] =
        device_.matcher().next_in_pair(use.instance, call.kind, use.group_rank, call.peer);
    open.pair = pair;
    record.sequence = sequence;
  } else {
    record.sequence = next_sequence(state, use)++;
  }
  open.sequence = record.sequence;
  return open;
}

Submission::Result Submission::submit(RankId rank, std::span<const Call> calls, Nanos now) {
  for (const Call& call : calls) {
    if (const StatusCode code = check(rank, call); code != StatusCode::ok) {
      reject(rank, call);
      return {code, Ticket::none, false};
    }
  }
  if (const std::size_t unpaired = first_unpaired(rank, calls); unpaired < calls.size()) {
    reject(rank, calls[unpaired]);
    return {StatusCode::invalid_argument, Ticket::none, false};
  }
  Result result;
  result.ticket = static_cast<Ticket>(ranks_[index(rank)].next_ticket++);
  if (calls.empty()) return result;
  const Slot work = device_.new_work(rank, result.ticket);
  Slot last = kNoSlot;
  streams_.clear();
  for (const Call& call : calls) {
    Record record = describe(rank, call);
    record.ticket = static_cast<std::int64_t>(result.ticket);
    const OpenCall open_call = open(rank, call, record);
    recorder_.write(rank, record);
    last = device_.add_call(work, last, open_call);
    if (std::find(streams_.begin(), streams_.end(), call.stream) == streams_.end())
      streams_.push_back(call.stream);
    result.blocks_host =
        result.blocks_host || groups_.instance(open_call.instance).spec.backend == BackendKind::gloo;
  }
  device_.submit(work, streams_, now);
  return result;
}

}  // namespace gridlock::sim
