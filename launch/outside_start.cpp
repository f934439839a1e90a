#include "launch/outside_start.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

/// The variables of one launcher. Where there are two names for the size, the first that is set counts.
struct Dialect {
  const char* by;
  const char* rank;
  std::array<const char*, 2> size;
  const char* local_rank;
};

// torchrun may itself be started by srun, and mpirun inside of an allocation of Slurm: the innermost first.
constexpr std::array<Dialect, 3> kDialects = {{
    {"torchrun", "RANK", {"WORLD_SIZE", "WORLD_SIZE"}, "LOCAL_RANK"},
    {"mpirun",
     "OMPI_COMM_WORLD_RANK",
     {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_SIZE"},
     "OMPI_COMM_WORLD_LOCAL_RANK"},
    {"srun", "SLURM_PROCID", {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"}, "SLURM_LOCALID"},
}};

int number(const char* name, const char* text) {
  const char* end = text + std::strlen(text);
  int value = -1;
  const auto [stop, error] = std::from_chars(text, end, value);
  if (error == std::errc() && stop == end && value >= 0) return value;
  throw InputError(name, fmt::format("expected a number from 0, got '{}'", text));
}

OutsideStart read(const Dialect& dialect, const Variables& variables) {
  const char* size_name = dialect.size[variables(dialect.size[0]) != nullptr ? 0 : 1];
  const char* size = variables(size_name);
  if (size == nullptr) {
    throw InputError(size_name, fmt::format("is not set, but {} is", dialect.rank),
                     fmt::format("{} sets both; unset {} to start all ranks here", dialect.by, dialect.rank));
  }
  OutsideStart start;
  start.by = dialect.by;
  start.rank = number(dialect.rank, variables(dialect.rank));
  start.world_size = number(size_name, size);
  if (start.rank >= start.world_size) {
    throw InputError(dialect.rank, fmt::format("rank {} is outside a world of {} ({})", start.rank,
                                               start.world_size, size_name));
  }
  const char* local = variables(dialect.local_rank);
  if (local != nullptr) start.local_rank = number(dialect.local_rank, local);
  if (start.local_rank > start.rank) {
    throw InputError(dialect.local_rank,
                     fmt::format("local rank {} is larger than the rank, {}", start.local_rank, start.rank));
  }
  return start;
}

}  // namespace

std::optional<OutsideStart> find_outside_start(const Variables& variables) {
  for (const Dialect& dialect : kDialects) {
    if (variables(dialect.rank) == nullptr) continue;
    // A batch script has a SLURM_PROCID, too.
    const bool is_batch_script = std::strcmp(dialect.by, "srun") == 0 &&
                                 variables("SLURM_STEP_NUM_TASKS") == nullptr &&
                                 variables("SLURM_STEP_ID") == nullptr;
    if (!is_batch_script) return read(dialect, variables);
  }
  return std::nullopt;
}

std::optional<OutsideStart> find_outside_start() {
  return find_outside_start([](const char* name) -> const char* { return std::getenv(name); });
}

void check_fits(const OutsideStart& start, RankId world_size) {
  if (start.world_size == world_size) return;
  throw InputError("world",
                   fmt::format("{} started {} processes, the scenario has {} ranks", start.by,
                               start.world_size, world_size),
                   "start one process for each rank of the scenario");
}

std::string machine_name() {
  char host[65] = {};
  ::gethostname(host, sizeof(host) - 1);
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  // Containers with networks of their own have loopbacks of their own, too.
  std::error_code none;
  const std::string network = std::filesystem::read_symlink("/proc/self/ns/net", none).string();
  return (boot.empty() ? host : boot) + " " + network;
}

std::string nccl_host_name() {
  const char* named = std::getenv("NCCL_HOSTID");
  return named != nullptr && *named != '\0' ? fmt::format("host {}", named)
                                            : fmt::format("machine {}", machine_name());
}

void prefer_variable(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 0); }

}  // namespace gridlock
