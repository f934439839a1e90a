#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "core/data/operation.h"
#include "core/world/world.h"

namespace gridlock {

/// A kind of world that the contract is tested on. To add a world, add a row in worlds.cpp.
struct WorldFactory {
  std::string name;
  std::function<std::unique_ptr<World>()> make;
  /// The largest world that a test may ask for.
  RankId rank_max = 8;
  /// Operations that this world can carry.
  std::vector<CallKind> operations;

  bool carries(CallKind kind) const;
};

std::ostream& operator<<(std::ostream& out, const WorldFactory& factory);

/// All worlds. Each test of the suite runs on each of them.
std::vector<WorldFactory> all_worlds();

}  // namespace gridlock
