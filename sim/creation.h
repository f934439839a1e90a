#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/grid/group_registry.h"
#include "core/grid/group_table.h"
#include "core/grid/plan.h"

namespace gridlock::sim {

/// Group creations of all ranks (rule P01): every rank of the world takes part in every creation, in the same
/// order, and creation i is complete when all ranks are at i and ask for the same members and backend.
/// A grid is a run of creations; ranks that create equal plans from equal registries are one segment and are
/// compared as a whole, so that the common case costs O(world) and not ranks x groups. A rank that makes the
/// groups of a grid by hand is compared creation by creation. The first difference is never passed.
class GroupCreation {
 public:
  /// `groups` outlives this.
  GroupCreation(RankId world_size, GroupTable& groups);

  /// Index of the rank's next creation in the world's order.
  std::int64_t next_index(RankId rank) const;

  /// The rank has come and parks until `released` names it (perhaps at once). `drift`: groups that it has
  /// made elsewhere; where names are counters, ranks of other drifts never meet. Requires: spec.members lie
  /// in the world and are not empty.
  void new_group(RankId rank, const GroupSpec& spec, std::int64_t drift);
  /// A grid whose requests are all in the rank's registry is answered at once; otherwise as new_group.
  /// `name` is what reports call the grid.
  std::optional<GridHandle> create_grid(RankId rank, const std::shared_ptr<const Plan>& plan,
                                        std::string_view name, std::int64_t drift);

  /// Ranks whose creations are complete, with what they made, since the last call.
  struct Release {
    std::vector<RankId> ranks;
    GroupHandle group = GroupHandle::none;
    GridHandle grid = GridHandle::none;
  };
  std::vector<Release> take_released();

 private:
  /// What a rank has created so far: a registry, and how many groups it made by hand since that registry.
  struct Past {
    std::uint32_t registry = 0;
    std::int32_t by_hand = 0;
  };
  /// A registry in the tree of all registries that ranks of this run have had.
  struct Registry {
    Past before;
    std::shared_ptr<const Plan> plan;
    std::int64_t creation_count = 0;
  };
  /// A plan created after a certain past: the same for all ranks with that past.
  struct GridCreation {
    std::shared_ptr<const Plan> plan;
    std::string name;
    std::uint32_t registry_after = 0;
    std::vector<std::int64_t> creation_of_request;
    /// Requests that make a group, in order.
    std::vector<std::int64_t> creating_requests;
    GridHandle grid = GridHandle::none;
  };
  /// Ranks that ask for the same creations [begin, end).
  struct Segment {
    const GridCreation* grid = nullptr;
    GroupSpec spec;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    std::int64_t drift = 0;
    std::vector<RankId> ranks;
  };

  GridCreation& grid_creation(Past past, const std::shared_ptr<const Plan>& plan);
  /// Brings current_registry_ to a past, by replaying its plans if the run has gone another way since.
  void go_to(Past past);
  std::int64_t count_of(Past past) const { return registries_[past.registry].creation_count + past.by_hand; }
  void join(RankId rank, Segment segment);
  void advance();
  bool are_alike_at(std::int64_t creation) const;
  static GroupSpec spec_at(const Segment& segment, std::int64_t creation);
  void release(Segment& segment);

  RankId world_size_;
  GroupTable& groups_;
  std::vector<Past> pasts_;
  std::vector<Registry> registries_;
  GroupRegistry current_registry_;
  Past current_;
  std::map<std::tuple<std::uint32_t, std::int32_t, std::uint64_t>, std::unique_ptr<GridCreation>>
      grid_creations_;
  /// Creations before this one are complete.
  std::int64_t next_ = 0;
  RankId waiting_ = 0;
  std::vector<Segment> segments_;
  std::vector<Release> released_;
};

}  // namespace gridlock::sim
