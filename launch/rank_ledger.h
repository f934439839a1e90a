#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "core/grid/group_registry.h"
#include "core/history/histories.h"
#include "core/rank/rank.h"
#include "core/rank/step_machine.h"
#include "launch/shared_log.h"

namespace gridlock {

/// What one rank of a real world knows about groups and has done, every bit of it written to the rank's log
/// before anything is done about it. Lives in the rank's process and is used by its main thread only, except
/// for record_done. The functions that record return false when the log is full.
class RankLedger {
 public:
  RankLedger(RankId rank, RankId world_size, SiteTable sites, SharedLog& log);

  const GroupTable& groups() const { return groups_; }
  SiteId site(const Site& site);

  /// An accepted call, alone or of a batch; `sequence` becomes its number in its order. Requires: the rank is
  /// in the group.
  [[nodiscard]] bool record_call(const Call& call, Ticket ticket, bool is_batch, std::int32_t& sequence);
  /// A call that was refused: it takes no place in its order.
  [[nodiscard]] bool record_rejected(const Call& call);
  /// What the program still intends, at the end of the run.
  void record_intended(const IntendedCalls& intended);
  [[nodiscard]] bool record_plain(Record record);
  [[nodiscard]] bool record_named(RecordKind kind, std::string_view name, const Label& label,
                                  bool rejected = false, std::int64_t count = 0);
  /// A new_group with members that are not all in the world: no creation is taken.
  [[nodiscard]] bool record_rejected_group(const GroupSpec& spec, const Label& label);
  [[nodiscard]] bool record_done(StreamId stream, Ticket ticket);
  [[nodiscard]] bool record_complaint(const Complaint& complaint);

  /// `identities` has one number for each group that is made, in order: equal on all ranks that agree about
  /// place in the world's order, members and backend of that creation.
  struct NewGroup {
    bool recorded = false;
    std::vector<std::uint64_t> identities;
    GroupHandle handle = GroupHandle::none;
  };
  NewGroup new_group(const GroupSpec& spec, const Label& label);
  struct NewGrid {
    bool recorded = false;
    std::vector<std::uint64_t> identities;
    GridHandle handle = GridHandle::none;
  };
  /// `name` is what reports call the grid.
  NewGrid create_grid(std::shared_ptr<const Plan> plan, std::string_view name, const Label& label);

 private:
  std::uint64_t identity(std::int64_t creation, const GroupSpec& spec) const;
  std::int32_t& next_sequence(InstanceId group, const Call& call);
  bool append_call(const Call& call, Record record);
  bool append_noted(const Call& call, Record record);
  bool append_group(const GroupSpec& spec, const Label& label, bool rejected);
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
  std::int32_t notes_ = 0;
  /// Next sequence by group, kind of order (collectives, sends, receives), peer and, on gloo groups, tag.
  std::map<std::tuple<InstanceId, int, GroupRank, std::int32_t>, std::int32_t> sequences_;
};

}  // namespace gridlock
