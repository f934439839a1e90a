#include "core/mpu/accessor_report.h"

#include <algorithm>
#include <map>

#include "core/base/check.h"
#include "core/grid/topology.h"
#include "core/mpu/restricted_mpu.h"
#include "core/mpu/value_summary.h"

namespace gridlock {
namespace {

/// The answer to one accessor; a word for names of which only the existence counts or whose value is a world
/// long.
ProbeValue answer(const Mpu& mpu, const AccessorInfo& info) {
  switch (info.kind) {
    case AccessorKind::number:
      return read_number(mpu, info.accessor);
    case AccessorKind::group:
      return read_group(mpu, info.accessor);
    case AccessorKind::ranks:
      return ProbeValue::ranks(mpu.get_data_parallel_group_ranks());
    case AccessorKind::call:
      return info.accessor == Accessor::stage_to_global ? ProbeValue(std::int64_t{mpu.stage_to_global(0, {})})
                                                        : ProbeValue("callable");
    case AccessorKind::attribute:
      break;
  }
  switch (info.accessor) {
    case Accessor::pp_group:
      return ProbeValue::ranks(mpu.attribute_pp_group());
    case Accessor::_topo: {
      const auto topo = mpu.attribute_topo();
      return topo ? ProbeValue(topo->topology->to_string()) : ProbeValue();
    }
    case Accessor::p2p_groups:
    case Accessor::ColumnParallelLinear:
    case Accessor::RowParallelLinear:
      return "present";
    default:
      return mpu.attribute_number(info.accessor);
  }
}

const ProbeError kMissing{"missing", ""};

std::vector<ProbeValue> ask(const Mpu& mpu) {
  std::vector<ProbeValue> answers;
  for (const AccessorInfo& info : accessor_table()) {
    answers.push_back(mpu.has(info.accessor) ? answer(mpu, info) : ProbeValue(kMissing));
  }
  return answers;
}

std::string shape_of(const std::vector<ProbeValue>& answers) {
  std::string text;
  for (const ProbeValue& value : answers) text += value.shape() + "\n";
  return text;
}

/// The values of one probe on the ranks of a class, by shape in order of appearance.
struct ProbeOutcome {
  std::string shape;
  bool raises = false;
  std::vector<RankId> ranks;
  ValueSummary values;
};

std::vector<ProbeOutcome> outcomes(const Probe& probe, const std::vector<RankId>& ranks,
                                   const MpuWorld& world) {
  std::vector<ProbeOutcome> found;
  for (RankId rank : ranks) {
    const ProbeValue value = run_probe(probe, &world.at(rank), {rank, world.size()});
    const std::string shape = value.shape();
    auto place =
        std::find_if(found.begin(), found.end(), [&](const auto& outcome) { return outcome.shape == shape; });
    if (place == found.end()) place = found.insert(found.end(), {shape, value.error() != nullptr, {}, {}});
    place->ranks.push_back(rank);
    place->values.add(value);
    // The first rank speaks for its class where the result is a list of the whole world.
    if (probe.whole_world) place->ranks = ranks;
    if (probe.whole_world) break;
  }
  return found;
}

struct ClassInProgress {
  std::vector<RankId> ranks;
  std::vector<ValueSummary> accessors;
  std::vector<ProbeValue> first;
};

AccessorClass finish(const ClassInProgress& part, const std::vector<Probe>& probes, const MpuWorld& world) {
  AccessorClass result;
  result.ranks = RankSet(part.ranks);
  const Mpu& first = world.at(part.ranks.front());
  result.member = !first.has(Accessor::get_global_rank) || first.get_global_rank() != kNoRank;
  const auto table = accessor_table();
  for (std::size_t i = 0; i < table.size(); ++i) {
    const bool missing = part.first[i] == ProbeValue(kMissing);
    const std::string* text = part.first[i].text();
    result.accessors.push_back({table[i].accessor, missing, text ? *text : part.accessors[i].to_string()});
  }
  for (const Probe& probe : probes) {
    for (const ProbeOutcome& outcome : outcomes(probe, part.ranks, world)) {
      result.probes.push_back({probe.subsystem, probe.name(), RankSet(outcome.ranks), outcome.raises,
                               outcome.values.to_string()});
    }
  }
  return result;
}

template <typename Value>
void add_once(std::vector<Value>& values, const Value& value) {
  if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
}

ProviderGap gap_of(MpuProvider provider, const Mpu& mpu, const std::vector<Probe>& probes,
                   ProbeCaller caller) {
  ProviderGap gap{provider, {}, {}};
  const RestrictedMpu restricted(mpu, provider_accessors(provider));
  for (const Probe& probe : probes) {
    const ProbeValue value = run_probe(probe, &restricted, caller);
    if (!value.error() || run_probe(probe, &mpu, caller).error()) continue;
    if (const auto name = accessor_from_name(value.error()->what)) add_once(gap.missing, *name);
    add_once(gap.subsystems, probe.subsystem);
  }
  return gap;
}

}  // namespace

bool AccessorReport::consistent() const {
  return std::none_of(violations.begin(), violations.end(), [](const MpuViolation& violation) {
    return violation.invariant->kind == InvariantKind::inconsistent;
  });
}

AccessorReport make_accessor_report(const MpuOfRank& mpus, RankId world_size) {
  const std::vector<Probe> probes = all_probes();
  const MpuWorld world(mpus, world_size);
  std::map<std::string, std::size_t> place_of_shape;
  std::vector<ClassInProgress> parts;
  for (RankId rank = 0; rank < world_size; ++rank) {
    std::vector<ProbeValue> answers = ask(world.at(rank));
    const auto [place, is_new] = place_of_shape.try_emplace(shape_of(answers), parts.size());
    if (is_new) parts.push_back({{}, std::vector<ValueSummary>(answers.size()), answers});
    ClassInProgress& part = parts[place->second];
    part.ranks.push_back(rank);
    for (std::size_t i = 0; i < answers.size(); ++i) part.accessors[i].add(answers[i]);
  }
  AccessorReport report;
  report.world_size = world_size;
  for (const ClassInProgress& part : parts) report.classes.push_back(finish(part, probes, world));
  report.violations = check_mpu_invariants(world);
  if (world.member_count() == 0) return report;
  const RankId member = std::max(world.find(0), 0);
  for (MpuProvider provider : {MpuProvider::areal_parallel_grid, MpuProvider::deepspeed_pipeline_grid,
                               MpuProvider::megatron_parallel_state}) {
    report.gaps.push_back(gap_of(provider, mpus(member), probes, {member, world_size}));
  }
  return report;
}

AccessorReport make_accessor_report(std::span<const std::unique_ptr<Mpu>> mpus) {
  return make_accessor_report(
      [&](RankId rank) -> const Mpu& { return *mpus[static_cast<std::size_t>(rank)]; },
      static_cast<RankId>(mpus.size()));
}

}  // namespace gridlock
