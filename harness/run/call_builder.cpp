#include "harness/run/call_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/data/element_value.h"
#include "core/grid/plan.h"
#include "core/rank/call_check.h"

namespace gridlock {
namespace {

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  // splitmix64's finaliser over both: neighbouring calls must not get neighbouring patterns.
  std::uint64_t z = hash * 0x9E3779B97F4A7C15U + value + 0x9E3779B97F4A7C15U;
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
  return z ^ (z >> 31U);
}

/// Of a peer that is named by its rank in the world or by its stage.
GroupRank peer_rank(const Peer& peer, const Operation& operation, const RankView& view,
                    const Scenario& scenario, const Members& members) {
  const auto value = static_cast<RankId>(view.evaluate(peer.value));
  if (peer.by == Peer::By::world_rank) return members.index_of(value);
  const Plan& plan = *scenario.grids[static_cast<std::size_t>(operation.group.grid)].plan;
  const RankId model_rank = plan.mapping().to_model(view.rank());
  if (model_rank == kNoRank) return -1;
  return members.index_of(plan.mapping().to_world(plan.topology().moved(model_rank, "pipe", value)));
}

}  // namespace

std::span<const Call> CallBuilder::build(RankContext& rank, const RankView& view, RankNames& names,
                                         const ScenarioProgram& program, const Step& step,
                                         const Label& label) {
  calls_.clear();
  if (extras_) {
    extras_->counts.clear();
    extras_->notes.clear();
  }
  const Scenario& scenario = program.scenario();
  const auto& action = std::get<SubmitAction>(step.action);
  if (const Call* plain = program.plain_call(step)) {
    const Operation& operation = action.operations.front();
    Call& call = calls_.emplace_back(*plain);
    call.group = names.group(operation.group, rank.groups());
    call.label = label;
    if (rank.has_data()) add_data(rank, names, scenario, operation, call);
    return calls_;
  }
  for (const Operation& operation : action.operations) {
    const std::int64_t times = view.admits(operation.guard) ? view.evaluate(operation.times) : 0;
    for (std::int64_t i = 0; i < times; ++i) add_call(rank, view, names, scenario, operation, label);
  }
  return calls_;
}

Call CallBuilder::describe(const RankContext& rank, const RankView& view, const RankNames& names,
                           const Scenario& scenario, const Operation& operation, const Label& label) {
  Call call;
  call.kind = operation.kind;
  call.dtype = operation.dtype;
  call.op = operation.op;
  call.group = names.group(operation.group, rank.groups());
  call.stream = static_cast<StreamId>(view.evaluate(operation.stream));
  call.count = view.evaluate(operation.count);
  call.scalar = view.evaluate(operation.scalar);
  call.label = label;
  if (operation.peer.by == Peer::By::none) return call;
  if (operation.peer.by == Peer::By::group_rank) {
    call.peer = static_cast<GroupRank>(view.evaluate(operation.peer.value));
    return call;
  }
  if (const Members* members = names.members(operation.group, rank)) {
    call.peer = peer_rank(operation.peer, operation, view, scenario, *members);
  }
  return call;
}

CallNotes CallBuilder::notes_of(const RankView& view, const Operation& operation) {
  return {static_cast<std::int32_t>(view.evaluate(operation.device)),
          static_cast<std::int32_t>(view.evaluate(operation.tag)),
          static_cast<GroupRank>(view.evaluate(operation.kept_by)), operation.content};
}

void CallBuilder::add_call(RankContext& rank, const RankView& view, RankNames& names,
                           const Scenario& scenario, const Operation& operation, const Label& label) {
  Call call = describe(rank, view, names, scenario, operation, label);
  if (!operation.counts.empty()) {
    std::vector<std::int64_t>& counts = extras().counts.emplace_back();
    for (const Number& count : operation.counts) counts.push_back(view.evaluate(count));
    call.counts = counts;
  }
  if (operation.has_notes) {
    call.notes = &extras().notes.emplace_back(notes_of(view, operation));
  }
  calls_.push_back(call);
  add_data(rank, names, scenario, operation, calls_.back());
}

