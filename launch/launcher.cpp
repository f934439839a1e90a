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
#include <fstream>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

using Clock = std::chrono::steady_clock;

/// How often the logs are looked at, and how often the processes.
constexpr auto kLookEvery = std::chrono::milliseconds(10);
constexpr auto kLookAtProcessesEvery = std::chrono::milliseconds(200);

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

/// One rank's process as the launcher knows it; all but the first as in RankStatus.
struct Child {
  pid_t process = -1;
  bool gone = false;
  bool by_signal = false;
  int code = 0;
  bool is_suspended = false;
};

/// Stopped by a signal ('T') or by a debugger ('t', which waitid tells to the debugger only).
bool is_suspended(pid_t process) {
  std::ifstream stat(fmt::format("/proc/{}/stat", process));
  std::string text;
  std::getline(stat, text);
  // "PID (COMMAND) STATE ...", and a command may hold parentheses.
  const std::size_t end = text.rfind(") ");
  if (end == std::string::npos || end + 2 >= text.size()) return false;
  return text[end + 2] == 'T' || text[end + 2] == 't';
}

class Launch {
 public:
  Launch(std::span<const std::unique_ptr<SharedLog>> logs, RankId first_rank, SharedCounters& counters)
      : logs_(logs), first_rank_(first_rank), counters_(counters), children_(logs.size()) {}
  ~Launch() { kill_rest(); }

  void start(const std::function<void(RankProcess&)>& body);
  RunEnd supervise(Referee& referee);
  void finish(std::chrono::milliseconds leave_time);

 private:
  [[noreturn]] void become_rank(std::size_t place, pid_t launcher,
                                const std::function<void(RankProcess&)>& body);
  void reap();
  void look_at_processes();
  void kill_rest();
  bool all_gone() const;
  std::vector<RankStatus> statuses() const;

  std::span<const std::unique_ptr<SharedLog>> logs_;
  RankId first_rank_;
  SharedCounters& counters_;
  std::vector<Child> children_;
  Clock::time_point looked_at_processes_;
  HeldSignals signals_;
  EndPipe end_;
};

void Launch::start(const std::function<void(RankProcess&)>& body) {
  // What is buffered now would be written once per process.
  std::fflush(nullptr);
  const pid_t launcher = ::getpid();
  for (std::size_t place = 0; place < children_.size(); ++place) {
    const pid_t process = ::fork();
    if (process < 0) {
      throw InputError(
          "launch",
          fmt::format("cannot start process {} of {}: {}", place, children_.size(), std::strerror(errno)),
          "use fewer ranks or raise the process limit");
    }
    if (process == 0) become_rank(place, launcher, body);
    // Both sides do this, so that the group exists for whoever needs it first.
    ::setpgid(process, process);
    children_[place].process = process;
  }
}

void Launch::become_rank(std::size_t place, pid_t launcher, const std::function<void(RankProcess&)>& body) {
  // A group of its own: Ctrl-C reaches the launcher only, and what the rank starts dies with it.
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != launcher) ::_exit(kCrashedExit);
  signals_.restore();
  end_.close_writing();
  const RankId rank = first_rank_ + static_cast<RankId>(place);
  RankProcess self(rank, *logs_[place], counters_, end_.reading());
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

void Launch::look_at_processes() {
  const auto now = Clock::now();
  if (now - looked_at_processes_ < kLookAtProcessesEvery) return;
  looked_at_processes_ = now;
  for (Child& child : children_) child.is_suspended = !child.gone && is_suspended(child.process);
}

bool Launch::all_gone() const {
  return std::all_of(children_.begin(), children_.end(),
                     [](const Child& child) { return child.gone || child.process < 0; });
}

std::vector<RankStatus> Launch::statuses() const {
  std::vector<RankStatus> statuses;
  for (std::size_t place = 0; place < logs_.size(); ++place) {
    RankStatus& status = statuses.emplace_back(status_of(*logs_[place]));
    status.gone = children_[place].gone;
    status.by_signal = children_[place].by_signal;
    status.code = children_[place].code;
    status.is_suspended = children_[place].is_suspended;
  }
  return statuses;
}

RunEnd Launch::supervise(Referee& referee) {
  bool interrupted = false;
  while (true) {
    const std::optional<int> signal = signals_.next(kLookEvery);
    interrupted = interrupted || (signal && *signal != SIGCHLD);
    reap();
    look_at_processes();
    if (const auto end = referee.look(statuses(), interrupted)) return *end;
  }
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

LaunchResult launch(std::span<const std::unique_ptr<SharedLog>> logs, RankId first_rank, Referee& referee,
                    const std::function<void(RankProcess&)>& body, std::chrono::milliseconds leave_time) {
  const SharedMemory counters;
  auto& shared = *new (counters.memory()) SharedCounters;
  Launch launch(logs, first_rank, shared);
  launch.start(body);
  const RunEnd end = launch.supervise(referee);
  shared.ended_well = end == RunEnd::returned;
  launch.finish(leave_time);
  // Who was lost was decided before anybody was told to leave.
  return conclude(end, referee.ranks());
}

}  // namespace gridlock
