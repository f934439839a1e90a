// How the engine runs the programs of ranks, on fibers or without. The loop is in engine.cpp.
#include <algorithm>
#include <exception>

#include "sim/engine.h"

namespace gridlock::sim {
namespace {

/// Unwinds a rank that was parked when its run ended. No std::exception, so that programs do not take it for
/// an error.
struct Unwound {};

/// Unwinds a rank that asks for more memory than the run has.
struct OutOfMemory {};

/// A program that swallows Unwound and goes on asking is unwound again after so many requests.
constexpr std::int64_t kLateRequestMax = 10'000;

Reply world_ended() {
  Reply reply;
  reply.status = StatusCode::world_ended;
  return reply;
}

}  // namespace

void Engine::run_host(HostId host) {
  ThreadState& own = thread(host);
  if (own.park != Park::none) return;  // a fault came first
  now_ = std::max(time_, own.since);
  if (own.holds_work && !submit_held(host)) return;
  if (own.waits_next && !go_on_to_wait(host)) return;
  if (fibers_ == nullptr) {
    run_machine(host);
  } else {
    run_fiber(host);
  }
}

void Engine::run_fiber(HostId host) {
  ThreadState& own = thread(host);
  do {
    if (own.fiber == nullptr) {
      own.fiber = fibers_->start(host);
    } else if (!fibers_->resume(own.fiber)) {
      own.fiber = nullptr;
    }
  } while (own.fiber != nullptr && answer_fiber(host));
}

bool Engine::answer_fiber(HostId host) {
  ThreadState& own = thread(host);
  try {
    Reply reply;
    if (answer(host, *asked_, reply)) {
      own.reply = reply;
      return true;
    }
  } catch (const std::exception& exception) {
    end_rank(hosts_.rank_of(host), HostState::crashed, exception.what());
  }
  // What has ended goes on to unwind its stack.
  return own.park == Park::ended;
}

StepMachine& Engine::machine_of(HostId host) {
  if (!hosts_.is_main(host)) return *side_thread(host).machine;
  RankState& own = state(host);
  if (own.machine == nullptr) own.machine = program_.machine(host);
  return *own.machine;
}

void Engine::end_host(HostId host) {
  if (hosts_.is_main(host)) {
    end_rank(host, HostState::returned);
  } else {
    end_thread(host);
  }
}

void Engine::run_machine(HostId host) {
  const RankId rank = hosts_.rank_of(host);
  ThreadState& own = thread(host);
  try {
    StepMachine& machine = machine_of(host);
    Reply reply = own.reply;
    for (;;) {
      const Request request = machine.next(contexts_[static_cast<std::size_t>(host)], reply);
      if (request.kind == RequestKind::done) {
        end_host(host);
        break;
      }
      reply = Reply{};
      if (!answer(host, request, reply)) break;
      if (is_picked()) {
        own.reply = reply;
        ready_.add(host);
        break;
      }
    }
  } catch (const OutOfMemory&) {
    limit_reached_ = true;
  } catch (const std::exception& exception) {
    end_rank(rank, HostState::crashed, exception.what());
  } catch (...) {
    end_rank(rank, HostState::crashed, "unknown exception");
  }
  if (state(rank).park == Park::ended) state(rank).machine.reset();
}

void Engine::run_on_fiber(HostId host) {
  const RankId rank = hosts_.rank_of(host);
  SimRank& context = contexts_[static_cast<std::size_t>(host)];
  try {
    if (program_.main && hosts_.is_main(host)) {
      program_.main(context);
    } else {
      host_machine(context, machine_of(host));
    }
    end_host(host);
  } catch (const Unwound&) {
  } catch (const OutOfMemory&) {
    limit_reached_ = true;
  } catch (const std::exception& exception) {
    end_rank(rank, HostState::crashed, exception.what());
  } catch (...) {
    end_rank(rank, HostState::crashed, "unknown exception");
  }
}

void Engine::end_rank(RankId rank, HostState end, const std::string& error) {
  if (is_over_) return;
  RankState& own = state(rank);
  if (now_ > time_ && end != HostState::returned) {
    wait_for_turn(rank, {std::nullopt, end, error});
    return;
  }
  if (own.open_threads > 1 && end != HostState::returned) note_choice(ChoiceKind::threads, rank);
  for_each_host(rank, [this](HostId host) {
    thread(host).park = Park::ended;
    ++thread(host).park_count;
  });
  own.open_threads = 0;
  own.park = Park::ended;
  own.since = now_;
  own.end = end;
  ++ended_count_;
  digest_.add(now_, rank, static_cast<std::uint64_t>(end));
  if (!error.empty() && error_.empty()) error_ = "rank " + std::to_string(rank) + ": " + error;
  if (end != HostState::returned) lose(rank);
}

Reply Engine::execute_on_fiber(HostId host, const Request& request) {
  const ThreadState& own = thread(host);
  if (!is_over_ && own.park != Park::ended) {
    asked_ = &request;
    fibers_->park();
    if (!is_over_ && own.park != Park::ended) return own.reply;
    if (std::uncaught_exceptions() == 0) throw Unwound{};
  } else if (++late_request_count_ > kLateRequestMax && std::uncaught_exceptions() == 0) {
    throw Unwound{};
  }
  return world_ended();
}

void Engine::claim(std::int64_t count, DType dtype) {
  if (is_over_) return;
  const auto size = static_cast<std::int64_t>(dtype_size(dtype));
  if (count <= (options_.memory_max - data_bytes_) / size) {
    data_bytes_ += count * size;
    return;
  }
  error_ = "a buffer of " + std::to_string(count) + " elements would bring the data of all ranks beyond " +
           std::to_string(options_.memory_max >> 20U) +
           " MiB; payload \"shape\" runs the same calls with sizes only";
  throw OutOfMemory{};
}

void Engine::disclaim(std::int64_t count, DType dtype) {
  data_bytes_ -= count * static_cast<std::int64_t>(dtype_size(dtype));
}

void Engine::unwind() {
  for (HostId host = 0; host < hosts_.count(); ++host) {
    late_request_count_ = 0;
    ThreadState& own = thread(host);
    while (own.fiber != nullptr) {
      if (!fibers_->resume(own.fiber)) own.fiber = nullptr;
    }
  }
  for (RankState& own : ranks_) own.machine.reset();
}

}  // namespace gridlock::sim