void CallBuilder::add_data(RankContext& rank, RankNames& names, const Scenario& scenario,
                           const Operation& operation, Call& call) {
  const bool has_buffers =
      rank.has_data() || operation.input != BufferName::none || operation.output != BufferName::none;
  const InstanceId instance = has_buffers ? rank.groups().resolve(call.group, rank.id()) : InstanceId::none;
  if (instance != InstanceId::none) {
    const Members& members = rank.groups().instance(instance).spec.members;
    // What is wrong in itself goes to the world without data, which refuses it.
    if (const auto extents = check_call(call, members.index_of(rank.id()), members.size())) {
      add_buffers(rank, names, scenario, operation, instance, *extents, call);
    }
  }
}

void CallBuilder::add_buffers(RankContext& rank, RankNames& names, const Scenario& scenario,
                              const Operation& operation, InstanceId instance, const CallExtents& extents,
                              Call& call) {
  const PatternSpec pattern = next_pattern(rank, instance, call);
  if (operation.input != BufferName::none || operation.output != BufferName::none) {
    name_buffers(rank, names, operation, pattern, call);
  } else if (rank.has_data()) {
    Check check;
    check.pattern = pattern;
    check.counts.assign(call.counts.begin(), call.counts.end());
    check.label = call.label;
    check.group = group_text(scenario, operation.group);
    make_private_buffers(rank, operation.in_place, extents, std::move(check), call);
  }
}

PatternSpec CallBuilder::next_pattern(RankContext& rank, InstanceId instance, const Call& call) {
  const GroupInstance& group = rank.groups().instance(instance);
  const GroupRank own = group.spec.members.index_of(rank.id());
  GroupRank sender = -1;
  GroupRank receiver = -1;
  CallKind order = CallKind::barrier;
  if (operation(call.kind).is_p2p) {
    order = call.kind;
    sender = call.kind == CallKind::send ? own : call.peer;
    receiver = call.kind == CallKind::send ? call.peer : own;
  }
  std::uint64_t seed = mixed(rank.seed(), group.key.low);
  const bool has_tag = call.notes != nullptr && group.spec.backend == BackendKind::gloo;
  const std::int32_t tag = has_tag ? call.notes->tag : 0;
  seed = mixed(seed, static_cast<std::uint64_t>(next_in_order({instance, order, sender, receiver, tag, 0})));
  if (tag != 0) seed = mixed(seed, static_cast<std::uint64_t>(tag));
  seed = mixed(seed, static_cast<std::uint64_t>(sender));
  seed = mixed(seed, static_cast<std::uint64_t>(receiver));
  return {seed, call.kind, call.dtype, call.op,    call.scalar, group.spec.members.size(),
          own,  call.peer, call.count, call.counts};
}

void CallBuilder::name_buffers(RankContext& rank, RankNames& names, const Operation& operation,
                               const PatternSpec& pattern, Call& call) {
  call.input = names.buffer(operation.input);
  if (operation.output == BufferName::none || output_count(pattern) == 0) return;
  BufferHandle output = names.buffer(operation.output);
  const bool fits = output != BufferHandle::none && rank.buffer_dtype(output) == call.dtype &&
                    rank.buffer_count(output) >= output_count(pattern);
  if (!fits) {
    output = rank.allocate(output_count(pattern), call.dtype);
    names.set_buffer(operation.output, output);
  }
  call.output = output;
}

void CallBuilder::make_private_buffers(RankContext& rank, bool in_place, const CallExtents& extents,
                                       Check check, Call& call) {
  const InPlace form = operation(call.kind).in_place;
  const bool is_shared = in_place && extents.input > 0 && extents.output > 0;
  const std::int64_t input_at = is_shared && form == InPlace::input_share ? extents.share : 0;
  check.output_at = is_shared && form == InPlace::output_share ? extents.share : 0;
  if (extents.input > 0) {
    const std::int64_t count = is_shared ? std::max(extents.input, extents.output) : extents.input;
    const std::size_t size = dtype_size(call.dtype);
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * size);
    fill_pattern(check.pattern, std::span(bytes).subspan(static_cast<std::size_t>(input_at) * size,
                                                         static_cast<std::size_t>(extents.input) * size));
    check.input = rank.allocate(count, call.dtype);
    rank.upload(check.input, bytes);
  }
  if (is_shared) {
    check.output = check.input;
  } else if (extents.output > 0) {
    check.output = rank.allocate(extents.output, call.dtype);
  }
  call.input = check.input;
  call.output = check.output;
  extras().prepared.push_back(std::move(check));
}

