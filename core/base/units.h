#pragma once

#include <chrono>
#include <cstdint>

namespace gridlock {

/// An absolute rank of the world, 0..N-1. Grid logic is arithmetic on ranks, so this is a number and not a
/// wrapped type; -1 stands for "not a member", as in the reference.
using RankId = std::int32_t;

/// Place of a rank inside one group, 0..size-1 in the order of the group's sorted members.
using GroupRank = std::int32_t;

inline constexpr RankId kNoRank = -1;

/// Virtual time and durations: int64 nanoseconds. Real worlds use it for configured limits only.
using Nanos = std::chrono::duration<std::int64_t, std::nano>;

/// An ordered queue of device work of one rank. Stream 0 exists on every rank.
enum class StreamId : std::int32_t { main = 0 };

}  // namespace gridlock
