#include "cli/interrupt.h"

#include <csignal>

namespace gridlock::cli {
namespace {

/// A signal handler reaches nothing but statics.
std::atomic<bool> interrupted{false};

}  // namespace

const std::atomic<bool>* interrupt_by_signals() {
  struct sigaction action = {};
  action.sa_handler = [](int) { interrupted.store(true, std::memory_order_relaxed); };
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return &interrupted;
}

}  // namespace gridlock::cli
