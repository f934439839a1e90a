#include "sim/engine.h"

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace gridlock::sim {
Engine::Engine(const RunOptions& options, const RankProgram& program, SiteTable sites)
    : options_(options),
      program_(program),
      hosts_{program.world_size, program.thread_max},
      histories_(std::make_shared<Histories>(program.world_size)),
      ranks_(static_cast<std::size_t>(program.world_size)),
      side_threads_(static_cast<std::size_t>(hosts_.count() - program.world_size)),
      recorder_(histories_->store, digest_, ranks_, now_),
      device_(options, histories_->groups, histories_->store, ranks_, timers_, digest_),
      meetings_(options.semantics, histories_->groups, device_.matcher(), hosts_),
      races_(device_, histories_->groups),
      submission_(options.semantics, histories_->groups, ranks_, device_, meetings_, races_, recorder_,
                  options.ranks_per_node, options.payload == Payload::data),
      creation_(program.world_size, histories_->groups),
      parts_(histories_->groups),
      faults_(options_.faults, program.world_size),
      watchdog_(options.semantics, histories_->groups, device_, program.world_size),
      ready_(hosts_.count()),
      running_(hosts_.count()) {
  histories_->sites = std::move(sites);
  histories_->ranks_per_node = options.ranks_per_node;
  const auto host_count = static_cast<std::size_t>(hosts_.count());
  contexts_.reserve(host_count);
  for (HostId host = 0; host < hosts_.count(); ++host)
    contexts_.emplace_back(this, hosts_.rank_of(host), host);
  if (program.main || options.hosting == Hosting::fiber) {
    const std::size_t stack_bytes = options.fiber_stack_bytes > 0
                                        ? static_cast<std::size_t>(options.fiber_stack_bytes)
                                        : default_stack_bytes(host_count);
    fibers_ =
        std::make_unique<FiberHost>(host_count, stack_bytes, [this](HostId host) { run_on_fiber(host); });
  }
}

Engine::~Engine() = default;

RunResult Engine::run() {
  RunResult result;
  result.end = loop();
  is_over_ = true;
  if (judged_) {
    result.end = *judged_;
    histories_->ranks = judged_ranks_;
  } else {
    judge_now(result.end);
  }
  std::vector<RankId> returned;
  for (RankId rank = 0; rank < program_.world_size; ++rank) {
    if (state(rank).park == Park::ended && state(rank).end == HostState::returned) returned.push_back(rank);
  }
  result.returned = RankSet(std::move(returned));
  unwind();
  sort_complaints();
  result.verdict = std::move(verdict_);
  result.histories = histories_;
  result.complaints = std::move(complaints_);
  result.digest = digest_.value();
  result.virtual_time = latest();
  result.request_count = request_count_;
  result.match_count = device_.match_count();
  for (const ContendedChoice& choice : {device_.slot_contention(), device_.matcher().unlike_messages()}) {
    if (choice.count > 0) choices_.push_back(choice);
  }
  result.choices = std::move(choices_);
  result.error = error_;
  return result;
}

RunEnd Engine::loop() {
  runs_ahead_ = !keeps_time_order_ && may_run_ahead();
  if (runs_ahead_) device_.hand_over_timers();
  for (RankId rank = 0; rank < program_.world_size; ++rank) ready_.add(rank);
  for (std::size_t i = 0; i < options_.faults.size(); ++i) {
    const FaultTrigger& at = options_.faults[i].at;
    if (at.by != FaultTrigger::By::time) continue;
    if (at.time == Nanos{0}) {
      fire_fault(i);
    } else {
      timers_.add(at.time, {TimerKind::fault, static_cast<Slot>(i)});
    }
  }
  for (;;) {
    run_ready();
    now_ = time_;
    if (is_interrupted()) return RunEnd::stopped;
    if (limit_reached_) return RunEnd::step_limit;
    if (ended_count_ == program_.world_size && device_.is_idle()) return RunEnd::returned;
    while (!deadlines_.empty() && thread(deadlines_.next().host).park_count != deadlines_.next().park_count) {
      deadlines_.drop_next();
    }
    const Nanos next_timer = timers_.empty() ? kNever : timers_.next_time();
    const Nanos next_deadline = deadlines_.empty() ? kNever : deadlines_.next().time;
    const Nanos next = std::min(next_timer, next_deadline);
    const bool is_quiescent = next == kNever;
    if (is_quiescent && ended_count_ == program_.world_size) return RunEnd::returned;
    const TimeoutAction action = options_.semantics.on_timeout;
    const bool may_go_on = action == TimeoutAction::raise || action == TimeoutAction::kill_rank;
    if (is_quiescent && !may_go_on) return RunEnd::quiescent;
    const std::vector<Watchdog::Expiry>& expiries = watchdog_.passing_before(next, now_);
    if (is_quiescent && !judged_) {
      judge_now(RunEnd::quiescent);
      judged_ = RunEnd::quiescent;
      judged_ranks_ = histories_->ranks;
    }
    if (!expiries.empty()) {
      if (expire(expiries)) return RunEnd::deadline;
    } else if (is_quiescent) {
      return RunEnd::quiescent;
    } else if (next_timer <= next_deadline) {
      fire_timers();
    } else {
      fire_deadline();
    }
  }
}

void Engine::note_choice(ChoiceKind kind, RankId rank) {
  const auto same = std::find_if(choices_.begin(), choices_.end(),
                                 [kind](const ContendedChoice& known) { return known.kind == kind; });
  ContendedChoice& choice =
      same != choices_.end() ? *same : choices_.emplace_back(ContendedChoice{kind, rank, now_, 0});
  ++choice.count;
}

void Engine::run_picked() {
  std::vector<HostId> hosts;
  while (!limit_reached_) {
    ready_.take_all([&](HostId host) { hosts.push_back(host); });
    if (hosts.empty()) return;
    std::sort(hosts.begin(), hosts.end());
    const std::size_t place = options_.pick_turn(hosts.size());
    GRIDLOCK_CHECK(place < hosts.size());
    const HostId host = hosts[place];
    hosts.erase(hosts.begin() + static_cast<std::ptrdiff_t>(place));
    run_host(host);
  }
}

void Engine::run_ready() {
  if (options_.pick_turn) return run_picked();
  while (!ready_.empty() && !limit_reached_) {
    std::swap(running_, ready_);
    running_.take_all([this](HostId host) {
      if (!limit_reached_) run_host(host);
      if (runs_ahead_) run_ahead();
    });
  }
  if (runs_ahead_) run_ahead();
}

void Engine::fire_timers() {
  time_ = now_ = timers_.next_time();
  timers_.take_next(due_);
  progressed_.clear();
  for (const Timer& timer : due_) {
    if (timer.kind == TimerKind::compute) {
      // A fault may have ended or stopped the rank meanwhile.
      const ThreadState& own = thread(static_cast<HostId>(timer.subject));
      if (own.park == Park::compute && own.park_subject == now_.count())
        wake(static_cast<HostId>(timer.subject));
    } else if (timer.kind == TimerKind::turn) {
      take_turn(static_cast<HostId>(timer.subject));
    } else if (timer.kind == TimerKind::fault) {
      fire_fault(timer.subject);
    } else {
      device_.fire(timer, now_, progressed_);
    }
  }
  wake_progressed();
}

void Engine::wake_progressed() {
  for (const Progress& progress : progressed_) {
    for_each_host(progress.rank, [&](HostId host) {
      const ThreadState& parked = thread(host);
      const bool waits = parked.park == Park::wait || parked.park == Park::gloo_submit;
      const bool is_its = waits && parked.park_subject == static_cast<std::int64_t>(progress.ticket);
      if (is_its || may_go_on(host)) wake(host, progress.time);
    });
  }
}

void Engine::fire_deadline() {
  const Deadline deadline = deadlines_.next();
  deadlines_.drop_next();
  time_ = now_ = deadline.time;
  edges_.forget(static_cast<std::int32_t>(thread(deadline.host).park_subject), deadline.host);
  digest_.add(now_, deadline.host, static_cast<std::uint64_t>(StatusCode::timed_out));
  let_down_await(deadline.host, StatusCode::timed_out);
  wake(deadline.host);
}

bool Engine::park(HostId host, Park park, std::int64_t subject, const Reply& reply) {
  ThreadState& parked = thread(host);
  parked.park = park;
  ++parked.park_count;
  parked.park_subject = subject;
  parked.reply = reply;
  parked.since = now_;
  return false;
}

bool Engine::may_go_on(HostId host) const {
  const ThreadState& parked = thread(host);
  const RankId rank = hosts_.rank_of(host);
  const Streams& streams = device_.streams();
  switch (parked.park) {
    case Park::submit:
      return streams.depth_max(rank) <= options_.semantics.stream_depth_max;
    case Park::gloo_submit:
    case Park::wait:
      return !streams.is_open(rank, static_cast<Ticket>(parked.park_subject));
    case Park::synchronize:
      return streams.is_idle(rank, static_cast<StreamId>(parked.park_subject));
    default:
      return false;
  }
}

void Engine::wake(HostId host, Nanos time) {
  ThreadState& woken = thread(host);
  GRIDLOCK_CHECK(woken.park != Park::none && woken.park != Park::ended);
  const RankId rank = hosts_.rank_of(host);
  if (!state(rank).failed.empty() && (woken.park == Park::wait || woken.park == Park::gloo_submit)) {
    woken.reply.status = status_of(rank, static_cast<Ticket>(woken.park_subject));
  }
  woken.park = Park::none;
  ++woken.park_count;
  woken.since = std::max(woken.since, time);
  if (woken.since <= time_) {
    ready_.add(host);
  } else if (device_.streams().holds_only(rank, kNoSlot)) {
    woken_.push_back(host);
  } else {
    timers_.add(woken.since, {TimerKind::turn, static_cast<std::uint32_t>(host)});
  }
}

void Engine::complain(Complaint complaint) {
  RankState& own = state(complaint.rank);
  if (is_over_ || own.complaints == RankContext::kComplaintMax) return;
  ++own.complaints;
  complaints_.push_back(std::move(complaint));
}

}  // namespace gridlock::sim
