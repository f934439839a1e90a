#include "gloo_backend/gloo_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "gloo_backend/gloo_links.h"

namespace gridlock {
namespace {

// Gloo's thread may throw when a peer disappears at a bad moment. That rank is a survivor and must not count
// as dead: its operation just never completes.
[[noreturn]] void park_gloo_thread_or_die() {
  char name[16] = {};
  ::prctl(PR_GET_NAME, name);
  while (std::strcmp(name, kGlooThreadName) == 0) ::pause();
  __gnu_cxx::__verbose_terminate_handler();
  std::abort();
}

}  // namespace

void prepare_gloo_process() {
  // A write to a peer that is gone is an error that Gloo handles.
  std::signal(SIGPIPE, SIG_IGN);
  std::set_terminate(park_gloo_thread_or_die);
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
}

}  // namespace gridlock
