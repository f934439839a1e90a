#include "tests/core/history/history_builder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/diagnosis/silent_calls.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

using Step = RankScript::Step;
using Kind = Step::Kind;

bool is_p2p(const Record& record) { return record.call == CallKind::send || record.call == CallKind::recv; }

/// Calls that may complete together: written down here once more, on purpose without the analyser's
/// comparison.
bool fit(const Record& a, const Record& b) {
  if (a.call != b.call || a.count != b.count || a.dtype != b.dtype) return false;
  if (a.call == CallKind::all_gather_v && a.detail != b.detail) return false;
  return a.op == b.op && (is_p2p(a) || a.peer == b.peer);
}

}  // namespace

HistoryBuilder::HistoryBuilder(RankId world_size)
    : scripts_(static_cast<std::size_t>(world_size)), hosts_(static_cast<std::size_t>(world_size)) {}

HistoryBuilder& HistoryBuilder::completes_anything() {
  completes_anything_ = true;
  return *this;
}

HistoryBuilder& HistoryBuilder::with_plans() {
  has_plans_ = true;
  return *this;
}

HistoryBuilder& HistoryBuilder::forget(RankId rank) {
  forgotten_.insert(rank);
  return *this;
}

const Histories& HistoryBuilder::histories() {
  if (histories_ == nullptr) run();
  return *histories_;
}

RunEnd HistoryBuilder::end() {
  histories();
  const bool all_returned = std::all_of(hosts_.begin(), hosts_.end(),
                                        [](const Host& host) { return host.state == HostState::returned; });
  return all_returned ? RunEnd::returned : RunEnd::quiescent;
}

Verdict HistoryBuilder::verdict() { return judge(histories(), end(), {}); }

Diagnosis HistoryBuilder::only_diagnosis() {
  Verdict all = verdict();
  EXPECT_EQ(all.diagnoses.size(), 1U);
  return all.diagnoses.empty() ? Diagnosis{} : all.diagnoses.front();
}

void HistoryBuilder::run() {
  histories_ = std::make_unique<Histories>(world_size());
  for (Host& host : hosts_) host.groups["world"] = GroupHandle::world;
  bool moved = true;
  while (moved) {
    moved = false;
    for (RankId rank = 0; rank < world_size(); ++rank) {
      while (advance(rank)) moved = true;
    }
    moved = create_together() || moved;
    while (match()) moved = true;
  }
  finish();
}

Label HistoryBuilder::label_of(const Step& step) {
  if (step.text.empty()) return {};
  const SiteId site = histories_->sites.intern(
      {step.text, {step.m >= 0 ? "m" : "", step.step >= 0 ? "step" : ""}, step.place});
  return {site, {step.m, step.step, -1}};
}

void HistoryBuilder::append(RankId rank, const Step& step, Record record) {
  record.label = label_of(step);
  HistoryNode& node = histories_->ranks[static_cast<std::size_t>(rank)].node;
  node = histories_->store.append(node, record);
}

/// Does one step, or finishes the one that the rank is parked in. False when the rank cannot move.
bool HistoryBuilder::advance(RankId rank) {
  Host& host = hosts_[static_cast<std::size_t>(rank)];
  if (host.state == HostState::crashed || host.state == HostState::exited) return false;
  const RankScript& script = scripts_[static_cast<std::size_t>(rank)];
  if (host.next == script.steps.size()) {
    host.state = HostState::returned;
    return false;
  }
  const Step& step = script.steps[host.next];
  if (!host.is_parked && enter(rank, step)) host.is_parked = true;
  if (host.is_parked && !leave(rank, step)) return false;
  host.is_parked = false;
  host.state = HostState::running;
  ++host.next;
  return true;
}

