#include "launch/launcher.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

using Clock = std::chrono::steady_clock;

/// How long nothing must move before a run with a lost or stuck rank is over.
constexpr auto kSettleTime = std::chrono::milliseconds(400);
/// How often the logs are looked at.
constexpr auto kLookEvery = std::chrono::milliseconds(10);

/// Blocks the signals that the launcher takes from the queue, and puts the old mask back.
class HeldSignals {
 public:
  HeldSignals() {
    sigemptyset(&held_);
    for (const int signal : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) sigaddset(&held_, signal);
    sigprocmask(SIG_BLOCK, &held_, &before_);
  }
  ~HeldSignals() { restore(); }
  void restore() const { sigprocmask(SIG_SETMASK, &before_, nullptr); }

  /// The next of these signals, or nothing when none came in time.
  std::optional<int> next(std::chrono::nanoseconds limit) const {
    const timespec time{static_cast<time_t>(limit.count() / 1'000'000'000), limit.count() % 1'000'000'000};
    const int signal = sigtimedwait(&held_, nullptr, &time);
    if (signal < 0) return std::nullopt;
    return signal;
  }

 private:
  sigset_t held_{};
  sigset_t before_{};
};

/// Ends the run for the ranks by being closed.
class EndPipe {
 public:
  EndPipe() {
    if (::pipe2(ends_, O_CLOEXEC) != 0)
      throw InputError("launch", fmt::format("no pipe: {}", std::strerror(errno)));
  }
  ~EndPipe() {
    close(0);
    close(1);
  }
  int reading() const { return ends_[0]; }
  void close(int end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }
  void close_writing() { close(1); }

 private:
  int ends_[2] = {-1, -1};
};

/// A page that this process and those it forks share.
class SharedMemory {
 public:
  SharedMemory()
      : memory_(::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw InputError("launch", "no shared memory for the counters of a run");
  }
  ~SharedMemory() { ::munmap(memory_, kBytes); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  void* memory() const { return memory_; }

 private:
  static constexpr std::size_t kBytes = 4096;
  void* memory_;
};

/// One rank's process as the launcher knows it.
struct Child {
  pid_t process = -1;
  bool gone = false;
  /// Once gone: killed by signal `code`, or left with exit code `code`.
  bool by_signal = false;
  int code = 0;
};

class Launch {
 public:
  Launch(std::span<const std::unique_ptr<SharedLog>> logs, SharedCounters& counters)
      : logs_(logs), counters_(counters), children_(logs.size()) {}
  ~Launch() { kill_rest(); }

  void start(const std::function<void(RankProcess&)>& body);
  RunEnd supervise(std::chrono::milliseconds real_timeout);
  void finish(std::chrono::milliseconds leave_time);
  LaunchResult result(RunEnd end) const;

 private:
  [[noreturn]] void become_rank(std::size_t rank, pid_t launcher,
                                const std::function<void(RankProcess&)>& body);
  void reap();
  void kill_rest();
  bool all_gone() const;
  bool is_lost(std::size_t rank) const;
  bool is_done(std::size_t rank) const;
  bool is_blocked(std::size_t rank) const;
  std::uint64_t progress() const;
  std::optional<RunEnd> end_now(Clock::time_point last_moved) const;
  std::string cause(std::size_t rank) const;

