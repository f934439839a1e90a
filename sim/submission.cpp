#include "sim/submission.h"

#include <algorithm>
#include <utility>

#include "core/rank/call_check.h"
#include "core/rank/library_order.h"
#include "sim/batch_waves.h"
#include "sim/call_check.h"
#include "sim/group_use.h"

namespace gridlock::sim {
namespace {

std::size_t index(RankId rank) { return static_cast<std::size_t>(rank); }

}  // namespace

Submission::Submission(const Semantics& semantics, const GroupTable& groups, std::vector<RankState>& ranks,
                       Device& device, HostMeetings& meetings, BufferRaces& races, Recorder& recorder,
                       RankId ranks_per_node, bool needs_buffers)
    : groups_(groups),
      ranks_(ranks),
      device_(device),
      recorder_(recorder),
      meetings_(meetings),
      races_(races),
      gpus_(ranks_per_node),
      needs_buffers_(needs_buffers),
      reorders_(semantics.batch_reorders),
      blocks_host_(semantics.blocks_host),
      wave_max_(semantics.batch_p2p_max) {}

inline StatusCode Submission::place(RankId rank, const Call& call) {
  RankState& state = ranks_[index(rank)];
  const GroupUse* use = find_group_use(groups_, rank, state, call.group);
  if (use == nullptr) return StatusCode::not_a_member;
  if (is_destroyed(state, *use)) return StatusCode::invalid_argument;
  placed_.push_back({&call, static_cast<std::size_t>(use - state.groups.data())});
  has_messages_ = has_messages_ || operation(call.kind).is_p2p;
  const GroupSpec& spec = groups_.instance(use->instance).spec;
  if (call.notes != nullptr && !reaches_data(call, spec.backend)) return StatusCode::invalid_argument;
  const CallPlace place{use->group_rank, spec.members.size()};
  const StatusCode code = check_call(call, place, state.buffers, needs_buffers_);
  if (code != StatusCode::ok || call.notes == nullptr) return code;
  return gpus_.take(rank, call, use->instance, spec) ? code : StatusCode::invalid_argument;
}

const Call* Submission::first_unpaired(RankId rank) const {
  const RankState& state = ranks_[index(rank)];
  const auto instance_of_self = [&](const Placed& placed) {
    if (!operation(placed.call->kind).is_p2p) return InstanceId::none;
    const GroupUse& use = state.groups[placed.use];
    return use.group_rank == placed.call->peer ? use.instance : InstanceId::none;
  };
  for (const Placed& placed : placed_) {
    const InstanceId instance = instance_of_self(placed);
    if (instance == InstanceId::none) continue;
    std::ptrdiff_t balance = 0;
    for (const Placed& other : placed_) {
      if (instance_of_self(other) == instance) balance += other.call->kind == CallKind::send ? 1 : -1;
    }
    if (balance != 0) return placed.call;
  }
  return nullptr;
}

Matcher::End Submission::end_of(const Call& call, const GroupUse& use, bool alone) const {
  const bool has_tag =
      call.notes != nullptr && groups_.instance(use.instance).spec.backend == BackendKind::gloo;
  return {use.instance, call.kind, use.group_rank, call.peer, alone, has_tag ? call.notes->tag : 0};
}

inline Record Submission::describe(const Call& call) const {
  Record record = call_record(call);
  if (operation(call.kind).count == CountMeaning::per_rank)
    record.detail = recorder_.store().add_counts(call.counts);
  if (call.notes != nullptr) record.notes = recorder_.store().add_notes(*call.notes);
  return record;
}

void Submission::reject(RankId rank, const Call& call) {
  RankState& state = ranks_[index(rank)];
  Record record = describe(call);
  if (const GroupUse* use = find_group_use(groups_, rank, state, call.group)) {
    const bool is_p2p = operation(call.kind).is_p2p;
    record.sequence =
        is_p2p ? device_.matcher().peek_in_pair(end_of(call, *use, false)) : next_sequence(state, *use);
  }
  record.rejected = true;
  recorder_.write(rank, record);
}

inline void Submission::open(RankId rank, const Placed& placed, bool is_batch, Record& record,
                             OpenCall& open) {
  RankState& state = ranks_[index(rank)];
  const Call& call = *placed.call;
  const GroupUse& use = state.groups[placed.use];
  open.kind = record.call;
  open.dtype = record.dtype;
  open.op = record.op;
  open.rank = rank;
  open.group_rank = use.group_rank;
  open.peer = record.peer;
  open.instance = use.instance;
  open.stream = call.stream;
  open.counts = record.detail;
  open.input = call.input;
  open.output = call.output;
  open.count = record.count;
  open.scalar = record.scalar;
  if (operation(call.kind).is_p2p) {
    const Matcher::PairPlace place = device_.matcher().next_in_pair(end_of(call, use, !is_batch));
    open.pair = place.pair;
    open.sequence = place.sequence;
    record.sequence = place.number;
  } else {
    record.sequence = next_sequence(state, use)++;
    open.sequence = record.sequence;
  }
  open.number = record.sequence;
}

void Submission::find_waves(RankId rank) {
  waves_.assign(placed_.size(), 0);
  std::vector<BatchMessage> messages;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < placed_.size(); ++i) {
    const Call& call = *placed_[i].call;
    if (!operation(call.kind).is_p2p) continue;
    const GroupUse& use = ranks_[index(rank)].groups[placed_[i].use];
    messages.push_back({call.kind, use.instance, use.group_rank, call.peer,
                        groups_.instance(use.instance).spec.members.size()});
    places.push_back(i);
  }
  const std::vector<std::uint16_t> waves = batch_waves(messages, wave_max_);
  for (std::size_t i = 0; i < places.size(); ++i) waves_[places[i]] = waves[i];
}

