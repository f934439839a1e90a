#include <algorithm>

#include "core/base/check.h"
#include "sim/engine.h"
#include "sim/group_use.h"

namespace gridlock::sim {
namespace {

bool are_in_world(const Members& members, RankId world_size) {
  bool are_inside = !members.empty();
  if (members.is_sorted()) {
    return are_inside && members[0] >= 0 && members[members.size() - 1] < world_size;
  }
  members.for_each([&](RankId rank) { are_inside = are_inside && rank >= 0 && rank < world_size; });
  return are_inside;
}

}  // namespace

bool Engine::new_group(RankId rank, const Request& request, Reply& reply) {
  GRIDLOCK_CHECK(request.spec != nullptr);
  const Members& members = request.spec->members;
  if (request.spec->members_only) return new_local_group(rank, request, reply);
  Record record = host_record(RecordKind::new_group, request);
  record.detail = recorder_.store().add_spec(*request.spec);
  record.sequence = static_cast<std::int32_t>(creation_.next_index(rank));
  record.rejected = !are_in_world(members, histories_->groups.world_size());
  record.count = name_number(rank);
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = StatusCode::invalid_argument;
    return true;
  }
  park(rank, Park::create, 0, {});
  created_ = std::max(created_, now_);
  creation_.new_group(rank, *request.spec, drift(rank));
  wake_created();
  return false;
}

std::int64_t Engine::drift(RankId rank) const {
  const auto made = made_alone_.find(rank);
  return made == made_alone_.end() ? 0 : made->second;
}

std::int64_t Engine::name_number(RankId rank) const {
  if (options_.semantics.group_names == GroupNames::members) return 0;
  return creation_.next_index(rank) + drift(rank) + 1;
}

bool Engine::create_grid(RankId rank, const Request& request, Reply& reply) {
  GRIDLOCK_CHECK(request.plan != nullptr);
  Record record = host_record(RecordKind::create_grid, request);
  record.detail = recorder_.store().add_plan(request.plan);
  record.sequence = static_cast<std::int32_t>(creation_.next_index(rank));
  record.count = name_number(rank);
  recorder_.write(rank, record);
  if (const auto grid = creation_.create_grid(rank, request.plan, request.name, drift(rank))) {
    reply.grid = *grid;
    return true;
  }
  park(rank, Park::create, 0, {});
  created_ = std::max(created_, now_);
  wake_created();
  return false;
}

// All ranks have come to a creation that is complete.
void Engine::wake_created() {
  for (const GroupCreation::Release& release : creation_.take_released()) {
    for (const RankId rank : release.ranks) {
      // A fault may have ended or stopped it meanwhile.
      if (state(rank).park != Park::create) continue;
      state(rank).reply.group = release.group;
      state(rank).reply.grid = release.grid;
      wake(rank, created_);
    }
  }
}

void Engine::wake_parts() {
  const std::vector<GroupParts::Release> released = parts_.take_released();
  Nanos latest = now_;
  for (const GroupParts::Release& release : released) latest = std::max(latest, state(release.rank).since);
  for (const GroupParts::Release& release : released) {
    if (state(release.rank).park != Park::create) continue;
    state(release.rank).reply.group = release.group;
    wake(release.rank, latest);
  }
}

bool Engine::new_local_group(RankId rank, const Request& request, Reply& reply) {
  const Members& members = request.spec->members;
  Record record = host_record(RecordKind::shrink, request);
  record.group = GroupHandle::world;
  record.detail = recorder_.store().add_spec(*request.spec);
  record.rejected = !are_in_world(members, histories_->groups.world_size());
  record.count = name_number(rank);
  if (record.rejected || members.contains(rank)) recorder_.write(rank, record);
  if (record.rejected) reply.status = StatusCode::invalid_argument;
  // torch answers NON_GROUP_MEMBER at once.
  if (record.rejected || !members.contains(rank)) return true;
  park(rank, Park::create, 0, {});
  if (record.count > 0) ++made_alone_[rank];
  parts_.shrink(rank, InstanceId::world, *request.spec, record.count);
  wake_parts();
  return false;
}

bool Engine::split(RankId rank, const Request& request, Reply& reply) {
  RankState& own = state(rank);
  const GroupUse* use = find_group_use(histories_->groups, rank, own, request.group);
  Record record = host_record(RecordKind::split, request);
  record.group = request.group;
  record.count = request.color;
  record.ticket = request.key;
  record.rejected = use == nullptr || is_destroyed(own, *use) || request.color < kNoColor;
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = use == nullptr ? StatusCode::not_a_member : StatusCode::invalid_argument;
    return true;
  }
  const InstanceId parent = use->instance;
  park(rank, Park::create, 0, {});
  parts_.split(rank, parent, request.color, request.key);
  wake_parts();
  return false;
}

bool Engine::shrink(RankId rank, const Request& request, Reply& reply) {
  GRIDLOCK_CHECK(request.spec != nullptr);
  RankState& own = state(rank);
  const GroupUse* use = find_group_use(histories_->groups, rank, own, request.group);
  Record record = host_record(RecordKind::shrink, request);
  record.group = request.group;
  record.detail = recorder_.store().add_spec(*request.spec);
  bool is_part = use != nullptr && request.spec->members.contains(rank);
  if (is_part) {
    const Members& all = histories_->groups.instance(use->instance).spec.members;
    request.spec->members.for_each([&](RankId member) { is_part = is_part && all.contains(member); });
  }
  record.rejected = !is_part;
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = use == nullptr ? StatusCode::not_a_member : StatusCode::invalid_argument;
    return true;
  }
  const InstanceId parent = use->instance;
  park(rank, Park::create, 0, {});
  parts_.shrink(rank, parent, *request.spec);
  wake_parts();
  return false;
}

bool Engine::destroy_group(HostId host, const Request& request, Reply& reply) {
  const RankId rank = hosts_.rank_of(host);
  RankState& own = state(rank);
  const GroupUse* use = find_group_use(histories_->groups, rank, own, request.group);
  Record record = host_record(RecordKind::destroy_group, request);
  record.group = request.group;
  record.rejected = use == nullptr || is_destroyed(own, *use) || request.group == GroupHandle::world;
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = use == nullptr ? StatusCode::not_a_member : StatusCode::invalid_argument;
    return true;
  }
  destroy(own, *use);
  if (!options_.semantics.destroy_blocks) return true;
  const InstanceId instance = use->instance;
  const bool waits = meetings_.come_to_end(host, instance, now_);
  if (waits) park(host, Park::destroy, static_cast<std::int64_t>(instance), {});
  wake_met();
  return !waits;
}

void Engine::abort(RankId rank, const Request& request, Reply& reply) {
  RankState& own = state(rank);
  const GroupUse* use = find_group_use(histories_->groups, rank, own, request.group);
  Record record = host_record(RecordKind::abort, request);
  record.group = request.group;
  record.rejected = use == nullptr || is_destroyed(own, *use);
  recorder_.write(rank, record);
  if (record.rejected) {
    reply.status = use == nullptr ? StatusCode::not_a_member : StatusCode::invalid_argument;
    return;
  }
  destroy(own, *use);
  std::vector<Ticket> aborted;
  device_.abort(rank, use->instance, now_, aborted);
  if (!aborted.empty()) note_choice(ChoiceKind::abort, rank);
  for (const Ticket ticket : aborted) own.failed.emplace_back(ticket, StatusCode::aborted);
  if (own.open_threads > 0) wake_aborted(rank);
}

}  // namespace gridlock::sim
