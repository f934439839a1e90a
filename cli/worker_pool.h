#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace gridlock::cli {

struct WorkerAnswer {
  /// False: the worker process died; text says how.
  bool finished = false;
  std::string text;
};

/// Runs work(0..count-1), at most `jobs` at a time, each in a forked process of its own, so that a crash
/// costs one answer. `done(i, answer)` is called here, in the order of i. An exception of the work is its
/// answer's end: finished is false and the text is its message. Requires: this process has one thread.
void run_in_workers(std::size_t count, int jobs, const std::function<std::string(std::size_t)>& work,
                    const std::function<void(std::size_t, const WorkerAnswer&)>& done);

}  // namespace gridlock::cli
