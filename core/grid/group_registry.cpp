#include "core/grid/group_registry.h"

#include <xxhash.h>

#include <algorithm>
#include <array>

namespace gridlock {
namespace {

std::uint64_t mixed(std::uint64_t digest, std::uint64_t value) {
  const std::array<std::uint64_t, 2> words{digest, value};
  return XXH3_64bits(words.data(), sizeof(words));
}

// Any constant that is no hash of members will do: it stands for "everything was destroyed".
constexpr std::uint64_t kDestroyed = 0x6465'7374'726f'7965ULL;
constexpr std::uint64_t kUnregistered = 0x756e'7265'6769'7374ULL;

}  // namespace

GroupRegistry::Answer GroupRegistry::new_or_get_group(const Members& members, BackendKind backend) {
  const std::uint64_t key = mixed(members.hash(), static_cast<std::uint64_t>(backend));
  digest_ = mixed(digest_, key);
  if (2 * (groups_.size() + 1) > slots_.size()) grow();
  std::uint32_t& slot = slots_[find_slot(key, members, backend)];
  if (slot != 0) return {groups_[slot - 1].creation, false};
  groups_.push_back({key, members, backend, creation_count_});
  slot = static_cast<std::uint32_t>(groups_.size());
  return {creation_count_++, true};
}

std::size_t GroupRegistry::find_slot(std::uint64_t key, const Members& members, BackendKind backend) const {
  for (std::size_t at = key & (slots_.size() - 1);; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at] == 0) return at;
    const Registered& group = groups_[slots_[at] - 1];
    if (group.key == key && group.backend == backend && group.members == members) return at;
  }
}

void GroupRegistry::grow() {
  constexpr std::size_t kSlotsLeast = 16;
  slots_.assign(std::max(kSlotsLeast, 2 * slots_.size()), 0);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    const Registered& group = groups_[i];
    slots_[find_slot(group.key, group.members, group.backend)] = static_cast<std::uint32_t>(i + 1);
  }
}

std::int64_t GroupRegistry::new_group() {
  digest_ = mixed(digest_, kUnregistered);
  return creation_count_++;
}

std::vector<std::int64_t> GroupRegistry::resolve(const Plan& plan) {
  const std::int64_t count = plan.request_count();
  std::vector<std::int64_t> creation_of_request;
  creation_of_request.reserve(static_cast<std::size_t>(count));
  for (std::int64_t i = 0; i < count; ++i) {
    const PlanFamily& family = plan.families()[plan.locate(i).family];
    creation_of_request.push_back(family.uses_registry
                                      ? new_or_get_group(plan.members_of(i), plan.backend_of(i)).creation
                                      : new_group());
  }
  return creation_of_request;
}

std::size_t GroupRegistry::destroy_all_comm_groups() {
  const std::size_t destroyed = groups_.size();
  groups_.clear();
  slots_.clear();
  digest_ = mixed(digest_, kDestroyed);
  return destroyed;
}

}  // namespace gridlock
