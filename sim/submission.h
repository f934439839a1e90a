#pragma once

#include <span>
#include <vector>

#include "core/world/world.h"
#include "sim/buffer_races.h"
#include "sim/device.h"
#include "sim/gpu_table.h"
#include "sim/host_meetings.h"
#include "sim/recorder.h"

namespace gridlock::sim {

/// Turns a rank's submit into work of the device: local checks, records, sequence numbers.
class Submission {
 public:
  /// All outlive this.
  Submission(const Semantics& semantics, const GroupTable& groups, std::vector<RankState>& ranks,
             Device& device, HostMeetings& meetings, BufferRaces& races, Recorder& recorder,
             RankId ranks_per_node, bool needs_buffers);

  struct Result {
    Status status;
    Ticket ticket = Ticket::none;
    /// Some call is on a group whose backend blocks the host until it is complete.
    bool blocks_host = false;
    /// The host has to meet others first; the work is enqueued by Device::submit when it has. kNoSlot: it is
    /// enqueued.
    Slot held = kNoSlot;
  };
  /// One call or a batch, made by `host` of the rank. Refused as a whole when one call is wrong (nothing is
  /// enqueued, one rejected record). A rank may send to itself only in a batch that also receives it (S27).
  /// No calls: a ticket that is complete. `corrupted`: index of a call whose output a fault changes; -1:
  /// none.
  Result submit(RankId rank, HostId host, std::span<const Call> calls, bool is_batch, Nanos now,
                std::ptrdiff_t corrupted = -1);

 private:
  /// A call of the submit, and its group's place in RankState::groups.
  struct Placed {
    const Call* call;
    std::size_t use;
  };

  /// Adds the call to placed_ unless it is wrong.
  StatusCode place(RankId rank, const Call& call);
  /// The first call of which a message to the own rank has no other end in the batch; null if there is none.
  const Call* first_unpaired(RankId rank) const;
  void reject(RankId rank, const Call& call);
  Matcher::End end_of(const Call& call, const GroupUse& use, bool alone) const;
  /// What the history says about the call, without its numbers.
  Record describe(const Call& call) const;
  /// Fills in the call with its place in its order, which `record` gets too.
  void open(RankId rank, const Placed& placed, bool is_batch, Record& record, OpenCall& open);
  /// Brings the calls of a batch into the order in which the library pairs them.
  /// Sends and recvs beyond what a batch runs at a time, in waves_.
  void find_waves(RankId rank);

  const GroupTable& groups_;
  std::vector<RankState>& ranks_;
  Device& device_;
  Recorder& recorder_;
  HostMeetings& meetings_;
  BufferRaces& races_;
  GpuTable gpus_;
  bool needs_buffers_;
  bool reorders_;
  bool blocks_host_;
  std::int64_t wave_max_;
  // Of the submit that is looked at.
  std::vector<Placed> placed_;
  bool has_messages_ = false;
  std::vector<std::uint16_t> waves_;
};

}  // namespace gridlock::sim
