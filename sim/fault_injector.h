#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/base/label.h"
#include "core/rank/request.h"
#include "core/world/fault.h"

namespace gridlock::sim {

/// Decides when the faults of a run hit a rank; what they do is the engine's. Each fault hits each of its
/// ranks once.
class FaultInjector {
 public:
  FaultInjector(std::span<const Fault> faults, RankId world_size);

  bool is_on() const { return !faults_.empty(); }
  std::span<const Fault> faults() const { return faults_; }
  /// Counts the calls of the request and appends the faults that hit the rank at it.
  void take_hits(RankId rank, const Request& request, const SiteTable& sites,
                 std::vector<const Fault*>& hits);
  /// Index in the request's calls of the one that a fault by call names; 0 for another trigger. Requires: the
  /// fault hit at this request.
  std::size_t call_index(const Fault& fault, RankId rank, const Request& request) const;

  void slow_down(RankId rank, std::int64_t factor);
  /// How many times longer the rank's host work takes.
  std::int64_t factor(RankId rank) const {
    return factors_.empty() ? 1 : factors_[static_cast<std::size_t>(rank)];
  }

 private:
  bool hits(const Fault& fault, std::int64_t calls_before, const Request& request,
            const SiteTable& sites) const;

  std::span<const Fault> faults_;
  /// Index = rank; empty without faults.
  std::vector<std::int64_t> calls_made_;
  std::vector<std::int64_t> factors_;
  /// Index = rank * faults + fault.
  std::vector<bool> fired_;
};

}  // namespace gridlock::sim
