#include "core/mpu/dump_check.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"
#include "core/mpu/local_creations.h"
#include "core/mpu/restricted_mpu.h"

namespace gridlock {
namespace {

std::string words_of(const std::vector<const DumpedCreation*>& creations, std::size_t i) {
  if (i >= creations.size()) return "there is none";
  return fmt::format("it is {} on {}", creations[i]->members.to_string(), creations[i]->backend);
}

/// Ranks by what they say, in order of appearance.
template <typename Value>
struct Camp {
  Value value;
  std::vector<RankId> ranks;
};

template <typename Value>
void join(std::vector<Camp<Value>>& camps, const Value& value, RankId rank) {
  for (Camp<Value>& camp : camps) {
    if (!(camp.value == value)) continue;
    camp.ranks.push_back(rank);
    return;
  }
  camps.push_back({value, {rank}});
}

/// The largest; the first of them on a tie.
template <typename Value>
const Camp<Value>& majority(const std::vector<Camp<Value>>& camps) {
  return *std::max_element(camps.begin(), camps.end(),
                           [](const auto& a, const auto& b) { return a.ranks.size() < b.ranks.size(); });
}

/// The creations that all ranks have to make in one order.
std::vector<const DumpedCreation*> ordered_by_all(const std::vector<DumpedCreation>& creations) {
  std::vector<const DumpedCreation*> ordered;
  for (const DumpedCreation& creation : creations) {
    if (!creation.local) ordered.push_back(&creation);
  }
  return ordered;
}

bool equal(const std::vector<const DumpedCreation*>& a, const std::vector<const DumpedCreation*>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const auto* x, const auto* y) { return *x == *y; });
}

void compare_creations(std::span<const MpuDump> dumps, DumpCheck& check) {
  // Dumps that share a table are equal; only tables are compared.
  std::vector<Camp<std::shared_ptr<const std::vector<DumpedCreation>>>> tables;
  for (const MpuDump& dump : dumps) join(tables, dump.creations, dump.rank);
  struct Order {
    std::vector<const DumpedCreation*> creations;
    bool operator==(const Order& other) const { return equal(creations, other.creations); }
  };
  std::vector<Camp<Order>> orders;
  for (const auto& table : tables) {
    const Order order{ordered_by_all(*table.value)};
    for (RankId rank : table.ranks) join(orders, order, rank);
  }
  const Camp<Order>& most = majority(orders);
  check.creations = most.value.creations.size();
  for (const Camp<Order>& camp : orders) {
    if (&camp == &most) continue;
    const auto& ours = camp.value.creations;
    const auto& theirs = most.value.creations;
    std::size_t i = 0;
    while (i < ours.size() && i < theirs.size() && *ours[i] == *theirs[i]) ++i;
    check.disagreements.push_back({"order of new_group", RankSet(camp.ranks),
                                   fmt::format("creation {} of {}: on rank {} {}, on rank {} {}", i + 1,
                                               std::max(ours.size(), theirs.size()), camp.ranks.front(),
                                               words_of(ours, i), most.ranks.front(), words_of(theirs, i))});
  }
}

bool is_size(Accessor accessor) {
  const std::string_view name = accessor_name(accessor);
  return name.ends_with("world_size") || name.ends_with("parallel_size");
}

/// A size is the model's, hence the same on all ranks that know it.
void compare_sizes(std::span<const MpuDump> dumps, DumpCheck& check) {
  for (Accessor accessor : all_accessors()) {
    if (!is_size(accessor)) continue;
    std::vector<Camp<std::int64_t>> camps;
    for (const MpuDump& dump : dumps) {
      if (const auto* size = std::get_if<std::int64_t>(&dump.answer(accessor))) join(camps, *size, dump.rank);
    }
    if (camps.size() < 2) continue;
    const Camp<std::int64_t>& most = majority(camps);
    for (const Camp<std::int64_t>& camp : camps) {
      if (&camp == &most) continue;
      check.disagreements.push_back({std::string(accessor_name(accessor)), RankSet(camp.ranks),
                                     fmt::format("{} on rank {}, but {} on rank {}", camp.value,
                                                 camp.ranks.front(), most.value, most.ranks.front())});
    }
  }
}

std::vector<MpuViolation> violations_of(std::span<const MpuDump> dumps) {
  std::vector<DumpedMpu> mpus(dumps.begin(), dumps.end());
  std::vector<RestrictedMpu> sound;
  sound.reserve(mpus.size());
  // What one rank cannot answer is a gap of that rank; its peers must not be held against no answer.
  AccessorSet names = AccessorSet().set();
  for (const MpuDump& dump : dumps) names &= sound_names(dump);
  for (const DumpedMpu& mpu : mpus) sound.emplace_back(mpu, names);
  return check_mpu_invariants(
      MpuWorld([&](RankId rank) -> const Mpu& { return sound[static_cast<std::size_t>(rank)]; },
               static_cast<RankId>(dumps.size())));
}

void keep_subsystems(std::vector<ContractGap>& gaps, const MpuContract& contract,
                     const std::vector<std::string>& subsystems) {
  if (subsystems.empty()) return;
  const std::vector<std::string> known = contract_subsystems(contract);
  for (const std::string& name : subsystems) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw InputError("subsystem", fmt::format("{} has no subsystem '{}'", contract.name, name),
                     name_hint(name, known));
  }
  for (ContractGap& gap : gaps) {
    std::erase_if(gap.breaks, [&](const BrokenRead& read) {
      return !read.always &&
             std::find(subsystems.begin(), subsystems.end(), read.subsystem) == subsystems.end();
    });
  }
  std::erase_if(gaps, [](const ContractGap& gap) { return gap.breaks.empty(); });
}

}  // namespace

bool DumpCheck::passed() const {
  return std::none_of(gaps.begin(), gaps.end(), [this](const ContractGap& gap) { return counts(gap); }) &&
         algebra.mismatches.empty() && disagreements.empty() &&
         std::none_of(violations.begin(), violations.end(), [](const MpuViolation& violation) {
           return violation.invariant->kind == InvariantKind::inconsistent;
         });
}

DumpCheck check_dumps(std::span<const MpuDump> dumps, const MpuContract& contract, const AxisSizes& axes,
                      const std::vector<std::string>& subsystems) {
  DumpCheck check;
  check.world_size = static_cast<RankId>(dumps.size());
  check.contract = contract.name;
  check.subsystems = subsystems;
  check.gaps = find_contract_gaps(contract, dumps);
  keep_subsystems(check.gaps, contract, subsystems);
  check.is_grid = std::any_of(dumps.begin(), dumps.end(), [](const MpuDump& dump) {
    return !std::holds_alternative<DumpedMissing>(dump.answer(Accessor::stage_to_global));
  });
  check.grid = find_dump_grid(dumps, axes);
  if (check.grid.plan) check.algebra = compare_with_grid(dumps, check.grid.plan);
  compare_creations(dumps, check);
  if (check.disagreements.empty()) {
    if (auto stuck = find_stuck_local_creation(dumps)) check.disagreements.push_back(std::move(*stuck));
  }
  compare_sizes(dumps, check);
  check.violations = violations_of(dumps);
  std::erase_if(check.violations, [&](const MpuViolation& violation) {
    return violation.invariant->kind == InvariantKind::hazard &&
           std::find(contract.hazards.begin(), contract.hazards.end(), violation.invariant->name) ==
               contract.hazards.end();
  });
  return check;
}

}  // namespace gridlock
