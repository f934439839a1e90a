#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "launch/rank_ledger.h"
#include "nccl_backend/device.h"
#include "nccl_backend/gpu_call.h"

namespace gridlock {

/// The submits of one rank that are on the device and not known to be complete. Completion is seen only when
/// somebody polls. Used by the rank's main thread; never parks.
class OpenTickets {
 public:
  /// All outlive this.
  OpenTickets(Device& device, RankLedger& ledger, SharedLog& log, const CudaApi& cuda, Faults& faults,
              bool keep_results)
      : device_(device),
        ledger_(ledger),
        log_(log),
        cuda_(cuda),
        faults_(faults),
        keep_results_(keep_results) {}

  /// Marks the place after the calls on all their streams, all of which exist. Outputs are copied there, on
  /// the device, because later work may write over them before the host looks. False after a fault.
  /// Requires: `streams` are those of the calls, each once.
  bool add(Ticket ticket, std::span<const StreamId> streams, std::vector<GpuCall> calls);
  /// Completes what is complete, in the order of each stream. False after a fault.
  bool poll();

  bool is_open(Ticket ticket) const { return open_.contains(ticket); }
  /// As is_open, but asks the device. A fault counts as open.
  bool is_open_now(Ticket ticket) const;
  /// Open submits that use the stream. O(log streams).
  std::int32_t depth(StreamId stream) const;
  std::size_t size() const { return open_.size(); }

  /// Forgets everything. Requires: nothing runs on the device any more.
  void clear();

 private:
  struct Open {
    std::vector<GpuCall> calls;
    std::vector<StreamId> streams;
    /// One for each call; null where nothing is kept. Empty without keep_results.
    std::vector<DeviceMemory::Block> results;
  };
  /// The place on a stream after the calls of a submit.
  struct Mark {
    Ticket ticket;
    CudaEvent event;
  };
  /// Marks that nobody has seen reached, oldest first; of these, the first `reached` are.
  struct Lane {
    std::deque<Mark> marks;
    std::size_t reached = 0;
    Ticket last_done = Ticket::none;
  };

  using OpenMap = std::map<Ticket, Open>;

  Open& open(Ticket ticket);
  bool keep_result(const GpuCall& call, Open& open);
  bool mark(StreamId stream, Ticket ticket);
  bool look(Lane& lane);
  bool is_reached(Ticket ticket, const Open& open) const;
  bool complete(Ticket ticket, Open& open);
  bool add_result(const GpuCall& call, const DeviceBlock& copy);

  Device& device_;
  RankLedger& ledger_;
  SharedLog& log_;
  const CudaApi& cuda_;
  Faults& faults_;
  bool keep_results_;
  OpenMap open_;
  /// Nodes of complete submits: at the rate of small calls, allocating them is a good part of the cost.
  std::vector<OpenMap::node_type> unused_;
  std::map<StreamId, Lane> lanes_;
};

}  // namespace gridlock
