#include "core/diagnosis/programs.h"

#include <algorithm>
#include <string>

namespace gridlock {
namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15ull;
  return hash ^ hash >> 29;
}

}  // namespace

std::uint64_t Programs::name_hash(GroupHandle group) {
  const auto [entry, added] = name_hashes_.try_emplace(static_cast<std::int32_t>(group), 1);
  if (!added) return entry->second;
  for (const char c : evidence_.histories().groups.name(group)) {
    if (c < '0' || c > '9') entry->second = mix(entry->second, static_cast<unsigned char>(c));
  }
  return entry->second;
}

std::uint64_t Programs::group_hash(GroupHandle group, Used& used) {
  const std::uint64_t name = name_hash(group);
  std::uint64_t ordinal = 0;
  for (const auto& [other_name, other] : used) {
    if (other == group) return mix(name, ordinal);
    if (other_name == name) ++ordinal;
  }
  used.emplace_back(name, group);
  return mix(name, ordinal);
}

const std::vector<Programs::Step>& Programs::steps(RankId rank, Calls which) {
  const auto [entry, added] = steps_[static_cast<std::size_t>(which)].try_emplace(
      static_cast<std::uint32_t>(evidence_.last_node(rank)));
  std::vector<Step>& steps = entry->second;
  if (!added) return steps;
  std::uint64_t hash = 0;
  Used used;
  for (const Record* record : evidence_.histories().store.records(evidence_.last_node(rank))) {
    const bool counts = is_collective(*record) || (which == Calls::all && is_transfer(*record));
    if (!counts || evidence_.instance(*record, rank) == InstanceId::none) continue;
    hash = next_hash(hash, *record, used);
    steps.push_back({record, hash});
  }
  return steps;
}

std::uint64_t Programs::next_hash(std::uint64_t hash, const Record& call, Used& used) {
  hash = mix(hash, group_hash(call.group, used));
  if (is_transfer(call)) hash = mix(hash, static_cast<std::uint64_t>(call.peer));
  for (const Argument argument : {Argument::kind, Argument::count, Argument::dtype})
    hash = mix(hash, static_cast<std::uint64_t>(argument_value(call, argument).value_or(-1)));
  return hash;
}

std::uint64_t Programs::whole_hash(RankId rank) {
  if (!evidence_.has_whole_plan(rank) && evidence_.state(rank) != HostState::returned) return 0;
  std::uint64_t hash = 1;
  Used used;
  for (const Record* record : evidence_.histories().store.records(evidence_.end(rank).node)) {
    const bool counts = is_collective(*record) || is_transfer(*record);
    if (counts && evidence_.instance(*record, rank) != InstanceId::none)
      hash = next_hash(hash, *record, used);
  }
  return hash;
}

std::optional<std::size_t> Programs::twins_outside(RankId rank, const Members& members) {
  if (whole_hashes_.empty()) {
    for (RankId other = 0; other < evidence_.world_size(); ++other) {
      whole_hashes_.push_back(whole_hash(other));
      ++whole_counts_[whole_hashes_.back()];
    }
  }
  const std::uint64_t own = whole_hashes_[static_cast<std::size_t>(rank)];
  if (own == 0) return std::nullopt;
  std::size_t inside = 0;
  members.for_each(
      [&](RankId member) { inside += whole_hashes_[static_cast<std::size_t>(member)] == own ? 1 : 0; });
  return whole_counts_[own] - inside;
}

std::vector<RankId> Programs::like(RankId rank, const Record& call, Calls which,
                                   std::optional<Argument> argument) {
  const std::vector<Step>& mine = steps(rank, which);
  const auto found =
      std::find_if(mine.begin(), mine.end(), [&](const Step& step) { return step.call == &call; });
  if (found == mine.end()) return {rank};
  const auto place = static_cast<std::size_t>(found - mine.begin());
  std::vector<RankId> ranks;
  for (RankId other = 0; other < evidence_.world_size(); ++other) {
    const std::vector<Step>& theirs = steps(other, which);
    const bool is_like =
        place < theirs.size() && theirs[place].hash == found->hash &&
        (!argument || argument_value(*theirs[place].call, *argument) == argument_value(call, *argument));
    if (other == rank || is_like) ranks.push_back(other);
  }
  return ranks;
}

std::optional<Programs::Departure> Programs::departure(RankId rank) {
  const std::vector<Step>& mine = steps(rank, Calls::all);
  std::optional<Departure> best;
  std::size_t longest = 0;
  for (RankId other = 0; other < evidence_.world_size(); ++other) {
    const std::vector<Step>& theirs = steps(other, Calls::all);
    const auto [here, there] = std::mismatch(mine.begin(), mine.end(), theirs.begin(), theirs.end(),
                                             [](const Step& a, const Step& b) { return a.hash == b.hash; });
    const auto length = static_cast<std::size_t>(here - mine.begin());
    if (here == mine.end() || there == theirs.end() || length <= longest) continue;
    longest = length;
    best = Departure{other, here->call, there->call};
  }
  return best;
}

}  // namespace gridlock
