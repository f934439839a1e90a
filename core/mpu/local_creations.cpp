#include "core/mpu/local_creations.h"

#include <fmt/format.h>

#include <algorithm>

namespace gridlock {
namespace {

class Creations {
 public:
  explicit Creations(std::span<const MpuDump> dumps) : dumps_(dumps), made_(dumps.size(), 0) {}

  /// Until nobody can go on.
  void make() {
    for (bool moves = true; moves;) {
      moves = false;
      for (const MpuDump& dump : dumps_) moves = make_local(dump.rank) || moves;
      moves = make_common() || moves;
    }
  }

  std::optional<DumpDisagreement> stuck() const {
    const auto first = std::find_if(dumps_.begin(), dumps_.end(),
                                    [&](const MpuDump& dump) { return is_at_local(dump.rank); });
    if (first == dumps_.end()) return std::nullopt;
    const DumpedCreation& group = *next(first->rank);
    std::vector<RankId> late;
    std::vector<RankId> never;
    group.members.for_each([&](RankId member) {
      if (!is_at(member, group)) (makes_later(member, group) ? late : never).push_back(member);
    });
    const std::string waits =
        fmt::format("rank {} waits in {}, which rank", first->rank, group.members.to_string());
    if (!never.empty()) return found(never, fmt::format("{} {} never makes", waits, never.front()));
    const DumpedCreation* instead = next(late.front());
    return found(late,
                 fmt::format("{} {} makes only after {}", waits, late.front(), instead->members.to_string()));
  }

 private:
  /// What the rank makes next; null when it has made all.
  const DumpedCreation* next(RankId rank) const {
    const std::vector<DumpedCreation>& list = *dumps_[static_cast<std::size_t>(rank)].creations;
    const std::size_t made = made_[static_cast<std::size_t>(rank)];
    return made < list.size() ? &list[made] : nullptr;
  }

  bool is_at_local(RankId rank) const { return next(rank) != nullptr && next(rank)->local; }
  bool is_at(RankId rank, const DumpedCreation& group) const {
    return is_at_local(rank) && next(rank)->members == group.members;
  }

  bool makes_later(RankId rank, const DumpedCreation& group) const {
    const std::vector<DumpedCreation>& list = *dumps_[static_cast<std::size_t>(rank)].creations;
    return std::any_of(
        list.begin() + static_cast<std::ptrdiff_t>(made_[static_cast<std::size_t>(rank)]), list.end(),
        [&](const DumpedCreation& other) { return other.local && other.members == group.members; });
  }

  bool make_local(RankId rank) {
    bool moves = false;
    while (is_at_local(rank)) {
      const DumpedCreation& group = *next(rank);
      if (!group.members.contains(rank)) {
        // Who is no member waits for nobody.
        ++made_[static_cast<std::size_t>(rank)];
        moves = true;
        continue;
      }
      const std::vector<RankId> members = group.members.to_vector();
      if (!std::all_of(members.begin(), members.end(), [&](RankId m) { return is_at(m, group); })) break;
      for (const RankId member : members) ++made_[static_cast<std::size_t>(member)];
      moves = true;
    }
    return moves;
  }

  bool make_common() {
    const bool is_complete = std::all_of(dumps_.begin(), dumps_.end(), [&](const MpuDump& dump) {
      return next(dump.rank) != nullptr && !next(dump.rank)->local;
    });
    if (!is_complete) return false;
    for (std::size_t& made : made_) ++made;
    return true;
  }

  static DumpDisagreement found(const std::vector<RankId>& ranks, std::string example) {
    return {"new_group by members alone", RankSet(ranks), std::move(example)};
  }

  std::span<const MpuDump> dumps_;
  /// Index = rank: how many groups it has made.
  std::vector<std::size_t> made_;
};

}  // namespace

std::optional<DumpDisagreement> find_stuck_local_creation(std::span<const MpuDump> dumps) {
  const bool has_some = std::any_of(dumps.begin(), dumps.end(), [](const MpuDump& dump) {
    return std::any_of(dump.creations->begin(), dump.creations->end(),
                       [](const DumpedCreation& creation) { return creation.local; });
  });
  if (!has_some) return std::nullopt;
  Creations creations(dumps);
  creations.make();
  return creations.stuck();
}

}  // namespace gridlock
