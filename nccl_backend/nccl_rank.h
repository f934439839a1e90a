#pragma once

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/rank/rank.h"
#include "core/world/world.h"
#include "launch/host_meeting.h"
#include "launch/rank_host.h"
#include "launch/rank_ledger.h"
#include "nccl_backend/call_queue.h"
#include "nccl_backend/communicators.h"
#include "nccl_backend/device.h"
#include "nccl_backend/host_calls.h"
#include "nccl_backend/open_tickets.h"
#include "nccl_backend/options.h"

namespace gridlock {

/// One rank of a GPU world, used by one thread. Requests behave as on the simulator: submit enqueues and
/// returns unless NCCL blocks it, wait polls. Every request is in the rank's log before NCCL or CUDA hear of
/// it.
///
/// Trouble: a library call that fails answers with its status at once, and so does every later request. Work
/// that can never complete (a lost peer, an error in the background) parks whoever waits for it, as on every
/// world; the log tells the launcher. Once the run has ended every request answers world_ended.
class NcclRank final : public Rank {
 public:
  /// `api` and `host` outlive the rank. `gloo` moves the data of groups of gloo; without it their calls fail.
  /// Touches no device.
  NcclRank(const GpuApi& api, RankHost& host, RankId world_size, const RunOptions& options,
           const NcclOptions& nccl, SiteTable sites, std::unique_ptr<HostGroups> gloo = nullptr);

  /// Takes GPU `device` and makes the communicator of the world (parks). False when that failed or the run
  /// ended before.
  bool connect(int device);
  /// After the run has ended: what the program still intended.
  void record_intended(const IntendedCalls& intended) { ledger_.record_intended(intended); }
  /// The program has returned. Changes nothing when the run had ended before.
  void end_program();
  /// Stays until the run has ended, completing what is still open, and gives everything back (parks).
  void finish();

  RankId id() const override { return host_.rank(); }
  RankId world_size() const override { return ledger_.groups().world_size(); }
  std::uint64_t seed() const override { return options_.seed; }
  bool has_data() const override { return true; }
  Nanos now() const override { return Nanos{0}; }
  const GroupTable& groups() const override { return ledger_.groups(); }
  SiteId site(const Site& site) override { return ledger_.site(site); }
  /// A buffer that finds no memory is a fault of the rank.
  BufferHandle allocate(std::int64_t count, DType dtype) override { return buffers_.allocate(count, dtype); }
  void free(BufferHandle buffer) override { buffers_.free(buffer); }
  void upload(BufferHandle buffer, std::span<const std::byte> bytes) override;
  void download(BufferHandle buffer, std::span<std::byte> bytes) const override;
  std::int64_t buffer_count(BufferHandle buffer) const override;
  DType buffer_dtype(BufferHandle buffer) const override;
  std::optional<std::vector<RankId>> contributors(BufferHandle) const override { return std::nullopt; }
  bool is_complete(Ticket ticket) const override { return !tickets_.is_open_now(ticket); }
  std::string error_text() const override { return faults_.text(); }
  void complain(Complaint complaint) override;

  Reply execute(const Request& request) override;

 private:
  Reply submit(std::span<const Call> calls);
  StatusCode prepare(const Call& call, GpuCall& prepared) const;
  std::optional<std::size_t> first_unpaired(std::span<const GpuCall> calls) const;
  Reply reject(const Call& call, StatusCode code);
  Reply start(std::span<const Call> calls, std::vector<GpuCall> prepared);
  bool wait_room(std::span<const StreamId> streams);

  Reply wait(const Request& request);
  Reply test(const Request& request);
  Reply synchronize(const Request& request);
  Reply record_event(const Request& request);
  Reply stream_wait(const Request& request);
  Reply post(const Request& request);
  Reply await(const Request& request);
  Reply new_group(const Request& request);
  Reply create_grid(const Request& request);
  Reply destroy_group(const Request& request);
  bool is_ticket(Ticket ticket) const;

  /// Meets all other ranks for the creations and makes the communicators of the groups that have come into
  /// the table since it held `known`.
  Status create(const std::vector<std::uint64_t>& identities, std::size_t known);
  bool make_communicators(std::size_t known);
  HostCalls::Wait waiting();
  /// Polls until `done`; false when the run has ended first, which it does after a fault.
  bool wait_until(const std::function<bool()>& done);
  /// Shows the state while `parked` runs. Its true is ok; else the fault, or world_ended.
  template <typename Parked>
  Status park(HostState state, Parked&& parked);
  /// The rank can never go on: parks until the run has ended.
  bool park_until_end();
  Reply stop();

  const GpuApi& api_;
  RankHost& host_;
  RunOptions options_;
  RankLedger ledger_;
  mutable Faults faults_;
  mutable Device device_;
  DeviceBuffers buffers_;
  Communicators communicators_;
  CallQueue queue_;
  HostCalls host_calls_;
  OpenTickets tickets_;
  HostMeeting meeting_;
  std::vector<CudaEvent> events_;
  std::set<InstanceId> destroyed_;
  std::int64_t next_ticket_ = 0;
  int complaint_count_ = 0;
};

template <typename Parked>
Status NcclRank::park(HostState state, Parked&& parked) {
  host_.log().set_state(state);
  const bool passed = parked();
  if (host_.ended()) return StatusCode::world_ended;
  host_.log().set_state(HostState::running);
  if (passed) return StatusCode::ok;
  return faults_.any() ? faults_.code() : StatusCode::world_ended;
}

}  // namespace gridlock
