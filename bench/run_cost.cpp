// What a command costs: run_cost TIMES COMMAND ARG... runs it that often, with its output thrown away, and
// prints the median of its CPU seconds and the largest of its peak memory in MiB. Exit code: that of the last
// run.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  const int times = argc > 2 ? std::atoi(argv[1]) : 0;
  if (times < 1) {
    std::fprintf(stderr, "usage: run_cost TIMES COMMAND ARG...\n");
    return 2;
  }
  std::vector<double> cpu;
  long peak_kib = 0;
  int code = 0;
  for (int i = 0; i < times; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      const int nowhere = open("/dev/null", O_WRONLY);
      dup2(nowhere, STDOUT_FILENO);
      execvp(argv[2], argv + 2);
      std::perror(argv[2]);
      _exit(127);
    }
    int status = 0;
    rusage used{};
    if (child < 0 || wait4(child, &status, 0, &used) != child) return 2;
    code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    cpu.push_back(seconds(used.ru_utime) + seconds(used.ru_stime));
    peak_kib = std::max(peak_kib, used.ru_maxrss);
  }
  std::sort(cpu.begin(), cpu.end());
  std::printf("%.3f %ld\n", cpu[cpu.size() / 2], peak_kib / 1024);
  return code;
}
