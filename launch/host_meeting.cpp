#include "launch/host_meeting.h"

#include <algorithm>
#include <span>
#include <string>

#include <fmt/format.h>

#include "launch/wire.h"

namespace gridlock {
namespace {

/// What one rank still has to create: how much, all of it in one number, and the next one.
struct Remaining {
  std::uint64_t count = 0;
  std::uint64_t all = 0;
  std::uint64_t next = 0;

  bool operator==(const Remaining&) const = default;
};

Remaining remaining(std::span<const std::uint64_t> identities) {
  std::uint64_t all = 0;
  for (const std::uint64_t identity : identities) all = (all ^ identity) * 0x9e37'79b9'7f4a'7c15ULL;
  return {identities.size(), all, identities.front()};
}

}  // namespace

// Ranks that all have the same before them pass it at once, so that a grid costs one round; otherwise they go
// on one by one.
HostMeeting::Result HostMeeting::pass(const std::vector<std::uint64_t>& identities) {
  std::span<const std::uint64_t> rest(identities);
  while (!rest.empty()) {
    const std::string round = fmt::format("creation {} of rank ", round_++);
    const Remaining mine = remaining(rest);
    Encoder out;
    out(mine);
    if (!host_.put(round + std::to_string(host_.rank()), out.bytes())) {
      host_.log().set_trouble(Trouble::backend_error, "cannot tell the other ranks of a creation");
      return Result::differ;
    }
    bool same_all = true;
    bool same_next = true;
    for (RankId rank = 0; rank < world_size_; ++rank) {
      std::optional<std::string> text;
      for (std::int64_t times = 0; !(text = host_.get(round + std::to_string(rank))); ++times) {
        if (host_.ended()) return Result::ended;
        host_.pause(times);
      }
      const auto other = Decoder(std::as_bytes(std::span(*text))).read<Remaining>();
      same_all = same_all && other == mine;
      same_next = same_next && other.next == mine.next;
    }
    if (same_all) return Result::agreed;
    if (!same_next) return Result::differ;
    rest = rest.subspan(1);
  }
  return Result::agreed;
}

}  // namespace gridlock
