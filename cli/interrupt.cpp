#include "cli/interrupt.h"

namespace gridlock::cli {
namespace {

/// A signal handler reaches nothing but statics.
volatile std::sig_atomic_t interrupted = 0;

}  // namespace

const volatile std::sig_atomic_t* interrupt_by_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return &interrupted;
}

}  // namespace gridlock::cli