/// Records the step. True when the rank then has to wait until leave() lets it go.
bool HistoryBuilder::enter(RankId rank, const Step& step) {
  Host& host = hosts_[static_cast<std::size_t>(rank)];
  HistoryStore& store = histories_->store;
  const auto named = [&](RecordKind kind) {
    append(rank, step, {.kind = kind, .detail = store.add_name(step.name)});
  };
  switch (step.kind) {
    case Kind::calls:
      submit(rank, step);
      return false;
    case Kind::wait:
      if (histories_->store.record(histories_->ranks[static_cast<std::size_t>(rank)].node).rejected)
        return false;
      append(rank, step, {.kind = RecordKind::wait, .ticket = host.ticket_count - 1});
      host.state = HostState::waiting;
      return true;
    case Kind::synchronize:
      append(rank, step, {.kind = RecordKind::synchronize, .stream = static_cast<StreamId>(step.stream)});
      host.state = HostState::waiting;
      return true;
    case Kind::event: {
      const std::int64_t event = host.event_count++;
      append(rank, step,
             {.kind = RecordKind::event_record,
              .stream = static_cast<StreamId>(step.other_stream),
              .ticket = event});
      append(
          rank, step,
          {.kind = RecordKind::stream_wait, .stream = static_cast<StreamId>(step.stream), .ticket = event});
      for (const Work& work : host.open) {
        if (work.calls.front().stream == static_cast<StreamId>(step.other_stream)) {
          host.behind_event[step.stream].push_back(work.ticket);
        }
      }
      return false;
    }
    case Kind::new_group:
      append(rank, step,
             {.kind = RecordKind::new_group,
              .sequence = static_cast<std::int32_t>(host.creation_count),
              .detail = store.add_spec({.members = Members::list(step.ranks), .name = step.name})});
      host.state = HostState::creating;
      return true;
    case Kind::create_grid:
      append(rank, step,
             {.kind = RecordKind::create_grid,
              .sequence = static_cast<std::int32_t>(host.creation_count),
              .detail = store.add_plan(step.plan)});
      host.state = HostState::creating;
      return true;
    case Kind::post:
      named(RecordKind::post);
      posted_.insert(step.name);
      return false;
    case Kind::await:
      named(RecordKind::await);
      host.state = HostState::awaiting;
      return true;
    case Kind::crash:
      host.state = HostState::crashed;
      return true;
    case Kind::exit:
      host.state = HostState::exited;
      return true;
    case Kind::busy:
      return true;
  }
  return false;
}

bool HistoryBuilder::leave(RankId rank, const Step& step) {
  const Host& host = hosts_[static_cast<std::size_t>(rank)];
  switch (step.kind) {
    case Kind::wait:
      return std::none_of(host.open.begin(), host.open.end(),
                          [&](const Work& work) { return work.ticket == host.ticket_count - 1; });
    case Kind::synchronize:
      return std::none_of(host.open.begin(), host.open.end(), [&](const Work& work) {
        return std::any_of(work.calls.begin(), work.calls.end(), [&](const Record& call) {
          return call.stream == static_cast<StreamId>(step.stream);
        });
      });
    case Kind::await:
      return posted_.count(step.name) > 0;
    default:
      return false;  // creations are left by create_together; the others never
  }
}

void HistoryBuilder::number(RankId rank, const std::string& group, Record& record) {
  Host& host = hosts_[static_cast<std::size_t>(rank)];
  const auto known = host.groups.find(group);
  record.group = known == host.groups.end() ? GroupHandle::none : known->second;
  const InstanceId id =
      known == host.groups.end() ? InstanceId::none : histories_->groups.resolve(record.group, rank);
  record.rejected = id == InstanceId::none ||
                    (record.peer >= 0 && record.peer >= histories_->groups.instance(id).spec.members.size());
  if (record.rejected) return;
  std::vector<std::int64_t> key{static_cast<std::int64_t>(id)};
  if (is_p2p(record)) key.insert(key.end(), {static_cast<std::int64_t>(record.call), record.peer});
  record.sequence = host.sequences[key]++;
}

void HistoryBuilder::submit(RankId rank, const Step& step) {
  Host& host = hosts_[static_cast<std::size_t>(rank)];
  Work work{host.ticket_count, {}, {}};
  for (std::size_t i = 0; i < step.calls.size(); ++i) {
    Record record = step.calls[i];
    number(rank, step.groups[i], record);
    if (!step.counts[i].empty()) record.detail = histories_->store.add_counts(step.counts[i]);
    record.ticket = record.rejected ? -1 : work.ticket;
    append(rank, step, record);
    if (!record.rejected) work.calls.push_back(record);
  }
  if (work.calls.empty()) return;
  ++host.ticket_count;
  work.done.assign(work.calls.size(), false);
  host.open.push_back(std::move(work));
}

