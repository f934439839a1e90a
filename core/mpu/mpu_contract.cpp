#include "core/mpu/mpu_contract.h"

#include <fmt/format.h>

#include <algorithm>

namespace gridlock {
namespace {

bool has(const MpuDump& dump, Accessor accessor) {
  return !std::holds_alternative<DumpedMissing>(dump.answer(accessor));
}

struct Failure {
  Accessor accessor;
  GapKind kind;
  std::string got;
};

GapKind kind_of(const DumpedAnswer& answer) {
  return std::holds_alternative<ProbeError>(answer) ? GapKind::raises : GapKind::wrong_kind;
}

std::string words_of(const DumpedStageCall& call) {
  std::string words = fmt::format("stage_to_global({}", call.stage);
  for (const AxisIndex& with : call.with) words += fmt::format(", {}={}", with.axis, with.index);
  return fmt::format("{}) {}", words, to_string(call.answer));
}

/// The first recorded call of the kind that `read` makes which has no rank for an answer.
std::optional<Failure> failed_call(const ContractRead& read, const MpuDump& dump) {
  for (const DumpedStageCall& call : dump.stage_calls) {
    if (call.with.empty() == read.overrides || std::holds_alternative<std::int64_t>(call.answer)) continue;
    return Failure{Accessor::stage_to_global, kind_of(call.answer), words_of(call)};
  }
  return std::nullopt;
}

/// What a read of that rank's object ends with, if it fails.
std::optional<Failure> failure_of(const ContractRead& read, const MpuDump& dump) {
  const bool asked = read.when_has.empty() || std::any_of(read.when_has.begin(), read.when_has.end(),
                                                          [&](Accessor name) { return has(dump, name); });
  if (!asked) return std::nullopt;
  if (read.when_lacks && has(dump, *read.when_lacks)) return std::nullopt;
  for (Accessor name : read.names) {
    const DumpedAnswer& answer = dump.answer(name);
    if (std::holds_alternative<DumpedMissing>(answer)) continue;
    if (!fits_kind(name, answer)) return Failure{name, kind_of(answer), to_string(answer)};
    if (name == Accessor::stage_to_global) return failed_call(read, dump);
    return std::nullopt;
  }
  if (!read.instead.empty()) return std::nullopt;
  return Failure{read.names.back(), GapKind::missing, "missing"};
}

/// A gap while its ranks are being collected.
struct OpenGap {
  ContractGap gap;
  std::vector<RankId> ranks;
};

OpenGap& gap_for(std::vector<OpenGap>& gaps, const Failure& failure) {
  for (OpenGap& open : gaps) {
    if (open.gap.accessor == failure.accessor && open.gap.kind == failure.kind) return open;
  }
  gaps.push_back({{failure.accessor, failure.kind, {}, failure.got, {}, AskedOf::own_module}, {}});
  return gaps.back();
}

}  // namespace

std::vector<ContractGap> find_contract_gaps(const MpuContract& contract, std::span<const MpuDump> dumps) {
  std::vector<OpenGap> open;
  for (const ContractRead& read : contract.reads) {
    for (const MpuDump& dump : dumps) {
      const auto failure = failure_of(read, dump);
      if (!failure) continue;
      OpenGap& place = gap_for(open, *failure);
      place.ranks.push_back(dump.rank);
      place.gap.of = std::min(place.gap.of, read.of);
      const BrokenRead broken{read.subsystem, read.where, read.always};
      auto& breaks = place.gap.breaks;
      if (std::find(breaks.begin(), breaks.end(), broken) == breaks.end()) breaks.push_back(broken);
    }
  }
  std::vector<ContractGap> gaps;
  for (OpenGap& place : open) {
    place.gap.ranks = RankSet(std::move(place.ranks));
    gaps.push_back(std::move(place.gap));
  }
  return gaps;
}

std::vector<std::string> contract_subsystems(const MpuContract& contract) {
  std::vector<std::string> names;
  for (const ContractRead& read : contract.reads) {
    if (std::find(names.begin(), names.end(), read.subsystem) == names.end()) names.push_back(read.subsystem);
  }
  return names;
}

}  // namespace gridlock
