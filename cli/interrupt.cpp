#include "cli/interrupt.h"

#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "core/base/outcome.h"

namespace gridlock::cli {
namespace {

/// A signal handler reaches nothing but statics.
volatile std::sig_atomic_t interrupted = 0;

void note_interrupt(int /*signal*/) {
  const int error = errno;
  interrupted = 1;
  alarm(kReportSeconds);
  errno = error;
}

void end_at_once(int /*signal*/) {
  constexpr std::string_view kText =
      "gridlock: interrupted; the report of a run of this size would have taken longer\n";
  // Nothing is left to be done for a reader who has gone.
  if (write(STDERR_FILENO, kText.data(), kText.size()) < 0) errno = 0;
  _exit(static_cast<int>(Outcome::interrupted));
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(signal, &action, nullptr);
}

}  // namespace

const volatile std::sig_atomic_t* interrupt_by_signals() {
  handle(SIGALRM, end_at_once);
  handle(SIGINT, note_interrupt);
  handle(SIGTERM, note_interrupt);
  return &interrupted;
}

void keep_reports() { alarm(0); }

}  // namespace gridlock::cli
