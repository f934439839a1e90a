#include "core/mpu/mpu_reader.h"

#include "core/base/input_error.h"

namespace gridlock {

void raise_python(std::string type, std::string what) {
  throw PythonError{ProbeError{std::move(type), std::move(what)}};
}

const Mpu& MpuReader::require(Accessor name) const {
  if (!has(name)) raise_python("AttributeError", std::string(accessor_name(name)));
  return *mpu_;
}

std::int64_t MpuReader::number(Accessor name) const { return read_number(require(name), name); }

MaybeGroup MpuReader::group(Accessor name) const { return read_group(require(name), name); }

std::optional<std::int64_t> MpuReader::number_or_none(Accessor name) const {
  if (!has(name)) return std::nullopt;
  return read_number(*mpu_, name);
}

std::int64_t MpuReader::attribute(Accessor name) const { return require(name).attribute_number(name); }

std::vector<RankId> MpuReader::group_ranks() const {
  return require(Accessor::get_data_parallel_group_ranks).get_data_parallel_group_ranks();
}

std::vector<RankId> MpuReader::pp_group() const { return require(Accessor::pp_group).attribute_pp_group(); }

std::vector<RankPair> MpuReader::p2p_groups() const {
  const auto pairs = require(Accessor::p2p_groups).attribute_p2p_groups();
  if (!pairs) raise_python("AttributeError", "p2p_groups");
  return *pairs;
}

MpuTopology MpuReader::topo() const {
  auto topology = require(Accessor::_topo).attribute_topo();
  if (!topology) raise_python("AttributeError", "_topo");
  return *topology;
}

RankId MpuReader::stage_to_global(RankId stage, std::span<const AxisIndex> overrides) const {
  const Mpu& mpu = require(Accessor::stage_to_global);
  try {
    return mpu.stage_to_global(stage, overrides);
  } catch (const InputError& error) {
    raise_python("ValueError", error.message());
  }
}

void MpuReader::touch(Accessor name) const { require(name); }

std::int64_t MpuReader::rank_in(const MaybeGroup& group) const {
  return group ? group->members.index_of(rank_) : rank_;
}

}  // namespace gridlock
