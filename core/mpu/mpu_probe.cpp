#include "core/mpu/mpu_probe.h"

#include "core/mpu/mpu_bwc.h"
#include "core/mpu/mpu_probe_tables.h"

namespace gridlock {
namespace {

constexpr std::string_view kBwc = "bwc helpers (utils/bwc.py)";

constexpr Probe kBwcProbes[] = {
    {kBwc, "utils/bwc.py", "bwc_tensor_model_parallel_rank",
     [](const MpuReader& mpu) -> ProbeValue { return bwc::tensor_rank(mpu); }},
    {kBwc, "utils/bwc.py", "bwc_tensor_model_parallel_world_size",
     [](const MpuReader& mpu) -> ProbeValue { return bwc::tensor_size(mpu); }},
    {kBwc, "utils/bwc.py", "bwc_tensor_model_parallel_group",
     [](const MpuReader& mpu) -> ProbeValue { return bwc::tensor_group(mpu); }},
    {kBwc, "utils/bwc.py", "bwc_pipeline_parallel_world_size",
     [](const MpuReader& mpu) -> ProbeValue { return bwc::pipe_size(mpu); }},
    {kBwc, "utils/bwc.py", "bwc_pipeline_parallel_group",
     [](const MpuReader& mpu) -> ProbeValue { return bwc::pipe_group(mpu); }},
};

}  // namespace

std::span<const Probe> bwc_probes() { return kBwcProbes; }

std::vector<Probe> all_probes() {
  std::vector<Probe> probes;
  for (auto part :
       {bwc_probes(), groups_probes(), engine_probes(), optimizer_probes(), pipe_probes(), layer_probes()}) {
    probes.insert(probes.end(), part.begin(), part.end());
  }
  return probes;
}

ProbeValue run_probe(const Probe& probe, const Mpu* mpu, ProbeCaller caller) {
  try {
    return probe.read(MpuReader(mpu, caller.rank, caller.world_size));
  } catch (const PythonError& raised) {
    return raised.error;
  }
}

}  // namespace gridlock
