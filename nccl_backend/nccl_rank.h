#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "launch/host_meeting.h"
#include "launch/real_rank.h"
#include "nccl_backend/call_queue.h"
#include "nccl_backend/communicators.h"
#include "nccl_backend/device.h"
#include "nccl_backend/host_calls.h"
#include "nccl_backend/open_tickets.h"
#include "nccl_backend/options.h"

namespace gridlock {

/// One rank of a GPU world, used by one thread. Submit enqueues and returns unless NCCL blocks it, wait
/// polls. A library call that fails answers with its status at once, and so does every later request.
class NcclRank final : public RealRank {
 public:
  /// `api` and `host` outlive the rank. `gloo` moves the data of groups of gloo; without it their calls fail.
  /// Touches no device.
  NcclRank(const GpuApi& api, RankHost& host, RankId world_size, const RunOptions& options,
           const NcclOptions& nccl, SiteTable sites, std::unique_ptr<HostGroups> gloo = nullptr);

  /// Takes GPU `device` and makes the communicator of the world (parks). False when that failed or the run
  /// ended before.
  bool connect(int device);
  /// Stays until the run has ended, completing what is still open, and gives everything back (parks).
  void finish();

  /// A buffer that finds no memory is a fault of the rank.
  BufferHandle allocate(std::int64_t count, DType dtype) override { return buffers_.allocate(count, dtype); }
  void free(BufferHandle buffer) override { buffers_.free(buffer); }
  void upload(BufferHandle buffer, std::span<const std::byte> bytes) override;
  void download(BufferHandle buffer, std::span<std::byte> bytes) const override;
  std::int64_t buffer_count(BufferHandle buffer) const override;
  DType buffer_dtype(BufferHandle buffer) const override;
  bool is_complete(Ticket ticket) const override { return !tickets_.is_open_now(ticket); }
  std::string error_text() const override { return faults_.text(); }

 protected:
  Status fault() const override { return faults_.code(); }
  Reply submit(std::span<const Call> calls) override;
  bool wait_ticket(Ticket ticket) override;
  bool wait_stream(StreamId stream) override;
  bool wait_until(const std::function<bool()>& done) override;
  bool create(const std::vector<std::uint64_t>& identities, std::size_t known) override;
  std::int64_t event_count() const override { return static_cast<std::int64_t>(events_.size()); }
  Status record_event(StreamId stream) override;
  Status wait_event(StreamId stream, EventId event) override;

 private:
  bool has_room(std::span<const StreamId> streams) const;
  bool make_communicators(std::size_t known);
  HostCalls::Wait waiting();
  /// As park_until_end; always false.
  bool never();

  const GpuApi& api_;
  mutable Faults faults_;
  mutable Device device_;
  DeviceBuffers buffers_;
  Communicators communicators_;
  CallQueue queue_;
  HostCalls host_calls_;
  OpenTickets tickets_;
  HostMeeting meeting_;
  std::vector<CudaEvent> events_;
  /// The calls of the batch at hand, as NCCL runs them.
  std::vector<Call> batch_;
};

}  // namespace gridlock