/// Creations complete when every rank of the world is in the same one.
bool HistoryBuilder::create_together() {
  std::vector<const Step*> steps;
  for (RankId rank = 0; rank < world_size(); ++rank) {
    const Host& host = hosts_[static_cast<std::size_t>(rank)];
    if (host.state != HostState::creating) return false;
    steps.push_back(&scripts_[static_cast<std::size_t>(rank)].steps[host.next]);
  }
  for (const Step* step : steps) {
    if (step->kind != steps[0]->kind) return false;
    if (step->kind == Kind::new_group && Members::list(step->ranks) != Members::list(steps[0]->ranks))
      return false;
    if (step->kind == Kind::create_grid && step->plan->fingerprint() != steps[0]->plan->fingerprint())
      return false;
  }
  for (RankId rank = 0; rank < world_size(); ++rank)
    finish_creation(rank, *steps[static_cast<std::size_t>(rank)]);
  return true;
}

void HistoryBuilder::finish_creation(RankId rank, const Step& step) {
  Host& host = hosts_[static_cast<std::size_t>(rank)];
  GroupTable& groups = histories_->groups;
  if (step.kind == Kind::new_group) {
    host.registry.new_group();
    host.groups[step.name] =
        groups.add(host.creation_count, {.members = Members::list(step.ranks), .name = step.name});
  } else {
    const GridHandle grid = groups.add_grid(step.plan, host.registry.resolve(*step.plan), step.name);
    for (const PlanFamily& family : step.plan->families()) {
      host.groups[step.name + "." + family.name] = groups.family(grid, family.name);
    }
  }
  host.creation_count = host.registry.creation_count();
  host.is_parked = false;
  host.state = HostState::running;
  ++host.next;
}

/// First on every stream that it uses, and behind no event that waits for open work.
bool HistoryBuilder::is_started(RankId rank, const Work& work) const {
  const Host& host = hosts_[static_cast<std::size_t>(rank)];
  if (scripts_[static_cast<std::size_t>(rank)].is_suspended) return false;
  if (host.state == HostState::crashed || host.state == HostState::exited) return false;
  for (const Record& call : work.calls) {
    for (const Work& earlier : host.open) {
      if (earlier.ticket >= work.ticket) break;
      const bool same_stream = std::any_of(earlier.calls.begin(), earlier.calls.end(),
                                           [&](const Record& other) { return other.stream == call.stream; });
      const auto events = host.behind_event.find(static_cast<int>(call.stream));
      const bool behind = events != host.behind_event.end() &&
                          std::count(events->second.begin(), events->second.end(), earlier.ticket) > 0;
      if (same_stream || behind) return false;
    }
  }
  return true;
}

std::pair<HistoryBuilder::Work*, std::size_t> HistoryBuilder::find_started(RankId rank, const Record& like,
                                                                           CallKind kind, GroupRank peer,
                                                                           InstanceId instance) {
  Host& host = hosts_[static_cast<std::size_t>(rank)];
  for (Work& work : host.open) {
    if (!is_started(rank, work)) continue;
    for (std::size_t i = 0; i < work.calls.size(); ++i) {
      const Record& call = work.calls[i];
      if (work.done[i] || call.sequence != like.sequence || is_p2p(call) != is_p2p(like)) continue;
      if (histories_->groups.resolve(call.group, rank) != instance) continue;
      if (is_p2p(call) && (call.call != kind || call.peer != peer)) continue;
      return {&work, i};
    }
  }
  return {nullptr, 0};
}

bool HistoryBuilder::complete_collective(const Record& call, InstanceId instance) {
  std::vector<std::pair<Work*, std::size_t>> parts;
  const std::vector<RankId> members = histories_->groups.instance(instance).spec.members.to_vector();
  for (const RankId member : members) {
    parts.push_back(find_started(member, call, call.call, -1, instance));
    if (parts.back().first == nullptr) return false;
    if (!completes_anything_ && !fit(parts.back().first->calls[parts.back().second], call)) return false;
  }
  if (call.call == CallKind::all_to_all_v && !completes_anything_) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      for (std::size_t j = 0; j < parts.size(); ++j) {
        const auto& sent = histories_->store.counts(parts[i].first->calls[parts[i].second].detail);
        const auto& expected = histories_->store.counts(parts[j].first->calls[parts[j].second].detail);
        if (sent[j] != expected[parts.size() + i]) return false;
      }
    }
  }
  for (const auto& [work, index] : parts) work->done[index] = true;
  return true;
}

