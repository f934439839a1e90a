#include "core/grid/group.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <vector>

namespace gridlock {
namespace {

// Keys of the world and of its descendants must not meet by accident: each hashes under a seed of its own.
constexpr std::uint64_t kWorldSeed = 0x6772'6964'0000'0001ULL;
constexpr std::uint64_t kGroupSeed = 0x6772'6964'0000'0002ULL;

void append(std::vector<std::uint32_t>& words, std::uint64_t value) {
  words.push_back(static_cast<std::uint32_t>(value));
  words.push_back(static_cast<std::uint32_t>(value >> 32));
}

GroupKey key_of(const std::vector<std::uint32_t>& words, std::uint64_t seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(words.data(), words.size() * sizeof(std::uint32_t), seed);
  return {hash.high64, hash.low64};
}

}  // namespace

std::string_view backend_name(BackendKind backend) { return backend == BackendKind::nccl ? "nccl" : "gloo"; }

std::optional<BackendKind> backend_from_name(std::string_view name) {
  if (name == "nccl") return BackendKind::nccl;
  if (name == "gloo") return BackendKind::gloo;
  return std::nullopt;
}

GroupKey world_group_key(RankId world_size) {
  return key_of({static_cast<std::uint32_t>(world_size)}, kWorldSeed);
}

GroupKey group_key(const GroupKey& parent, std::int64_t creation_index, const GroupSpec& spec) {
  std::vector<std::uint32_t> words;
  append(words, parent.high);
  append(words, parent.low);
  append(words, static_cast<std::uint64_t>(creation_index));
  words.push_back(static_cast<std::uint32_t>(spec.backend));
  spec.members.append_words(words);
  return key_of(words, kGroupSeed);
}

std::string to_string(const GroupKey& key) { return fmt::format("{:016x}{:016x}", key.high, key.low); }

}  // namespace gridlock
