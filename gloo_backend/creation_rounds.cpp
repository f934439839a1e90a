#include "gloo_backend/creation_rounds.h"

#include <algorithm>
#include <span>

#include "gloo_backend/call_header.h"
#include "gloo_backend/collective.h"

namespace gridlock {

// Each round tells what this rank still has to create: how much, a hash of all of it, and the next one. Ranks
// that all have the same before them pass it at once, so that a grid costs one round; otherwise they go on
// one by one.
bool CreationRounds::pass(const std::vector<std::uint64_t>& identities) {
  std::span<const std::uint64_t> rest(identities);
  while (!rest.empty()) {
    CallHeader mine;
    mine.count = static_cast<std::int64_t>(rest.size());
    mine.counts_hash = mixed(rest);
    mine.kind = rest.front();
    const auto all = exchange_headers(links_.world_ptr(), mine, collective_tag(round_++, TagPart::creation));
    const auto agree = [&](auto same) { return std::all_of(all.begin(), all.end(), same); };
    if (agree([&](const CallHeader& other) { return other == mine; })) return true;
    if (!agree([&](const CallHeader& other) { return other.kind == mine.kind; })) return false;
    rest = rest.subspan(1);
  }
  return true;
}

}  // namespace gridlock