bool HistoryBuilder::complete_transfer(RankId rank, const Record& call) {
  const InstanceId instance = histories_->groups.resolve(call.group, rank);
  const Members& members = histories_->groups.instance(instance).spec.members;
  const CallKind other = call.call == CallKind::send ? CallKind::recv : CallKind::send;
  const auto mine = find_started(rank, call, call.call, call.peer, instance);
  if (completes_anything_) {
    const bool is_send = call.call == CallKind::send;
    const GroupRank self = members.index_of(rank);
    int& sent = sent_[{static_cast<int>(instance), is_send ? self : call.peer, is_send ? call.peer : self}];
    if (!is_send && call.sequence >= sent) return false;
    if (is_send) ++sent;
    mine.first->done[mine.second] = true;
    return true;
  }
  const auto theirs = find_started(members[call.peer], call, other, members.index_of(rank), instance);
  if (theirs.first == nullptr) return false;
  const Record& their_call = theirs.first->calls[theirs.second];
  if (their_call.count != call.count || their_call.dtype != call.dtype) return false;
  mine.first->done[mine.second] = true;
  theirs.first->done[theirs.second] = true;
  return true;
}

bool HistoryBuilder::match() {
  bool moved = false;
  for (RankId rank = 0; rank < world_size(); ++rank) {
    Host& host = hosts_[static_cast<std::size_t>(rank)];
    for (Work& work : host.open) {
      for (std::size_t i = 0; i < work.calls.size(); ++i) {
        if (work.done[i] || !is_started(rank, work)) continue;
        const Record call = work.calls[i];
        moved = (is_p2p(call) ? complete_transfer(rank, call)
                              : complete_collective(call, histories_->groups.resolve(call.group, rank))) ||
                moved;
      }
    }
  }
  for (Host& host : hosts_) {
    const auto is_done = [](const Work& work) {
      return std::count(work.done.begin(), work.done.end(), false) == 0;
    };
    host.open.erase(std::remove_if(host.open.begin(), host.open.end(), is_done), host.open.end());
  }
  return moved;
}

void HistoryBuilder::finish() {
  for (RankId rank = 0; rank < world_size(); ++rank) {
    Host& host = hosts_[static_cast<std::size_t>(rank)];
    RankEnd& end = histories_->ranks[static_cast<std::size_t>(rank)];
    if (forgotten_.count(rank) > 0) {
      end = RankEnd{};
      continue;
    }
    end.state = host.state;
    end.is_suspended = scripts_[static_cast<std::size_t>(rank)].is_suspended;
    std::map<StreamId, std::int64_t> first_open;
    for (const Work& work : host.open) {
      for (const Record& call : work.calls) first_open.try_emplace(call.stream, work.ticket);
    }
    for (const auto& [stream, ticket] : first_open) end.open.push_back({stream, static_cast<Ticket>(ticket)});
    if (has_plans_) add_plan(rank);
  }
  if (completes_anything_) note_silent_calls(*histories_);
}

void HistoryBuilder::add_plan(RankId rank) {
  const Host& host = hosts_[static_cast<std::size_t>(rank)];
  const std::vector<Step>& steps = scripts_[static_cast<std::size_t>(rank)].steps;
  const bool is_stuck =
      host.is_parked && (host.state == HostState::waiting || host.state == HostState::awaiting ||
                         host.state == HostState::creating);
  if (!is_stuck) return;
  for (std::size_t i = host.next + 1; i < steps.size(); ++i) {
    for (std::size_t j = 0; j < steps[i].calls.size(); ++j) {
      Record record = steps[i].calls[j];
      number(rank, steps[i].groups[j], record);
      if (record.rejected) continue;
      record.kind = RecordKind::planned;
      append(rank, steps[i], record);
    }
  }
}

}  // namespace gridlock
