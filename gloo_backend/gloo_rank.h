#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/rank/rank.h"
#include "core/world/world.h"
#include "gloo_backend/creation_rounds.h"
#include "gloo_backend/gloo_links.h"
#include "gloo_backend/host_buffers.h"
#include "gloo_backend/stream_workers.h"
#include "gloo_backend/submit_work.h"
#include "launch/post_board.h"
#include "launch/rank_ledger.h"
#include "launch/rank_process.h"

namespace gridlock {

/// One rank of a Gloo world, in its own process; used by that process's main thread. Its behaviour is that of
/// the simulator: submit enqueues and returns (unless a group's backend is gloo, or a stream is full), worker
/// threads do the work, wait parks. The main thread never enters Gloo, so that the end of the run always
/// reaches it: the request it is parked in, and every later one, then answers world_ended. What can never
/// complete (a lost peer, calls that do not fit) parks whoever waits for it, as on a GPU; the log tells the
/// launcher, which ends the run.
class GlooRank final : public Rank {
 public:
  /// `process` outlives the rank. Connects nothing.
  GlooRank(RankProcess& process, const RunOptions& options, LinkOptions links, PostBoard board,
           SiteTable sites);

  /// Connects to all other ranks and begins to listen to the launcher. False when the run has ended before
  /// that.
  bool connect();
  /// After the run has ended: what the program still intended.
  void record_intended(const IntendedCalls& intended) { ledger_.record_intended(intended); }
  /// The program has returned. Changes nothing when the run had ended before.
  void end_program();

  RankId id() const override { return process_.rank(); }
  RankId world_size() const override { return ledger_.groups().world_size(); }
  std::uint64_t seed() const override { return options_.seed; }
  bool has_data() const override { return true; }
  Nanos now() const override { return Nanos{0}; }
  const GroupTable& groups() const override { return ledger_.groups(); }
  SiteId site(const Site& site) override { return ledger_.site(site); }
  BufferHandle allocate(std::int64_t count, DType dtype) override { return buffers_.allocate(count, dtype); }
  void free(BufferHandle buffer) override { buffers_.free(buffer); }
  void upload(BufferHandle buffer, std::span<const std::byte> bytes) override;
  void download(BufferHandle buffer, std::span<std::byte> bytes) const override;
  std::int64_t buffer_count(BufferHandle buffer) const override;
  DType buffer_dtype(BufferHandle buffer) const override;
  std::optional<std::vector<RankId>> contributors(BufferHandle) const override { return std::nullopt; }
  bool is_complete(Ticket ticket) const override { return workers_.is_complete(ticket); }
  std::string error_text() const override { return process_.log().trouble_text(); }
  void complain(Complaint complaint) override;

  Reply execute(const Request& request) override;

 private:
  Reply submit(std::span<const Call> calls);
  StatusCode prepare(const Call& call, PreparedCall& prepared) const;
  std::optional<std::size_t> first_unpaired(std::span<const PreparedCall> calls) const;
  Reply reject(const Call& call, StatusCode code);
  Reply start(std::span<const Call> calls, std::vector<PreparedCall> prepared);
  Reply wait(const Request& request);
  Reply await(const Request& request);
  Reply new_group(const Request& request);
  Reply create_grid(const Request& request);
  Reply destroy_group(const Request& request);
  Reply record_event(const Request& request);
  Reply stream_wait(const Request& request);
  bool is_ticket(Ticket ticket) const;

  /// Runs something that uses Gloo on a thread of its own and waits for it. False when it failed for good
  /// (the log then names the trouble) and the run has ended, or the run ended first.
  bool aside(std::function<bool()> use);
  /// Takes part in creations with all other ranks. False when the run ended.
  bool create(std::vector<std::uint64_t> identities);
  /// Shows the state while `parked` blocks. ok or world_ended.
  Status park(HostState state, const std::function<bool()>& parked);
  /// The rank can never go on: parks until the run has ended.
  Reply stop();

  RankProcess& process_;
  RunOptions options_;
  PostBoard board_;
  RankLedger ledger_;
  GlooLinks links_;
  HostBuffers buffers_;
  SubmitWork work_;
  CreationRounds creations_;
  StreamWorkers workers_;
  std::set<InstanceId> destroyed_;
  std::int64_t next_ticket_ = 0;
  int complaint_count_ = 0;
};

}  // namespace gridlock
