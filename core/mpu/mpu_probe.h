#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/grid/mpu.h"
#include "core/mpu/probe_value.h"

namespace gridlock {

class MpuReader;

/// What one function of DeepSpeed 0.19.6 does with the mpu or grid it is given: the same hasattr questions,
/// the same reads, in its order. Sources and recorded results: tests/data/mpu_contract.README.md.
struct Probe {
  /// The part of DeepSpeed, as its users call it: "ZeRO 3", "pipe engine".
  std::string_view subsystem;
  /// Path below deepspeed/, and the function or the purpose of the reads.
  std::string_view file;
  std::string_view function;
  ProbeValue (*read)(const MpuReader&);
  /// The result lists all ranks, not only the caller's part: O(world) for every rank that asks.
  bool whole_world = false;

  /// "utils/bwc.py bwc_tensor_model_parallel_rank".
  std::string name() const { return std::string(file) + " " + std::string(function); }
};

/// All probes, subsystem by subsystem. The order is part of the report.
std::vector<Probe> all_probes();

/// The caller as torch's default group sees it.
struct ProbeCaller {
  RankId rank = 0;
  RankId world_size = 1;
};

/// What that function would get, or the error that Python would raise. A null `mpu` is Python's None.
ProbeValue run_probe(const Probe& probe, const Mpu* mpu, ProbeCaller caller);

}  // namespace gridlock
