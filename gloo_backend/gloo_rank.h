#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "gloo_backend/creation_rounds.h"
#include "gloo_backend/gloo_links.h"
#include "gloo_backend/host_buffers.h"
#include "gloo_backend/stream_workers.h"
#include "gloo_backend/submit_work.h"
#include "launch/rank_process.h"
#include "launch/real_rank.h"

namespace gridlock {

/// One rank of a Gloo world, in its own process; used by that process's main thread. Submit enqueues and
/// returns (unless a group's backend is gloo, or a stream is full), worker threads do the work, wait parks.
/// The main thread never enters Gloo, so that the end of the run always reaches it.
class GlooRank final : public RealRank {
 public:
  /// `process` and `host`, which is its own, outlive the rank. Connects nothing.
  GlooRank(RankProcess& process, RankHost& host, const RunOptions& options, LinkOptions links,
           SiteTable sites);

  /// Connects to all other ranks and begins to listen to the launcher. False when the run has ended before
  /// that.
  bool connect();

  BufferHandle allocate(std::int64_t count, DType dtype) override { return buffers_.allocate(count, dtype); }
  void free(BufferHandle buffer) override { buffers_.free(buffer); }
  void upload(BufferHandle buffer, std::span<const std::byte> bytes) override;
  void download(BufferHandle buffer, std::span<std::byte> bytes) const override;
  std::int64_t buffer_count(BufferHandle buffer) const override;
  DType buffer_dtype(BufferHandle buffer) const override;
  bool is_complete(Ticket ticket) const override { return workers_.is_complete(ticket); }
  std::string error_text() const override { return process_.log().trouble_text(); }

 protected:
  Reply submit(std::span<const Call> calls) override;
  bool wait_ticket(Ticket ticket) override { return workers_.wait(ticket); }
  bool wait_stream(StreamId stream) override { return workers_.wait_idle(stream); }
  bool wait_until(const std::function<bool()>& done) override;
  void park_until_end() override {
    workers_.wait_until([] { return false; });
  }
  bool create(const std::vector<std::uint64_t>& identities, std::size_t known) override;
  std::int64_t event_count() const override { return workers_.event_count(); }
  Status record_event(StreamId stream) override;
  Status wait_event(StreamId stream, EventId event) override;

 private:
  /// Runs something that uses Gloo on a thread of its own and waits for it. False when it failed for good
  /// (the log then names the trouble) and the run has ended, or the run ended first.
  bool aside(std::function<bool()> use);

  RankProcess& process_;
  GlooLinks links_;
  HostBuffers buffers_;
  SubmitWork work_;
  CreationRounds creations_;
  StreamWorkers workers_;
};

}  // namespace gridlock