  std::span<const std::unique_ptr<SharedLog>> logs_;
  SharedCounters& counters_;
  std::vector<Child> children_;
  HeldSignals signals_;
  EndPipe end_;
};

void Launch::start(const std::function<void(RankProcess&)>& body) {
  // What is buffered now would be written once per process.
  std::fflush(nullptr);
  const pid_t launcher = ::getpid();
  for (std::size_t rank = 0; rank < children_.size(); ++rank) {
    const pid_t process = ::fork();
    if (process < 0) {
      throw InputError(
          "launch",
          fmt::format("cannot start process {} of {}: {}", rank, children_.size(), std::strerror(errno)),
          "use fewer ranks or raise the process limit");
    }
    if (process == 0) become_rank(rank, launcher, body);
    // Both sides do this, so that the group exists for whoever needs it first.
    ::setpgid(process, process);
    children_[rank].process = process;
  }
}

void Launch::become_rank(std::size_t rank, pid_t launcher, const std::function<void(RankProcess&)>& body) {
  // A group of its own: Ctrl-C reaches the launcher only, and what the rank starts dies with it.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launcher) ::_exit(kCrashedExit);
  signals_.restore();
  end_.close_writing();
  RankProcess self(static_cast<RankId>(rank), *logs_[rank], counters_, end_.reading());
  try {
    body(self);
  } catch (const std::exception& error) {
    self.crash(error.what());
  } catch (...) {
    self.crash("an exception that is no std::exception");
  }
  self.finish();
}

void Launch::reap() {
  for (Child& child : children_) {
    if (child.gone || child.process < 0) continue;
    // Left as a zombie, so that its number stays taken until its whole group has been killed.
    siginfo_t info{};
    const auto id = static_cast<id_t>(child.process);
    if (::waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child.process) {
      child.gone = true;
      child.by_signal = info.si_code != CLD_EXITED;
      child.code = info.si_status;
    }
  }
}

bool Launch::all_gone() const {
  return std::all_of(children_.begin(), children_.end(),
                     [](const Child& child) { return child.gone || child.process < 0; });
}

// Before the run has ended no process has a reason to leave.
bool Launch::is_lost(std::size_t rank) const { return children_[rank].gone; }

bool Launch::is_done(std::size_t rank) const {
  return logs_[rank]->state() == HostState::returned && logs_[rank]->open_tickets() == 0;
}

bool Launch::is_blocked(std::size_t rank) const {
  return is_lost(rank) || logs_[rank]->state() != HostState::running ||
         logs_[rank]->trouble() != Trouble::none;
}

std::uint64_t Launch::progress() const {
  std::uint64_t sum = 0;
  for (const auto& log : logs_) sum += log->progress();
  for (const Child& child : children_) sum += child.gone ? 1 : 0;
  return sum;
}

std::optional<RunEnd> Launch::end_now(Clock::time_point last_moved) const {
  bool all_done = true;
  bool all_blocked = true;
  bool trouble = false;
  for (std::size_t rank = 0; rank < logs_.size(); ++rank) {
    all_done = all_done && (is_done(rank) || is_lost(rank));
    all_blocked = all_blocked && is_blocked(rank);
    trouble = trouble || is_lost(rank) || logs_[rank]->trouble() != Trouble::none;
  }
  if (all_done) return trouble ? RunEnd::quiescent : RunEnd::returned;
  if (trouble && all_blocked && Clock::now() - last_moved >= kSettleTime) return RunEnd::quiescent;
  return std::nullopt;
}

RunEnd Launch::supervise(std::chrono::milliseconds real_timeout) {
  auto last_moved = Clock::now();
  std::uint64_t seen = progress();
  while (true) {
    const std::optional<int> signal = signals_.next(kLookEvery);
    if (signal && *signal != SIGCHLD) return RunEnd::interrupted;
    reap();
    if (const std::uint64_t now = progress(); now != seen) {
      seen = now;
      last_moved = Clock::now();
    }
    if (const auto end = end_now(last_moved)) return *end;
    if (Clock::now() - last_moved >= real_timeout) return RunEnd::quiescent;
  }
}

LaunchResult Launch::result(RunEnd end) const {
  LaunchResult result{end, {}, "", counters_.requests.load()};
  bool limit = false;
  bool lost = false;
  bool backend = false;
  for (std::size_t rank = 0; rank < logs_.size(); ++rank) {
    const SharedLog& log = *logs_[rank];
    HostState state = log.state();
    if (is_lost(rank) && state != HostState::crashed) {
      state = children_[rank].by_signal ? HostState::crashed : HostState::exited;
    }
    result.states.push_back(state);
    lost = lost || is_lost(rank) || log.trouble() == Trouble::unlike_calls;
    limit = limit || log.trouble() == Trouble::log_full || log.trouble() == Trouble::step_limit;
    backend = backend || log.trouble() == Trouble::backend_error || log.trouble() == Trouble::peer_lost;
    if (const std::string text = cause(rank); !text.empty()) {
      result.error += fmt::format("{}rank {}: {}", result.error.empty() ? "" : "\n", rank, text);
    }
  }
  const bool all_returned = std::all_of(result.states.begin(), result.states.end(),
                                        [](HostState state) { return state == HostState::returned; });
  if (end == RunEnd::quiescent && all_returned) result.end = RunEnd::returned;
  if (end == RunEnd::quiescent && limit) result.end = RunEnd::step_limit;
  if (end == RunEnd::quiescent && backend && !lost && !limit) result.end = RunEnd::backend_error;
  return result;
}

std::string Launch::cause(std::size_t rank) const {
  const Child& child = children_[rank];
  if (is_lost(rank) && child.by_signal) {
    return fmt::format("killed by signal {} ({})", child.code, strsignal(child.code));
  }
  if (logs_[rank]->trouble() != Trouble::none) return logs_[rank]->trouble_text();
  if (is_lost(rank) && child.code == kEarlyExit) return "left before the end of its program";
  if (is_lost(rank)) return fmt::format("left with exit code {}", child.code);
  return "";
}

void Launch::finish(std::chrono::milliseconds leave_time) {
  counters_.ended.store(true, std::memory_order_release);
  end_.close_writing();
  const auto deadline = Clock::now() + leave_time;
  while (!all_gone() && Clock::now() < deadline) {
    signals_.next(kLookEvery);
    reap();
  }
  kill_rest();
}

void Launch::kill_rest() {
  for (Child& child : children_) {
    if (child.process < 0) continue;
    // The whole group, also of a rank that is gone: it may have left processes behind.
    ::kill(-child.process, SIGKILL);
    ::kill(child.process, SIGKILL);
    while (::waitpid(child.process, nullptr, 0) < 0 && errno == EINTR) {
    }
    child.process = -1;
  }
}

}  // namespace

LaunchResult launch(std::span<const std::unique_ptr<SharedLog>> logs, std::chrono::milliseconds real_timeout,
                    const std::function<void(RankProcess&)>& body, std::chrono::milliseconds leave_time) {
  const SharedMemory counters;
  auto& shared = *new (counters.memory()) SharedCounters;
  Launch launch(logs, shared);
  launch.start(body);
  const RunEnd end = launch.supervise(real_timeout);
  // Who was lost is decided before anybody is told to leave.
  LaunchResult result = launch.result(end);
  shared.ended_well = end == RunEnd::returned;
  launch.finish(leave_time);
  return result;
}

}  // namespace gridlock