CallBuilder::Extras& CallBuilder::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>();
  return *extras_;
}

std::int64_t CallBuilder::next_in_order(const Order& order) {
  std::vector<Order>& orders = rank_extras().orders;
  for (Order& known : orders) {
    if (known.group == order.group && known.kind == order.kind && known.sender == order.sender &&
        known.receiver == order.receiver && known.tag == order.tag) {
      return known.count++;
    }
  }
  orders.push_back(order);
  return orders.back().count++;
}

void CallBuilder::take_prepared(RankContext& rank, const Reply& reply) {
  for (Check& check : extras_->prepared) {
    check.ticket = reply.ticket;
    if (was_enqueued(reply)) {
      rank_extras().open.push_back(std::move(check));
    } else if (reply.status.code() != StatusCode::world_ended) {
      release(rank, check);
    }
  }
  extras_->prepared.clear();
}

void CallBuilder::check_open(RankContext& rank) {
  const auto finished = [&rank, this](Check& check) {
    if (!rank.is_complete(check.ticket)) return false;
    check.pattern.counts = check.counts;
    const std::int64_t count = output_count(check.pattern);
    if (count > 0) {
      const std::size_t size = dtype_size(check.pattern.dtype);
      std::vector<std::byte> bytes(static_cast<std::size_t>(rank.buffer_count(check.output)) * size);
      rank.download(check.output, bytes);
      const auto wrong = check_pattern(
          check.pattern, std::span(bytes).subspan(static_cast<std::size_t>(check.output_at) * size,
                                                  static_cast<std::size_t>(count) * size));
      if (wrong) {
        rank.complain(
            {Complaint::Kind::wrong_result, rank.id(), check.label,
             fmt::format("{} on {}: element {} of {} is {}, expected {}", call_kind_name(check.pattern.kind),
                         check.group, wrong->index, count, wrong->got, wrong->expected)});
      }
    }
    release(rank, check);
    return true;
  };
  std::erase_if(extras_->open, finished);
}

void CallBuilder::give_up(RankContext& rank) {
  if (of_rank_ != nullptr) return of_rank_->give_up(rank);
  if (!extras_) return;
  const auto is_complete = [&](const Check& check) {
    if (!rank.is_complete(check.ticket)) return false;
    release(rank, check);
    return true;
  };
  std::erase_if(extras_->open, is_complete);
}

void CallBuilder::release(RankContext& rank, const Check& check) {
  if (check.input != BufferHandle::none) rank.free(check.input);
  if (check.output != BufferHandle::none && check.output != check.input) rank.free(check.output);
}

void CallBuilder::fill(RankContext& rank, const RankView& view, RankNames& names, const FillAction& action) {
  const std::int64_t count = view.evaluate(action.count);
  if (const BufferHandle old = names.buffer(action.buffer); old != BufferHandle::none) rank.free(old);
  const BufferHandle buffer = rank.allocate(count, action.dtype);
  names.set_buffer(action.buffer, buffer);
  if (!rank.has_data() || count == 0) return;
  std::vector<std::byte> bytes(static_cast<std::size_t>(count) * dtype_size(action.dtype));
  switch (action.content) {
    case FillAction::Content::value:
      fill_constant(action.dtype, view.evaluate(action.value), bytes);
      break;
    case FillAction::Content::rank:
      fill_constant(action.dtype, static_cast<double>(rank.id()), bytes);
      break;
    case FillAction::Content::pattern: {
      const PatternSpec pattern{mixed(rank.seed(), static_cast<std::uint64_t>(action.buffer)),
                                CallKind::all_gather,
                                action.dtype,
                                ReduceOp::sum,
                                1.0,
                                rank.world_size(),
                                rank.id(),
                                -1,
                                count,
                                {}};
      fill_pattern(pattern, bytes);
      break;
    }
  }
  rank.upload(buffer, bytes);
}

}  // namespace gridlock
