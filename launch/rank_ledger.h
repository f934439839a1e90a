#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/group_registry.h"
#include "core/histories.h"
#include "core/rank.h"
#include "launch/shared_log.h"

namespace gridlock {

/// Where a call stands among all calls on its group.
struct CallPlace {
  InstanceId group = InstanceId::none;
  GroupRank rank = kNoRank;
  std::int32_t sequence = 0;
};

/// What one rank of a real world knows about groups and has done, every bit of it written to the rank's log
/// before anything is done about it. Lives in the rank's process and is used by its main thread only. The
/// functions that record return false when the log is full.
class RankLedger {
 public:
  RankLedger(RankId rank, RankId world_size, SiteTable sites, SharedLog& log);

  const GroupTable& groups() const { return groups_; }
  /// Depends on all creations so far; equal on ranks that agree about them.
  std::uint64_t registry_digest() const { return registry_.digest(); }
  SiteId site(const Site& site);

  /// Accepted calls of one submit: fills in their places.
  [[nodiscard]] bool record_submit(std::span<const Call> calls, Ticket ticket,
                                   std::vector<CallPlace>& places);
  /// A call that was refused: it takes no place in any order.
  [[nodiscard]] bool record_rejected(const Call& call);
  [[nodiscard]] bool record_plain(Record record);
  [[nodiscard]] bool record_named(RecordKind kind, std::string_view name, const Label& label);
  [[nodiscard]] bool record_done(StreamId stream, Ticket ticket);
  [[nodiscard]] bool record_complaint(const Complaint& complaint);

  struct NewGroup {
    bool recorded = false;
    std::int64_t creation = 0;
    GroupHandle handle = GroupHandle::none;
  };
  NewGroup new_group(const GroupSpec& spec, const Label& label);
  struct NewGrid {
    bool recorded = false;
    std::int64_t first_creation = 0;
    GridHandle handle = GridHandle::none;
  };
  NewGrid create_grid(std::shared_ptr<const Plan> plan, const Label& label);

 private:
  Record record_of(const Call& call) const;
  std::int32_t next_sequence(InstanceId group, const Call& call);
  bool append(const Record& record);

  RankId rank_;
  GroupTable groups_;
  SiteTable sites_;
  GroupRegistry registry_;
  SharedLog& log_;
  /// Entries written so far that records refer to by index.
  std::int32_t counts_ = 0;
  std::int32_t specs_ = 0;
  std::int32_t plans_ = 0;
  std::int32_t names_ = 0;
  /// Next sequence by group, kind of order (collectives, sends, receives) and peer.
  std::map<std::tuple<InstanceId, int, GroupRank>, std::int32_t> sequences_;
};

}  // namespace gridlock
