#include "gloo_backend/stream_workers.h"

#include <utility>

namespace gridlock {

StreamWorkers::~StreamWorkers() {
  end();
  for (std::thread& thread : threads_) thread.join();
}

void StreamWorkers::push(StreamId stream, Entry entry) {
  const auto [queue, added] = queues_.try_emplace(stream);
  queue->second.push_back(std::move(entry));
  if (added) threads_.emplace_back([this, stream] { serve(stream); });
}

void StreamWorkers::enqueue(Ticket ticket, std::vector<StreamId> streams, Task task) {
  const std::lock_guard lock(mutex_);
  const auto work = std::make_shared<Work>(Work{ticket, std::move(streams), std::move(task)});
  open_.insert(ticket);
  for (const StreamId stream : work->streams) push(stream, {Entry::Kind::work, EventId::none, work});
  changed_.notify_all();
}

EventId StreamWorkers::record(StreamId stream) {
  const std::lock_guard lock(mutex_);
  const auto event = static_cast<EventId>(event_count_++);
  pending_events_.insert(event);
  push(stream, {Entry::Kind::record, event, nullptr});
  changed_.notify_all();
  return event;
}

std::int32_t StreamWorkers::event_count() const {
  const std::lock_guard lock(mutex_);
  return event_count_;
}

void StreamWorkers::wait_event(StreamId stream, EventId event) {
  const std::lock_guard lock(mutex_);
  push(stream, {Entry::Kind::wait, event, nullptr});
  changed_.notify_all();
}

bool StreamWorkers::is_complete(Ticket ticket) const {
  const std::lock_guard lock(mutex_);
  return !open_.contains(ticket);
}

bool StreamWorkers::wait_until(const std::function<bool()>& done) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return ended_ || done(); });
  return !ended_;
}

bool StreamWorkers::wait(Ticket ticket) {
  return wait_until([&] { return !open_.contains(ticket); });
}

bool StreamWorkers::wait_idle(StreamId stream) { return wait_room(stream, 1); }

bool StreamWorkers::wait_room(StreamId stream, std::int32_t depth) {
  return wait_until([&] {
    const auto queue = queues_.find(stream);
    return queue == queues_.end() || static_cast<std::int32_t>(queue->second.size()) < depth;
  });
}

void StreamWorkers::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

bool StreamWorkers::ended() const {
  const std::lock_guard lock(mutex_);
  return ended_;
}

void StreamWorkers::notify() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void StreamWorkers::serve(StreamId stream) {
  std::unique_lock lock(mutex_);
  while (!ended_) {
    if (!advance(lock, stream)) changed_.wait(lock);
  }
}

// Passes or runs the entry at the head of the stream; false when nothing can be done before something
// changes.
bool StreamWorkers::advance(std::unique_lock<std::mutex>& lock, StreamId stream) {
  std::deque<Entry>& queue = queues_.at(stream);
  if (queue.empty()) return false;
  Entry& head = queue.front();
  if (head.kind == Entry::Kind::record) pending_events_.erase(head.event);
  if (head.kind == Entry::Kind::wait && pending_events_.contains(head.event)) return false;
  if (head.kind != Entry::Kind::work) {
    queue.pop_front();
    changed_.notify_all();
    return true;
  }
  if (head.at_head) return false;
  head.at_head = true;
  const std::shared_ptr<Work> work = head.work;
  if (++work->heads < work->streams.size()) return true;
  // The thread of the stream that came last does the work of all.
  run(lock, work);
  return true;
}

void StreamWorkers::run(std::unique_lock<std::mutex>& lock, const std::shared_ptr<Work>& work) {
  lock.unlock();
  const bool complete = work->task();
  if (complete) on_done_(work->streams, work->ticket);
  lock.lock();
  if (!complete) return;
  open_.erase(work->ticket);
  for (const StreamId stream : work->streams) queues_.at(stream).pop_front();
  changed_.notify_all();
}

}  // namespace gridlock
