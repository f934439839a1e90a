#include "core/grid/group_registry.h"

#include <xxhash.h>

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
  std::vector<Registered>& same_hash = groups_[key];
  for (const Registered& group : same_hash) {
    if (group.backend == backend && group.members == members) return {group.creation, false};
  }
  same_hash.push_back({members, backend, creation_count_});
  ++size_;
  return {creation_count_++, true};
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
  const std::size_t destroyed = size_;
  groups_.clear();
  size_ = 0;
  digest_ = mixed(digest_, kDestroyed);
  return destroyed;
}

}  // namespace gridlock
