#pragma once

#include <cstdint>
#include <vector>

#include "gloo_backend/gloo_links.h"

namespace gridlock {

/// Group creations of a rank with all others: every rank of the world takes part in every creation, in the
/// same order (rule P01), whether it makes groups one by one or as a grid.
class CreationRounds {
 public:
  explicit CreationRounds(GlooLinks& links) : links_(links) {}

  /// Passes the creations with these identities, in order. Blocks until all ranks have come to them. False
  /// when another rank asks for something else in the place of one: it is never passed. Gloo's exceptions
  /// pass through. One thread at a time. Requires: more than one rank.
  bool pass(const std::vector<std::uint64_t>& identities);

 private:
  GlooLinks& links_;
  std::int64_t round_ = 0;
};

}  // namespace gridlock
