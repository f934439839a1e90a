#include "sim/fault_injector.h"

#include <algorithm>
#include <limits>

namespace gridlock::sim {
namespace {

std::size_t index(RankId rank) { return static_cast<std::size_t>(rank); }

}  // namespace

FaultInjector::FaultInjector(std::span<const Fault> faults, RankId world_size) : faults_(faults) {
  if (faults.empty()) return;
  calls_made_.resize(index(world_size), 0);
  factors_.resize(index(world_size), 1);
  fired_.resize(index(world_size) * faults.size(), false);
}

bool FaultInjector::hits(const Fault& fault, std::int64_t calls_before, const Request& request,
                         const SiteTable& sites) const {
  const FaultTrigger& at = fault.at;
  if (at.by == FaultTrigger::By::call) {
    const std::int64_t calls_after = calls_before + static_cast<std::int64_t>(request.calls.size());
    return request.kind == RequestKind::submit && at.call > calls_before && at.call <= calls_after;
  }
  if (at.by != FaultTrigger::By::step || request.kind == RequestKind::done) return false;
  const Label& label = request.calls.empty() ? request.label : request.calls.front().label;
  if (sites.site(label.site).text != at.label) return false;
  for (std::size_t i = 0; i < kLoopsShown; ++i) {
    if (at.turns[i] >= 0 && at.turns[i] != label.turns[i]) return false;
  }
  return true;
}

void FaultInjector::take_hits(RankId rank, const Request& request, const SiteTable& sites,
                              std::vector<const Fault*>& found) {
  std::int64_t& calls_made = calls_made_[index(rank)];
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    const auto place = index(rank) * faults_.size() + i;
    if (fired_[place] || !faults_[i].ranks.contains(rank)) continue;
    if (!hits(faults_[i], calls_made, request, sites)) continue;
    fired_[place] = true;
    found.push_back(&faults_[i]);
  }
  if (request.kind == RequestKind::submit) calls_made += static_cast<std::int64_t>(request.calls.size());
}

std::size_t FaultInjector::call_index(const Fault& fault, RankId rank, const Request& request) const {
  if (fault.at.by != FaultTrigger::By::call) return 0;
  const std::int64_t first = calls_made_[index(rank)] - static_cast<std::int64_t>(request.calls.size());
  return static_cast<std::size_t>(fault.at.call - first - 1);
}

void FaultInjector::slow_down(RankId rank, std::int64_t factor) {
  std::int64_t& known = factors_[index(rank)];
  if (__builtin_mul_overflow(known, factor, &known)) known = std::numeric_limits<std::int64_t>::max();
}

}  // namespace gridlock::sim
