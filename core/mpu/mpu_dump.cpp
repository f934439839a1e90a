#include "core/mpu/mpu_dump.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/mpu/mpu_reader.h"

namespace gridlock {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

/// What Python raises where the recorded answer cannot be used as `wanted`.
[[noreturn]] void raise_for(Accessor accessor, const DumpedAnswer& answer, std::string_view wanted) {
  if (const auto* error = std::get_if<ProbeError>(&answer)) throw PythonError{*error};
  raise_python("TypeError",
               fmt::format("{} is {}, not {}", accessor_name(accessor), to_string(answer), wanted));
}

}  // namespace

std::string to_string(const DumpedAnswer& answer) {
  return std::visit(
      Overloaded{
          [](const DumpedMissing&) -> std::string { return "missing"; },
          [](const DumpedPresent&) -> std::string { return "present"; },
          [](const DumpedNone&) -> std::string { return "None"; },
          [](std::int64_t number) { return fmt::format("{}", number); },
          [](const DumpedRanks& ranks) { return ProbeValue::ranks(*ranks).to_string(); },
          [](const DumpedPairs& pairs) { return fmt::format("{} pairs of ranks", pairs->size()); },
          [](const MpuGroup& group) { return "group " + group.members.to_string(); },
          [](const DumpedNonMember&) -> std::string { return "NON_GROUP_MEMBER"; },
          [](const DumpedOther& other) { return fmt::format("{} of type {}", other.text, other.type); },
          [](const ProbeError& error) {
            return "raises " + error.type + (error.what.empty() ? "" : ": " + error.what);
          }},
      answer);
}

bool fits_kind(Accessor accessor, const DumpedAnswer& answer) {
  const bool is_number = std::holds_alternative<std::int64_t>(answer);
  const bool is_ranks = std::holds_alternative<DumpedRanks>(answer);
  const bool is_present = std::holds_alternative<DumpedPresent>(answer);
  switch (accessor_info(accessor).kind) {
    case AccessorKind::number:
      return is_number;
    case AccessorKind::group:
      return std::holds_alternative<MpuGroup>(answer) || std::holds_alternative<DumpedNone>(answer);
    case AccessorKind::ranks:
      return is_ranks;
    case AccessorKind::call:
      return is_present;
    case AccessorKind::attribute:
      break;
  }
  switch (accessor) {
    case Accessor::pp_group:
      return is_ranks;
    case Accessor::p2p_groups:
      return std::holds_alternative<DumpedPairs>(answer);
    case Accessor::_topo:
    case Accessor::_init_tp_mesh_device:
    case Accessor::ColumnParallelLinear:
    case Accessor::RowParallelLinear:
      return is_present;
    default:
      return is_number;
  }
}

bool DumpedMpu::has(Accessor accessor) const {
  return !std::holds_alternative<DumpedMissing>(dump_.answer(accessor));
}

std::int64_t DumpedMpu::number(Accessor accessor) const {
  const DumpedAnswer& answer = dump_.answer(accessor);
  if (const auto* value = std::get_if<std::int64_t>(&answer)) return *value;
  raise_for(accessor, answer, "a number");
}

MaybeGroup DumpedMpu::group(Accessor accessor) const {
  const DumpedAnswer& answer = dump_.answer(accessor);
  if (const auto* value = std::get_if<MpuGroup>(&answer)) return *value;
  if (std::holds_alternative<DumpedNone>(answer)) return std::nullopt;
  raise_for(accessor, answer, "a group");
}

std::vector<RankId> DumpedMpu::ranks(Accessor accessor) const {
  const DumpedAnswer& answer = dump_.answer(accessor);
  if (const auto* value = std::get_if<DumpedRanks>(&answer)) return **value;
  raise_for(accessor, answer, "a list of ranks");
}

#define GRIDLOCK_NUMBER(name) \
  std::int64_t DumpedMpu::name() const { return number(Accessor::name); }
GRIDLOCK_MPU_NUMBERS(GRIDLOCK_NUMBER)
#undef GRIDLOCK_NUMBER

#define GRIDLOCK_GROUP(name) \
  MaybeGroup DumpedMpu::name() const { return group(Accessor::name); }
GRIDLOCK_MPU_GROUPS(GRIDLOCK_GROUP)
#undef GRIDLOCK_GROUP

std::vector<RankId> DumpedMpu::get_data_parallel_group_ranks() const {
  return ranks(Accessor::get_data_parallel_group_ranks);
}

RankId DumpedMpu::stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const {
  for (const DumpedStageCall& call : dump_.stage_calls) {
    if (call.stage != stage ||
        !std::equal(call.with.begin(), call.with.end(), overrides.begin(), overrides.end()))
      continue;
    if (const auto* value = std::get_if<std::int64_t>(&call.answer)) return static_cast<RankId>(*value);
    raise_for(Accessor::stage_to_global, call.answer, "a rank");
  }
  raise_python("LookupError", fmt::format("stage_to_global({}) was not recorded", stage));
}

std::int64_t DumpedMpu::attribute_number(Accessor attribute) const { return number(attribute); }

std::vector<RankId> DumpedMpu::attribute_pp_group() const { return ranks(Accessor::pp_group); }

std::optional<std::vector<RankPair>> DumpedMpu::attribute_p2p_groups() const {
  const DumpedAnswer& answer = dump_.answer(Accessor::p2p_groups);
  if (const auto* pairs = std::get_if<DumpedPairs>(&answer)) return **pairs;
  raise_for(Accessor::p2p_groups, answer, "a list of pairs");
}

std::optional<MpuTopology> DumpedMpu::attribute_topo() const {
  if (dump_.topology) return MpuTopology{&*dump_.topology, dump_.index_digits};
  raise_for(Accessor::_topo, dump_.answer(Accessor::_topo), "a topology");
}

AccessorSet sound_names(const MpuDump& dump) {
  AccessorSet names;
  for (Accessor accessor : all_accessors()) {
    if (fits_kind(accessor, dump.answer(accessor))) names |= accessor_bit(accessor);
  }
  // Invariants ask for the stages without overrides.
  const bool answers =
      std::all_of(dump.stage_calls.begin(), dump.stage_calls.end(), [](const DumpedStageCall& call) {
        return !call.with.empty() || std::holds_alternative<std::int64_t>(call.answer);
      });
  if (!answers) names &= ~accessor_bit(Accessor::stage_to_global);
  return names;
}

}  // namespace gridlock