Submission::Result Submission::submit(RankId rank, HostId host, std::span<const Call> calls, bool is_batch,
                                      Nanos now, std::ptrdiff_t corrupted) {
  placed_.clear();
  has_messages_ = false;
  for (const Call& call : calls) {
    if (const StatusCode code = place(rank, call); code != StatusCode::ok) {
      reject(rank, call);
      return {code};
    }
  }
  if (const Call* unpaired = has_messages_ ? first_unpaired(rank) : nullptr) {
    reject(rank, *unpaired);
    return {StatusCode::invalid_argument};
  }
  Result result;
  result.ticket = static_cast<Ticket>(ranks_[index(rank)].next_ticket++);
  if (calls.empty()) return result;
  is_batch = is_batch || calls.size() > 1;
  if (reorders_ && calls.size() > 1) {
    put_in_library_order(std::span(placed_),
                         [](const Placed& placed) -> const Call& { return *placed.call; });
  }
  const bool has_waves = wave_max_ > 0 && static_cast<std::int64_t>(calls.size()) > wave_max_;
  if (has_waves) find_waves(rank);
  const Slot work = device_.new_work(rank, result.ticket);
  Slot last = kNoSlot;
  for (std::size_t i = 0; i < placed_.size(); ++i) {
    Record record = describe(*placed_[i].call);
    record.ticket = static_cast<std::int64_t>(result.ticket);
    record.batched = is_batch;
    last = device_.add_call(work, last);
    OpenCall& open_call = device_.call(last);
    open(rank, placed_[i], is_batch, record, open_call);
    open_call.corrupt = static_cast<std::ptrdiff_t>(i) == corrupted;
    if (has_waves) {
      open_call.wave = waves_[i];
      device_.work(work).wave_last = std::max(device_.work(work).wave_last, open_call.wave);
    }
    Buffers& buffers = ranks_[index(rank)].buffers;
    buffers.begin_use(open_call.input);
    buffers.begin_use(open_call.output);
    recorder_.write(rank, record);
    if (meetings_.is_on()) meetings_.add(open_call, !is_batch);
    result.blocks_host = result.blocks_host || blocks_host_ ||
                         groups_.instance(open_call.instance).spec.backend == BackendKind::gloo;
  }
  races_.submitted(work);
  if (meetings_.is_on() && meetings_.come(host, now)) {
    result.held = work;
  } else {
    device_.submit(work, now);
  }
  return result;
}

}  // namespace gridlock::sim
