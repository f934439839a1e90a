#pragma once

#include <span>
#include <vector>

#include "core/world/world.h"
#include "sim/device.h"
#include "sim/recorder.h"

namespace gridlock::sim {

/// Turns a rank's submit into work of the device: local checks, records, sequence numbers.
class Submission {
 public:
  /// All outlive this.
  Submission(const GroupTable& groups, std::vector<RankState>& ranks, Device& device, Recorder& recorder,
             bool needs_buffers);

  struct Result {
    Status status;
    Ticket ticket = Ticket::none;
    /// Some call is on a group whose backend blocks the host until it is complete.
    bool blocks_host = false;
  };
  /// One call or a batch. Refused as a whole when one call is wrong (nothing is enqueued, one rejected
  /// record). A rank may send to itself only in a batch that also receives it (S27). No calls: a ticket that
  /// is complete.
  Result submit(RankId rank, std::span<const Call> calls, Nanos now);

 private:
  StatusCode check(RankId rank, const Call& call);
  /// The first call of which a message to the own rank has no other end in the batch, calls.size() if there
  /// is none.
  std::size_t first_unpaired(RankId rank, std::span<const Call> calls);
  void reject(RankId rank, const Call& call);
  /// What the history says about the call; its sequence number is the rank's next.
  Record describe(RankId rank, const Call& call) const;
  OpenCall open(RankId rank, const Call& call, Record& record);

  const GroupTable& groups_;
  std::vector<RankState>& ranks_;
  Device& device_;
  Recorder& recorder_;
  bool needs_buffers_;
  std::vector<StreamId> streams_;
};

}  // namespace gridlock::sim
