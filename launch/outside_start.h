#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/units.h"

namespace gridlock {

/// Says that this process is one rank of a run, started by somebody else.
struct OutsideStart {
  /// "torchrun", "mpirun" or "srun".
  std::string by;
  RankId rank = 0;
  RankId world_size = 1;
  /// Number of the rank on its machine.
  int local_rank = 0;
};

/// Looks up an environment variable; null when it is not set.
using Variables = std::function<const char*(const char* name)>;

/// What the variables of torchrun (RANK, WORLD_SIZE, LOCAL_RANK), of Open MPI's mpirun (OMPI_COMM_WORLD_...)
/// or of Slurm's srun (SLURM_PROCID, SLURM_STEP_NUM_TASKS or SLURM_NTASKS, SLURM_LOCALID) say, the first that
/// are there; nothing without any, nor in a Slurm batch script, which is no rank itself. Throws InputError
/// when they contradict each other.
std::optional<OutsideStart> find_outside_start(const Variables& variables);
/// Of this process.
std::optional<OutsideStart> find_outside_start();

/// Where the ranks of a real run are, and how they reach each other.
struct RealPlace {
  /// Nothing: all ranks are started here.
  std::optional<OutsideStart> start;
  /// With a start: a folder that all ranks share, for one run. Made if need be; its own files go at the end.
  std::string folder;
  /// The network interface that ranks listen on; empty: loopback.
  std::string interface;
};

/// Throws InputError unless the start fits a world of `world_size`.
void check_fits(const OutsideStart& start, RankId world_size);

/// A text that differs where loopback does: between machines, and between containers with networks of their
/// own.
std::string machine_name();
/// What NCCL tells hosts apart by: NCCL_HOSTID where it is set, else the machine. Ranks of one GPU have to be
/// on different hosts; they talk over the network then.
std::string nccl_host_name();
/// Sets an environment variable for this process and those it starts, unless it is set already.
void prefer_variable(const char* name, const std::string& value);

}  // namespace gridlock
