#include "nccl_backend/gpu_inventory.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

#include "core/base/input_error.h"
#include "launch/wire.h"

namespace gridlock {
namespace {

constexpr int kInventoryTimeMaxMs = 60'000;
constexpr char kPlace[] = "--backend nccl";

/// What the looking process tells: the inventory, or an InputError.
struct Answer {
  GpuInventory inventory;
  std::string message;
  std::string hint;
};

template <typename Archive>
void fields(Archive& archive, Answer& answer) {
  archive(answer.inventory.nccl_version);
  archive(answer.inventory.driver_version);
  archive(answer.inventory.gpus);
  archive(answer.inventory.bus_ids);
  archive(answer.message);
  archive(answer.hint);
}

void check_cuda(const CudaApi& cuda, int result, const char* function) {
  if (result == kCudaSuccess) return;
  throw InputError(kPlace, fmt::format("{}: {}", function, cuda_result_text(cuda, result)),
                   "the CUDA driver does not start here; without a GPU use --backend sim or gloo");
}

}  // namespace

GpuInventory look_for_gpus(const GpuApi& api) {
  GpuInventory inventory;
  api.nccl.get_version(&inventory.nccl_version);
  if (inventory.nccl_version < kNcclVersionMin) {
    throw InputError(kPlace, fmt::format("NCCL {} is too old", nccl_version_text(inventory.nccl_version)),
                     fmt::format("NCCL {} or later is needed", nccl_version_text(kNcclVersionMin)));
  }
  check_cuda(api.cuda, api.cuda.init(0), "cuInit");
  check_cuda(api.cuda, api.cuda.driver_get_version(&inventory.driver_version), "cuDriverGetVersion");
  int count = 0;
  check_cuda(api.cuda, api.cuda.device_get_count(&count), "cuDeviceGetCount");
  for (int i = 0; i < count; ++i) {
    CudaDevice device = 0;
    std::array<char, 256> name{};
    check_cuda(api.cuda, api.cuda.device_get(&device, i), "cuDeviceGet");
    check_cuda(api.cuda, api.cuda.device_get_name(name.data(), name.size(), device), "cuDeviceGetName");
    inventory.gpus.emplace_back(name.data());
    check_cuda(api.cuda, api.cuda.device_get_bus_id(name.data(), name.size(), device), "cuDeviceGetPCIBusId");
    inventory.bus_ids.emplace_back(name.data());
  }
  return inventory;
}

namespace {

[[noreturn]] void look_and_tell(int pipe) {
  Answer answer;
  try {
    answer.inventory = look_for_gpus(open_gpu_libraries());
  } catch (const InputError& error) {
    answer.message = error.message();
    answer.hint = error.hint();
  }
  Encoder out;
  out(answer);
  const std::string_view bytes = out.bytes();
  const bool told = ::write(pipe, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  // No destructors: the driver's may wait.
  ::_exit(told ? 0 : 1);
}

/// All bytes until the writer is gone, or what came in the time.
std::string read_all(int pipe) {
  std::string bytes;
  std::array<char, 4096> part{};
  pollfd readable{pipe, POLLIN, 0};
  while (::poll(&readable, 1, kInventoryTimeMaxMs) > 0) {
    const ssize_t size = ::read(pipe, part.data(), part.size());
    if (size <= 0) break;
    bytes.append(part.data(), static_cast<std::size_t>(size));
  }
  return bytes;
}

}  // namespace

GpuInventory take_gpu_inventory() {
  int ends[2] = {-1, -1};
  if (::pipe(ends) != 0) throw InputError(kPlace, fmt::format("no pipe: {}", std::strerror(errno)));
  std::fflush(nullptr);
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(ends[0]);
    look_and_tell(ends[1]);
  }
  ::close(ends[1]);
  const std::string bytes = process > 0 ? read_all(ends[0]) : "";
  ::close(ends[0]);
  if (process > 0) {
    ::kill(process, SIGKILL);
    while (::waitpid(process, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (bytes.empty()) {
    throw InputError(kPlace, "the process that looks for GPUs died or did not answer",
                     "see whether nvidia-smi works");
  }
  auto answer = Decoder(std::as_bytes(std::span(bytes))).read<Answer>();
  if (!answer.message.empty()) throw InputError(kPlace, answer.message, answer.hint);
  return answer.inventory;
}

std::string to_string(const GpuInventory& inventory) {
  const std::string versions =
      fmt::format("NCCL {}, CUDA driver {}.{}", nccl_version_text(inventory.nccl_version),
                  inventory.driver_version / 1000, inventory.driver_version % 1000 / 10);
  if (inventory.gpus.empty()) return versions + ", no GPU";
  return fmt::format("{}, {} x {}", versions, inventory.gpus.size(), inventory.gpus.front());
}

int device_of(const GpuInventory& inventory, int local_rank) {
  const auto gpus = static_cast<int>(inventory.gpus.size());
  if (gpus == 0) throw InputError(kPlace, "this machine has no GPU", "use --backend sim or gloo");
  // A launcher may have given each of its processes a GPU of its own.
  if (gpus == 1) return 0;
  if (local_rank < gpus) return local_rank;
  throw InputError(
      kPlace,
      fmt::format("local rank {} needs {} GPUs, this machine has {}", local_rank, local_rank + 1, gpus),
      "NCCL takes one GPU for each rank: start no more ranks on a machine than it has GPUs");
}

void check_fits(const GpuInventory& inventory, int world_size) {
  if (world_size < 1) throw InputError("world", fmt::format("expected at least 1 rank, got {}", world_size));
  const auto gpus = static_cast<int>(inventory.gpus.size());
  if (gpus == 0) throw InputError(kPlace, "this machine has no GPU", "use --backend sim or gloo");
  if (world_size > gpus) {
    throw InputError("world",
                     fmt::format("{} ranks need {} GPUs, this machine has {}", world_size, world_size, gpus),
                     "NCCL takes one GPU for each rank; larger worlds run on the simulator");
  }
}

void claim_gpu(const PostBoard& board, RankId rank, const GpuInventory& inventory, int device,
               const std::string& host) {
  const std::string& bus = inventory.bus_ids[static_cast<std::size_t>(device)];
  const std::string name = fmt::format("GPU {} of {}", bus, host);
  if (board.claim(name, std::to_string(rank))) return;
  throw InputError(kPlace,
                   fmt::format("rank {} would use the GPU that rank {} uses (GPU {}, {})", rank,
                               board.get(name).value_or("?"), device, bus),
                   "NCCL takes one GPU for each rank: start no more ranks on a machine than it has GPUs");
}

}  // namespace gridlock
