#include "harness/read/parallel_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "core/rank/call.h"
#include "harness/read/selection_reader.h"
#include "harness/read/step_reader.h"

namespace gridlock {
namespace {

/// Enters a thread for as long as it lives.
class ThreadScope {
 public:
  explicit ThreadScope(ReadContext& context) : context_(context) { context_.is_in_thread = true; }
  ~ThreadScope() { context_.is_in_thread = false; }
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  ReadContext& context_;
};

/// Where a thread makes tickets and where it waits for some, by their names.
struct Tickets {
  std::map<std::string, JsonCursor> made;
  std::map<std::string, JsonCursor> awaited;
};

void find_tickets(const JsonCursor& steps, Tickets& tickets) {
  for (const JsonCursor& step : steps.items()) {
    const auto as = step.find("as");
    if (as && !step.has("repeat")) tickets.made.try_emplace(as->string(), *as);
    const auto wait = step.find("wait");
    if (wait && wait->is_string()) tickets.awaited.try_emplace(wait->string(), *wait);
    if (const auto inner = step.find("steps")) find_tickets(*inner, tickets);
  }
}

/// A ticket that another thread of the block makes may or may not be there yet.
void check_tickets(const std::vector<Tickets>& of_threads, const std::vector<ParallelThread>& threads) {
  for (std::size_t i = 0; i < threads.size(); ++i) {
    for (std::size_t other = 0; other < threads.size(); ++other) {
      if (other == i) continue;
      for (const auto& [name, at] : of_threads[i].awaited) {
        if (of_threads[i].made.contains(name) || !of_threads[other].made.contains(name)) continue;
        at.fail(fmt::format("the ticket '{}' is made in thread '{}'", name, threads[other].name),
                "wait for it there or behind the parallel step; post and await order two threads");
      }
      for (const auto& [name, at] : of_threads[i].made) {
        if (other < i && of_threads[other].made.contains(name))
          at.fail(fmt::format("thread '{}' makes a ticket '{}', too", threads[other].name, name));
      }
    }
  }
}

ParallelThread read_thread(ReadContext& context, const JsonCursor& entry, std::size_t place) {
  entry.check_keys({"name", "steps", "only", "except"});
  ParallelThread thread;
  const auto name = entry.find("name");
  thread.name = name ? name->string() : fmt::format("thread {}", place + 1);
  if (thread.name.empty()) name->fail("the name is empty");
  thread.guard = read_guard(context, entry);
  const InsideScope scope(context, thread.guard.only.value_or(Selection{}));
  thread.steps = read_steps(context, entry.at("steps"));
  return thread;
}

}  // namespace

ParallelAction read_parallel(ReadContext& context, const JsonCursor& list) {
  const ThreadScope scope(context);
  ParallelAction parallel;
  std::vector<Tickets> tickets;
  for (const JsonCursor& entry : list.items()) {
    ParallelThread thread = read_thread(context, entry, parallel.threads.size());
    const bool is_known = std::any_of(parallel.threads.begin(), parallel.threads.end(),
                                      [&](const ParallelThread& other) { return other.name == thread.name; });
    if (is_known) entry.fail(fmt::format("there is a thread '{}' already", thread.name));
    find_tickets(entry.at("steps"), tickets.emplace_back());
    parallel.threads.push_back(std::move(thread));
  }
  if (parallel.threads.empty()) list.fail("a parallel step needs a thread at least");
  if (parallel.threads.size() > kThreadMax)
    list.fail(fmt::format("a rank runs at most {} threads at once", kThreadMax));
  check_tickets(tickets, parallel.threads);
  const auto count = static_cast<std::int32_t>(parallel.threads.size());
  context.scenario.thread_max = std::max(context.scenario.thread_max, count);
  return parallel;
}

void check_thread_action(const JsonCursor& step, const std::string& action) {
  if (action == "parallel") {
    step.fail_key(action, "a parallel step cannot stand in a thread of another one",
                  "list all threads in the outer one");
  }
  if (action == "new_group" || action == "create_grid" || action == "split" || action == "shrink") {
    step.fail_key(action, fmt::format("'{}' cannot stand in a thread of a parallel step", action),
                  "make groups before it: no library lets two threads of a rank make groups at once");
  }
}

}  // namespace gridlock
