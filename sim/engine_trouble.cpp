#include <algorithm>
#include <utility>

#include "sim/engine.h"

namespace gridlock::sim {

bool Engine::apply_faults(HostId host, const Request& request) {
  const RankId rank = hosts_.rank_of(host);
  hits_.clear();
  faults_.take_hits(rank, request, histories_->sites, hits_);
  for (const Fault* fault : hits_) {
    // Which call is the rank's n-th depends on how its threads take turns.
    if (fault->at.by == FaultTrigger::By::call && state(rank).open_threads > 0)
      note_choice(ChoiceKind::threads, rank);
    if (fault->kind == FaultKind::corrupt) {
      note(rank, RecordKind::fault, Ticket::none, fault_name(fault->kind));
      corrupted_call_ = static_cast<std::ptrdiff_t>(faults_.call_index(*fault, rank, request));
    } else if (!apply(*fault, host)) {
      return false;
    }
  }
  return true;
}

bool Engine::apply(const Fault& fault, HostId host) {
  const RankId rank = hosts_.rank_of(host);
  note(rank, RecordKind::fault, Ticket::none, fault_name(fault.kind));
  switch (fault.kind) {
    case FaultKind::crash:
      end_rank(rank, HostState::crashed);
      return false;
    case FaultKind::exit:
      end_rank(rank, HostState::exited);
      return false;
    case FaultKind::exception:
      end_rank(rank, HostState::crashed, "an exception that nobody caught (fault)");
      return false;
    case FaultKind::hang:
      park(host, Park::hang, 0, {});
      return false;
    case FaultKind::slow:
      faults_.slow_down(rank, fault.factor);
      return true;
    case FaultKind::delay:
      for (const RankId peer : fault.peers.to_vector()) device_.delay(rank, peer, fault.duration);
      return true;
    case FaultKind::corrupt:
      return true;
  }
  return true;
}

void Engine::fire_fault(std::size_t number) {
  const Fault& fault = options_.faults[number];
  for (const RankId rank : fault.ranks.to_vector()) {
    note_choice(ChoiceKind::fault, rank);
    if (state(rank).park == Park::ended) continue;
    digest_.add(now_, rank, static_cast<std::uint64_t>(fault.kind));
    if (fault.kind == FaultKind::hang) {
      for_each_host(rank, [&](HostId host) {
        if (!hosts_.is_main(host)) park(host, Park::hang, 0, {});
      });
    }
    if (!apply(fault, rank) && fibers_ == nullptr && state(rank).park == Park::ended)
      state(rank).machine.reset();
  }
}

void Engine::note(RankId rank, RecordKind kind, Ticket ticket, std::string_view name) {
  Record record;
  record.kind = kind;
  record.ticket = static_cast<std::int64_t>(ticket);
  record.detail = name.empty() ? -1 : recorder_.store().add_name(name);
  recorder_.write(rank, record);
}

void Engine::lose(RankId rank) {
  if (!device_.is_idle()) note_choice(ChoiceKind::fault, rank);
  device_.kill(rank, now_);
  has_lost_ = true;
  for (RankId other = 0; other < program_.world_size; ++other) {
    for_each_host(other, [&](HostId host) {
      const ThreadState& own = thread(host);
      const bool waits_for_ticket = own.park == Park::wait || own.park == Park::gloo_submit;
      const auto ticket = static_cast<Ticket>(own.park_subject);
      if (waits_for_ticket && must_fail(other, ticket)) let_down(other, ticket, StatusCode::peer_lost);
    });
  }
}

bool Engine::sees_death(RankId rank, Slot work) const {
  const GroupTable& groups = histories_->groups;
  const RankId per_node = options_.ranks_per_node;
  for (Slot slot = device_.work(work).first_call; slot != kNoSlot; slot = device_.call(slot).next_of_work) {
    const GroupSpec& spec = groups.instance(device_.call(slot).instance).spec;
    const bool always =
        spec.backend == BackendKind::gloo || options_.semantics.death_seen == DeathSeen::always;
    if (!always && options_.semantics.death_seen == DeathSeen::never) continue;
    bool sees = false;
    spec.members.for_each([&](RankId member) {
      const RankState& other = ranks_[static_cast<std::size_t>(member)];
      const bool is_lost = other.park == Park::ended && other.end != HostState::returned;
      const bool is_far = per_node > 0 && member / per_node != rank / per_node;
      sees = sees || (is_lost && (always || is_far));
    });
    if (sees) return true;
  }
  return false;
}

bool Engine::must_fail(RankId rank, Ticket ticket) const {
  bool fails = false;
  device_.streams().for_each_work(rank, [&](Slot work) {
    fails = fails || (device_.work(work).ticket == ticket && sees_death(rank, work));
  });
  return fails;
}

void Engine::let_down(RankId rank, Ticket ticket, StatusCode code) {
  RankState& own = state(rank);
  if (status_of(rank, ticket) == StatusCode::ok) own.failed.emplace_back(ticket, code);
  if (code == StatusCode::timed_out) {
    note(rank, RecordKind::timeout, ticket, "");
  } else {
    note(rank, RecordKind::fault, ticket, status_name(code));
  }
  const bool has_threads = own.open_threads > 0;
  for_each_host(rank, [&](HostId host) {
    ThreadState& waiting = thread(host);
    const bool is_ticket = waiting.park == Park::wait || waiting.park == Park::gloo_submit;
    const auto waited_for = static_cast<Ticket>(waiting.park_subject);
    if (!is_ticket && waiting.park != Park::synchronize && waiting.park != Park::submit) return;
    // What another thread waits for may still come.
    if (has_threads && is_ticket && waited_for != ticket) return;
    waiting.reply.status = code;
    if (is_ticket && waited_for != ticket) own.failed.emplace_back(waited_for, code);
    wake(host);
  });
}

void Engine::let_down_await(HostId host, StatusCode code) {
  thread(host).reply = Reply{};
  thread(host).reply.status = code;
  Record record;
  record.kind = code == StatusCode::timed_out ? RecordKind::timeout : RecordKind::fault;
  record.detail = recorder_.store().add_name(status_name(code));
  RankState& own = state(hosts_.rank_of(host));
  // Another thread of the rank may be the one that is answered.
  const std::int32_t answered = std::exchange(own.thread, hosts_.is_main(host) ? -1 : side_thread(host).name);
  recorder_.write(hosts_.rank_of(host), record);
  own.thread = answered;
}

StatusCode Engine::status_of(RankId rank, Ticket ticket) const {
  for (const auto& [failed, code] : ranks_[static_cast<std::size_t>(rank)].failed) {
    if (failed == ticket) return code;
  }
  return StatusCode::ok;
}

bool Engine::expire(const std::vector<Watchdog::Expiry>& expiries) {
  time_ = now_ = expiries.front().time;
  for (const Watchdog::Expiry& expiry : expiries) {
    Work& work = device_.work(expiry.work);
    work.expired = true;
    note_choice(ChoiceKind::deadline, expiry.rank);
    const Ticket ticket = work.ticket;
    if (state(expiry.rank).park == Park::ended) continue;
    digest_.add(now_, expiry.rank, static_cast<std::uint64_t>(StatusCode::timed_out));
    if (options_.semantics.on_timeout == TimeoutAction::raise) {
      let_down(expiry.rank, ticket, StatusCode::timed_out);
    } else {
      note(expiry.rank, RecordKind::timeout, ticket, "");
    }
  }
  if (options_.semantics.on_timeout == TimeoutAction::end_run) return true;
  if (!judged_) {
    judge_now(RunEnd::deadline);
    judged_ = RunEnd::deadline;
    judged_ranks_ = histories_->ranks;
  }
  if (options_.semantics.on_timeout != TimeoutAction::kill_rank) return false;
  for (const Watchdog::Expiry& expiry : expiries) {
    if (state(expiry.rank).park == Park::ended) continue;
    end_rank(expiry.rank, HostState::crashed, "the watchdog ended it after a timeout");
    if (fibers_ == nullptr) state(expiry.rank).machine.reset();
  }
  return false;
}

}  // namespace gridlock::sim
