#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "core/grid/group_table.h"
#include "launch/rank_host.h"
#include "nccl_backend/faults.h"
#include "nccl_backend/options.h"

namespace gridlock {

/// A group that gets a communicator if it has at least two members.
struct CommRequest {
  InstanceId group = InstanceId::none;
  Members members;
};

/// The communicators of one rank. That of the world is made from a unique id that rank 0 tells the others;
/// groups are split off it when they are created, because a first use cannot be relied on to be the same on
/// all members (a message concerns two of them). They stay until the end of the run: peers may still be in
/// their last operation. Whatever fails is a fault. Used by the rank's main thread; functions marked (parks)
/// let time pass and answer false when the run ended meanwhile, as they do after a fault.
class Communicators {
 public:
  /// All outlive this.
  Communicators(const NcclApi& nccl, Faults& faults, RankHost& host, const NcclOptions& options)
      : nccl_(nccl), faults_(faults), host_(host), options_(options) {}
  Communicators(const Communicators&) = delete;
  Communicators& operator=(const Communicators&) = delete;

  /// Tells the others the unique id, on rank 0: the sooner, the less they wait.
  bool offer_id();
  /// Makes the communicator of all ranks (parks). Requires: at least two ranks; a device is set.
  bool connect(RankId world_size);
  /// Makes those of new groups, on members and all others alike (parks). Requires: connected; every rank
  /// calls this with the same groups.
  bool create(RankId world_size, std::span<const CommRequest> groups);

  /// The rank's communicator of a group; null for groups of one.
  NcclComm find(InstanceId group) const;
  /// A communicator of this rank alone, for what is more than a copy in groups of one. Made at first use
  /// (parks); nothing after a fault.
  std::optional<NcclComm> alone();

  /// Waits until NCCL has taken in what was called last (parks; at once on blocking communicators).
  bool settle(NcclComm comm);
  /// Looks for errors that NCCL met in the background. Does not park.
  bool check();

  /// Gives everything back: in step with the other ranks when the run ended well, else by aborting it.
  /// Bounded by kCloseTimeMax.
  void close(bool well);

  static constexpr Nanos kCloseTimeMax = std::chrono::seconds(5);

 private:
  NcclConfig config() const;
  bool init(NcclComm& comm, int size, const NcclUniqueId& id, int rank);
  bool split(std::span<const CommRequest> groups, const std::vector<std::size_t>& members);
  bool finalize(NcclComm comm, Nanos deadline);
  void abort_rest();

  const NcclApi& nccl_;
  Faults& faults_;
  RankHost& host_;
  NcclOptions options_;
  std::map<InstanceId, NcclComm> by_group_;
  NcclComm alone_ = nullptr;
  /// Where a split puts the communicator that a rank without a colour does not get.
  NcclComm no_child_ = nullptr;
  /// All that are open, in the order in which they were made.
  std::vector<NcclComm> open_;
};

}  // namespace gridlock
