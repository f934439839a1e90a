#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <vector>

#include "core/rank/call.h"
#include "core/rank/rank.h"

namespace gridlock {

/// The streams of one rank: queues of work, event records and waits for events, each served by a thread,
/// because every operation of Gloo blocks its caller. Work starts when it is at the head of every stream that
/// it uses (several streams in one batch are one sync point). Streams come into being at first use. All
/// functions are for the rank's main thread.
class StreamWorkers {
 public:
  /// Does the work of one ticket. False when it will never be complete: its streams then stand still for
  /// good.
  using Task = std::function<bool()>;
  /// Called on a worker thread when a ticket is complete, before anybody can see that it is.
  using OnDone = std::function<void(std::span<const StreamId>, Ticket)>;

  explicit StreamWorkers(OnDone on_done) : on_done_(std::move(on_done)) {}
  /// Blocks until running tasks return. A process with a task that never does leaves without destroying this.
  ~StreamWorkers();

  /// `streams` are distinct.
  void enqueue(Ticket ticket, std::vector<StreamId> streams, Task task);
  /// A point after everything on the stream so far.
  EventId record(StreamId stream);
  /// Events recorded so far; they are numbered from 0.
  std::int32_t event_count() const;
  /// Later entries of the stream wait for the event. Requires: it was recorded.
  void wait_event(StreamId stream, EventId event);

  bool is_complete(Ticket ticket) const;

  // These block; false when the run has ended first.
  bool wait(Ticket ticket);
  bool wait_idle(StreamId stream);
  /// Until the stream holds fewer than `depth` entries.
  bool wait_room(StreamId stream, std::int32_t depth);

  /// Ends every wait, now and later, and starts no more tasks. Any thread may call this.
  void end();
  bool ended() const;
  /// Waits until `done` holds or the run has ended; looked at whenever something completed, and after
  /// notify(). False when the run has ended.
  bool wait_until(const std::function<bool()>& done);
  void notify();

 private:
  struct Work {
    Ticket ticket;
    std::vector<StreamId> streams;
    Task task;
    std::size_t heads = 0;
  };
  struct Entry {
    enum class Kind { work, record, wait } kind = Kind::work;
    EventId event = EventId::none;
    std::shared_ptr<Work> work;
    bool at_head = false;
  };

  void push(StreamId stream, Entry entry);
  void serve(StreamId stream);
  bool advance(std::unique_lock<std::mutex>& lock, StreamId stream);
  void run(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Work>& work);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  OnDone on_done_;
  bool ended_ = false;
  std::map<StreamId, std::deque<Entry>> queues_;
  std::set<Ticket> open_;
  std::set<EventId> pending_events_;
  std::int32_t event_count_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace gridlock
