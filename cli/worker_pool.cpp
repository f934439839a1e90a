#include "cli/worker_pool.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <exception>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace gridlock::cli {
namespace {

constexpr int kWorkFailed = 70;

struct Worker {
  std::size_t index;
  pid_t process;
  int pipe;
  std::string text;
  bool open = true;
};

void write_all(int pipe, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t step = write(pipe, text.data() + written, text.size() - written);
    if (step < 0 && errno == EINTR) continue;
    if (step <= 0) return;
    written += static_cast<std::size_t>(step);
  }
}

[[noreturn]] void work_and_exit(const std::function<std::string(std::size_t)>& work, std::size_t index,
                                int pipe) {
  int code = 0;
  try {
    write_all(pipe, work(index));
  } catch (const std::exception& error) {
    write_all(pipe, error.what());
    code = kWorkFailed;
  }
  std::fflush(nullptr);
  _exit(code);
}

Worker start(const std::function<std::string(std::size_t)>& work, std::size_t index) {
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  std::fflush(nullptr);
  const pid_t process = fork();
  if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process == 0) {
    close(ends[0]);
    work_and_exit(work, index, ends[1]);
  }
  close(ends[1]);
  return {index, process, ends[0], "", true};
}

void read_some(Worker& worker) {
  char buffer[65536];
  const ssize_t got = read(worker.pipe, buffer, sizeof buffer);
  if (got > 0) {
    worker.text.append(buffer, static_cast<std::size_t>(got));
  } else if (got == 0 || errno != EINTR) {
    close(worker.pipe);
    worker.open = false;
  }
}

WorkerAnswer answer(Worker& worker) {
  int status = 0;
  while (waitpid(worker.process, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {true, std::move(worker.text)};
  if (WIFSIGNALED(status)) return {false, fmt::format("{}", strsignal(WTERMSIG(status)))};
  return {false, worker.text.empty() ? fmt::format("exit code {}", WEXITSTATUS(status)) : worker.text};
}

void wait_for_input(std::deque<Worker>& workers) {
  std::vector<pollfd> waits;
  for (const Worker& worker : workers) {
    if (worker.open) waits.push_back({worker.pipe, POLLIN, 0});
  }
  if (poll(waits.data(), waits.size(), -1) < 0) return;
  std::size_t next = 0;
  for (Worker& worker : workers) {
    if (worker.open && waits[next++].revents != 0) read_some(worker);
  }
}

}  // namespace

void run_in_workers(std::size_t count, int jobs, const std::function<std::string(std::size_t)>& work,
                    const std::function<void(std::size_t, const WorkerAnswer&)>& done) {
  std::deque<Worker> workers;
  std::size_t started = 0;
  const auto running = [&workers] {
    int open = 0;
    for (const Worker& worker : workers) open += worker.open ? 1 : 0;
    return open;
  };
  while (started < count || !workers.empty()) {
    while (started < count && running() < jobs) workers.push_back(start(work, started++));
    while (!workers.empty() && !workers.front().open) {
      Worker finished = std::move(workers.front());
      workers.pop_front();
      done(finished.index, answer(finished));
    }
    if (running() > 0) wait_for_input(workers);
  }
}

}  // namespace gridlock::cli
