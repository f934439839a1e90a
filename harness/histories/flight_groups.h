#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/grid/group_table.h"
#include "harness/histories/flight_dump.h"

namespace gridlock {

/// The process groups of a job, put together from the dumps of its ranks.
class FlightGroups {
 public:
  /// A group as one rank uses it. `handle` is none where no dump tells its members.
  struct Use {
    GroupHandle handle = GroupHandle::none;
    /// In the order of group ranks; null with handle none.
    const std::vector<RankId>* ranks = nullptr;
  };

  /// `dumps` must outlive this object.
  explicit FlightGroups(const std::vector<FlightDump>& dumps);

  /// One more than the highest rank that any dump names.
  RankId world_size() const { return world_size_; }
  /// The group of that name as `rank` knows it, added to the table when it is new there.
  Use use(GroupTable& table, RankId rank, const std::string& name, BackendKind backend);

 private:
  const FlightGroup* find(RankId rank, const std::string& name) const;
  void name_for_reports();

  std::map<RankId, const FlightDump*> dump_of_;
  RankId world_size_ = 1;
  /// All descriptions of a name, in the order of the dumps.
  std::map<std::string, std::vector<const FlightGroup*>> by_name_;
  /// By (length, text): torch counts its groups, and the order of numbers is the order of creation.
  std::map<std::pair<std::size_t, std::string>, std::int64_t> creation_;
  std::map<std::string, std::string> shown_;
  std::map<std::tuple<RankId, std::string, BackendKind>, Use> uses_;
};

}  // namespace gridlock
