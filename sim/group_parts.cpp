#include "sim/group_parts.h"

#include <algorithm>
#include <utility>

namespace gridlock::sim {

GroupParts::Meeting& GroupParts::meeting(RankId rank, InstanceId parent, std::uint64_t members,
                                         const Members& expected, Key& key) {
  key = {parent, members, numbers_[{rank, parent, members}]++};
  Meeting& found = meetings_[key];
  if (found.came.empty()) found.expected = expected;
  return found;
}

void GroupParts::split(RankId rank, InstanceId parent, std::int32_t color, std::int32_t key) {
  const Members all = groups_.instance(parent).spec.members;
  Key place;
  Meeting& found = meeting(rank, parent, 0, all, place);
  found.came.push_back({rank, color, key});
  if (found.came.size() < static_cast<std::size_t>(all.size())) return;
  make_split(place, found);
  meetings_.erase(place);
}

void GroupParts::make_split(const Key& key, Meeting& meeting) {
  const InstanceId parent = std::get<InstanceId>(key);
  const GroupSpec of_parent = groups_.instance(parent).spec;
  std::sort(meeting.came.begin(), meeting.came.end(), [&](const Came& a, const Came& b) {
    if (a.color != b.color) return a.color < b.color;
    if (a.key != b.key) return a.key < b.key;
    return of_parent.members.index_of(a.rank) < of_parent.members.index_of(b.rank);
  });
  for (auto first = meeting.came.begin(); first != meeting.came.end();) {
    const auto end = std::find_if(first, meeting.came.end(),
                                  [first](const Came& came) { return came.color != first->color; });
    GroupHandle group = GroupHandle::none;
    if (first->color >= 0) {
      std::vector<RankId> ranks;
      for (auto came = first; came != end; ++came) ranks.push_back(came->rank);
      GroupSpec spec = of_parent;
      spec.members = Members::ordered(std::move(ranks));
      spec.name = of_parent.name + "/" + std::to_string(first->color);
      group = groups_.add_part(parent, std::get<std::int32_t>(key), spec);
    }
    for (; first != end; ++first) released_.push_back({first->rank, group});
  }
}

void GroupParts::shrink(RankId rank, InstanceId parent, const GroupSpec& spec, std::int64_t name) {
  Key place;
  const std::uint64_t mixed_name = static_cast<std::uint64_t>(name) * 0x9E37'79B1'85EB'CA87ULL;
  Meeting& found = meeting(rank, parent, (spec.members.hash() ^ mixed_name) | 1, spec.members, place);
  found.came.push_back({rank, 0, 0});
  if (found.came.size() < static_cast<std::size_t>(spec.members.size())) return;
  // Parts of one parent are told apart by their members too, so numbers of splits and shrinks may be equal.
  const GroupHandle group = groups_.add_part(parent, std::get<std::int32_t>(place), spec);
  for (const Came& came : found.came) released_.push_back({came.rank, group});
  meetings_.erase(place);
}

std::vector<GroupParts::Release> GroupParts::take_released() { return std::exchange(released_, {}); }

void GroupParts::fill(Histories& histories) const {
  for (const auto& entry : meetings_) {
    const Meeting& meeting = entry.second;
    Connection connection{std::get<InstanceId>(entry.first), {}};
    meeting.expected.for_each([&](RankId rank) {
      const bool came = std::any_of(meeting.came.begin(), meeting.came.end(),
                                    [rank](const Came& one) { return one.rank == rank; });
      if (!came) connection.absent.push_back(rank);
    });
    for (const Came& came : meeting.came) {
      histories.ranks[static_cast<std::size_t>(came.rank)].connection =
          static_cast<std::int32_t>(histories.connections.size());
    }
    histories.connections.push_back(std::move(connection));
  }
}

}  // namespace gridlock::sim
