#include "sim/creation.h"

#include <algorithm>
#include <utility>

namespace gridlock::sim {
namespace {

std::size_t index(RankId rank) { return static_cast<std::size_t>(rank); }

}  // namespace

GroupCreation::GroupCreation(RankId world_size, GroupTable& groups)
    : world_size_(world_size), groups_(groups), pasts_(index(world_size)), registries_(1) {}

std::int64_t GroupCreation::next_index(RankId rank) const { return count_of(pasts_[index(rank)]); }

void GroupCreation::new_group(RankId rank, const GroupSpec& spec, std::int64_t drift) {
  Past& past = pasts_[index(rank)];
  const std::int64_t begin = count_of(past);
  ++past.by_hand;
  join(rank, {nullptr, spec, begin, begin + 1, drift, {}});
}

std::optional<GridHandle> GroupCreation::create_grid(RankId rank, const std::shared_ptr<const Plan>& plan,
                                                     std::string_view name, std::int64_t drift) {
  Past& past = pasts_[index(rank)];
  GridCreation& creation = grid_creation(past, plan);
  const std::int64_t begin = count_of(past);
  past = {creation.registry_after, 0};
  if (creation.creating_requests.empty()) {
    if (creation.grid == GridHandle::none)
      creation.grid = groups_.add_grid(creation.plan, creation.creation_of_request, name);
    return creation.grid;
  }
  if (creation.name.empty()) creation.name = name;
  join(rank, {&creation, {}, begin, count_of(past), drift, {}});
  return std::nullopt;
}

GroupCreation::GridCreation& GroupCreation::grid_creation(Past past,
                                                          const std::shared_ptr<const Plan>& plan) {
  std::unique_ptr<GridCreation>& known = grid_creations_[{past.registry, past.by_hand, plan->fingerprint()}];
  if (known != nullptr) return *known;
  known = std::make_unique<GridCreation>();
  known->plan = plan;
  known->registry_after = static_cast<std::uint32_t>(registries_.size());
  go_to(past);
  std::int64_t next = current_registry_.creation_count();
  known->creation_of_request = current_registry_.resolve(*plan);
  for (std::size_t i = 0; i < known->creation_of_request.size(); ++i) {
    if (known->creation_of_request[i] != next) continue;
    known->creating_requests.push_back(static_cast<std::int64_t>(i));
    ++next;
  }
  registries_.push_back({past, plan, current_registry_.creation_count()});
  current_ = {known->registry_after, 0};
  return *known;
}

void GroupCreation::go_to(Past past) {
  if (current_.registry != past.registry || current_.by_hand > past.by_hand) {
    std::vector<std::uint32_t> line;
    for (std::uint32_t registry = past.registry; registry != 0;
         registry = registries_[registry].before.registry) {
      line.push_back(registry);
    }
    current_registry_ = GroupRegistry{};
    for (auto registry = line.rbegin(); registry != line.rend(); ++registry) {
      const Registry& step = registries_[*registry];
      for (std::int32_t i = 0; i < step.before.by_hand; ++i) current_registry_.new_group();
      current_registry_.resolve(*step.plan);
    }
    current_ = {past.registry, 0};
  }
  for (; current_.by_hand < past.by_hand; ++current_.by_hand) current_registry_.new_group();
}

void GroupCreation::join(RankId rank, Segment segment) {
  const auto same = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& other) {
    return other.grid == segment.grid && other.begin == segment.begin && other.drift == segment.drift &&
           (segment.grid != nullptr || other.spec == segment.spec);
  });
  if (same != segments_.end()) {
    same->ranks.push_back(rank);
  } else {
    segments_.push_back(std::move(segment));
    segments_.back().ranks.push_back(rank);
  }
  ++waiting_;
  advance();
}

void GroupCreation::advance() {
  while (waiting_ == world_size_ && are_alike_at(next_)) {
    // Alone, a segment is like itself to its end.
    next_ = segments_.size() == 1 ? segments_.front().end : next_ + 1;
    for (Segment& segment : segments_) {
      if (segment.end == next_) release(segment);
    }
    segments_.erase(std::remove_if(segments_.begin(), segments_.end(),
                                   [&](const Segment& segment) { return segment.end == next_; }),
                    segments_.end());
  }
}

bool GroupCreation::are_alike_at(std::int64_t creation) const {
  if (segments_.size() == 1) return true;
  const GroupSpec first = spec_at(segments_.front(), creation);
  return std::all_of(segments_.begin() + 1, segments_.end(), [&](const Segment& segment) {
    const GroupSpec other = spec_at(segment, creation);
    return segment.drift == segments_.front().drift && first.backend == other.backend &&
           first.members == other.members;
  });
}

GroupSpec GroupCreation::spec_at(const Segment& segment, std::int64_t creation) {
  if (segment.grid == nullptr) return segment.spec;
  const std::vector<std::int64_t>& requests = segment.grid->creating_requests;
  return segment.grid->plan->request(requests[static_cast<std::size_t>(creation - segment.begin)]);
}

void GroupCreation::release(Segment& segment) {
  waiting_ -= static_cast<RankId>(segment.ranks.size());
  Release release{std::move(segment.ranks), GroupHandle::none, GridHandle::none};
  if (segment.grid == nullptr) {
    release.group = groups_.add(segment.begin, segment.spec);
  } else {
    release.grid =
        groups_.add_grid(segment.grid->plan, segment.grid->creation_of_request, segment.grid->name);
  }
  released_.push_back(std::move(release));
}

std::vector<GroupCreation::Release> GroupCreation::take_released() { return std::exchange(released_, {}); }

}  // namespace gridlock::sim
