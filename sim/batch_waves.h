#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/grid/group_table.h"
#include "core/rank/call.h"

namespace gridlock::sim {

/// A send or recv of a batch, as its own rank sees it.
struct BatchMessage {
  CallKind kind = CallKind::send;
  InstanceId instance = InstanceId::none;
  GroupRank self = 0;
  GroupRank peer = 0;
  GroupRank group_size = 1;
};

/// The part of its batch in which each message progresses, from 0. The library goes through the peers in
/// rounds, in round d a send to self + d and a recv from self - d, one of each, and again while something is
/// left (rule S09); `works_max` rounds that have something to do progress together.
std::vector<std::uint16_t> batch_waves(std::span<const BatchMessage> messages, std::int64_t works_max);

}  // namespace gridlock::sim
