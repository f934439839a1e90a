#include "core/diagnosis/call_counts.h"

namespace gridlock {
namespace {

/// Groups that are asked, and members of each.
constexpr std::size_t kGroupMax = 256;
constexpr GroupRank kMembersMax = 1024;

/// What all members of a group make; nothing where they differ or one is not known.
std::optional<std::size_t> agreed_calls(Evidence& evidence, InstanceId instance) {
  const Members& members = evidence.members(instance);
  if (members.size() > kMembersMax) return std::nullopt;
  const auto agreed = total_calls(evidence, members[0], instance);
  for (GroupRank member = 1; agreed && member < members.size(); ++member) {
    if (total_calls(evidence, members[member], instance) != agreed) return std::nullopt;
  }
  return agreed;
}

}  // namespace

std::optional<std::size_t> total_calls(Evidence& evidence, RankId rank, InstanceId instance) {
  if (!evidence.has_whole_plan(rank) && evidence.state(rank) != HostState::returned) return std::nullopt;
  return static_cast<std::size_t>(evidence.collectives(rank, instance).last_sequence() + 1);
}

std::vector<std::size_t> counts_of_family(Evidence& evidence, GroupHandle group, InstanceId except) {
  std::vector<std::size_t> counts;
  const GroupTable& groups = evidence.histories().groups;
  for (RankId rank = 0; rank < evidence.world_size() && counts.size() < kGroupMax; ++rank) {
    const InstanceId instance = groups.resolve(group, rank);
    if (instance == InstanceId::none || instance == except) continue;
    if (evidence.members(instance).index_of(rank) != 0) continue;  // each group once
    const auto agreed = agreed_calls(evidence, instance);
    if (agreed && *agreed > 0) counts.push_back(*agreed);
  }
  return counts;
}

}  // namespace gridlock
