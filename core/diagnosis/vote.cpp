#include "core/diagnosis/vote.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"

namespace gridlock {

Vote vote(const std::vector<std::size_t>& sizes, std::size_t unknown) {
  GRIDLOCK_CHECK(sizes.size() >= 2);
  const std::size_t known = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0});
  Vote result;
  result.order.resize(sizes.size());
  std::iota(result.order.begin(), result.order.end(), std::size_t{0});
  // Small sides first: they are blamed; equal ones keep their order.
  std::stable_sort(result.order.begin(), result.order.end(),
                   [&](std::size_t a, std::size_t b) { return sizes[a] < sizes[b]; });
  const std::size_t largest = sizes[result.order.back()];
  const bool has_majority = largest * 2 > known;
  result.relation = has_majority ? Relation::minority : Relation::tie;
  result.blamed = has_majority ? sizes.size() - 1 : sizes.size();
  if (unknown > 0) {
    const bool stands = has_majority && largest * 2 > known + unknown;
    result.certainty = stands ? Certainty::certain : has_majority ? Certainty::likely : Certainty::undecided;
  }
  return result;
}

}  // namespace gridlock
