// What a run leaves behind: how far every rank came, and the verdict on it.
#include <algorithm>

#include "core/base/check.h"
#include "core/diagnosis/judge.h"
#include "core/history/intention.h"
#include "sim/engine.h"

namespace gridlock::sim {
namespace {

/// `end`: of an ended program.
HostState host_state(const ThreadState& state, HostState end) {
  switch (state.park) {
    case Park::submit:
    case Park::gloo_submit:
      return HostState::submitting;
    case Park::wait:
    case Park::synchronize:
      return HostState::waiting;
    case Park::await:
      return HostState::awaiting;
    case Park::create:
      return HostState::creating;
    case Park::ended:
      return end;
    case Park::connect:
      return HostState::connecting;
    case Park::destroy:
      return HostState::destroying;
    case Park::join:
      return HostState::joining;
    case Park::none:
    case Park::compute:
    case Park::turn:
    case Park::hang:
      return HostState::running;
  }
  GRIDLOCK_CHECK(!"every parking is handled above");
}

}  // namespace

void Engine::sort_complaints() {
  std::stable_sort(complaints_.begin(), complaints_.end(),
                   [](const Complaint& a, const Complaint& b) { return a.rank < b.rank; });
}

void Engine::judge_now(RunEnd end) {
  fill_histories();
  if (end == RunEnd::quiescent || end == RunEnd::deadline) note_intentions();
  sort_complaints();
  verdict_ = judge(*histories_, end, complaints_);
}

void Engine::fill_threads(RankId rank, const std::vector<std::int32_t>& connection_of) {
  std::vector<ThreadEnd>& threads = histories_->ranks[static_cast<std::size_t>(rank)].threads;
  threads.clear();
  for_each_host(rank, [&](HostId host) {
    if (hosts_.is_main(host)) return;
    const SideThread& own = side_thread(host);
    ThreadEnd& end = threads.emplace_back();
    end.name = own.name;
    end.state = host_state(own, HostState::returned);
    end.since = own.since;
    end.connection = connection_of[static_cast<std::size_t>(host)];
    if (own.park == Park::compute) end.busy_until = Nanos(own.park_subject);
    if (own.park == Park::compute) end.label = work_labels_[static_cast<std::size_t>(host)];
    if (own.park == Park::hang) end.busy_until = kNever;
  });
  std::sort(threads.begin(), threads.end(), [this](const ThreadEnd& a, const ThreadEnd& b) {
    return histories_->store.name(a.name) < histories_->store.name(b.name);
  });
}

void Engine::fill_histories() {
  std::vector<std::int32_t> connection_of(static_cast<std::size_t>(hosts_.count()), -1);
  meetings_.fill(*histories_, connection_of);
  for (RankId rank = 0; rank < program_.world_size; ++rank) {
    const RankState& own = state(rank);
    RankEnd& end = histories_->ranks[static_cast<std::size_t>(rank)];
    end.node = own.node;
    end.state = host_state(own, own.end);
    end.since = own.since;
    end.open = device_.streams().open_work(rank);
    end.results = own.results;
    end.connection = connection_of[static_cast<std::size_t>(rank)];
    fill_threads(rank, connection_of);
    end.busy_until = Nanos{0};
    if (own.park == Park::compute) end.busy_until = Nanos(own.park_subject);
    if (own.park == Park::compute) end.label = work_labels_[static_cast<std::size_t>(rank)];
    if (own.park == Park::hang) end.busy_until = kNever;
  }
  histories_->time = latest();
  parts_.fill(*histories_);
  histories_->unreceived = device_.matcher().unreceived();
  const auto silent = device_.silent_mismatches();
  histories_->silent_mismatches.assign(silent.begin(), silent.end());
  histories_->buffer_races = races_.found();
}

void Engine::note_intentions() {
  const std::size_t max = intended_calls_max(program_.world_size);
  for (RankId rank = 0; rank < program_.world_size; ++rank) {
    RankState& own = state(rank);
    if (own.machine == nullptr || own.park == Park::ended || own.park == Park::hang) continue;
    std::vector<ThreadIntention> intentions;
    for_each_host(rank, [&](HostId host) {
      if (thread(host).park == Park::hang) return;
      const std::int32_t name = hosts_.is_main(host) ? -1 : side_thread(host).name;
      SimRank& context = contexts_[static_cast<std::size_t>(host)];
      intentions.push_back({name, machine_of(host).intended_calls(context, max)});
    });
    // The main thread comes after the others.
    std::rotate(intentions.begin(), intentions.begin() + 1, intentions.end());
    std::sort(intentions.begin(), intentions.end() - 1, [this](const auto& a, const auto& b) {
      return recorder_.store().name(a.thread) < recorder_.store().name(b.thread);
    });
    note_intended(*histories_, rank, intentions);
  }
}

}  // namespace gridlock::sim
