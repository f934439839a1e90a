#include "tests/nccl_stand_in/stand_in_machine.h"

#include <algorithm>

#include <fmt/format.h>

#include "tests/nccl_stand_in/stand_in_cuda.h"
#include "tests/nccl_stand_in/stand_in_nccl.h"

namespace gridlock {
namespace {

constexpr int kCudaLaunchFailed = 719;

/// Gives something back, or waits: has done so even when it answers with an error.
bool acts_anyway(const std::string& name) {
  const auto has = [&](const char* word) { return name.find(word) != std::string::npos; };
  return has("Destroy") || has("Free") || has("Release") || has("Abort") || has("Finalize") ||
         has("Synchronize");
}

/// Lets every function count its calls, and fail when its turn has come.
template <typename Result, typename... Arguments, typename Count>
void counted(std::function<Result(Arguments...)>& function, const std::string& name, int failure,
             Count count) {
  if (!function) return;
  function = [inner = std::move(function), name, failure, count](Arguments... arguments) -> Result {
    // What only reads a text cannot fail.
    if constexpr (std::is_same_v<Result, int>) {
      if (count(name)) {
        if (acts_anyway(name)) inner(arguments...);
        return failure;
      }
    }
    return inner(arguments...);
  };
}

}  // namespace

StandInMachine::StandInMachine(int world_size, StandInOptions options)
    : options_(options), gpus_(static_cast<std::size_t>(world_size)) {}

GpuApi StandInMachine::api(int rank, std::function<bool()> pause) {
  gpu(rank).pause = std::move(pause);
  GpuApi api;
  api.cuda = stand_in_cuda(*this, rank);
  api.nccl = stand_in_nccl(*this, rank);
  const auto count_call = [this, rank](const std::string& name) { return count(rank, name); };
  each_cuda_symbol(api.cuda, [&](const char* name, auto& function) {
    if (&function != static_cast<void*>(&api.cuda.error_name))
      counted(function, name, kCudaLaunchFailed, count_call);
  });
  each_nccl_symbol(api.nccl, [&](const char* name, auto& function, bool) {
    counted(function, name, options_.failing_result, count_call);
  });
  return api;
}

bool StandInMachine::count(int rank, const std::string& name) {
  gpu(rank).calls.push_back(name);
  if (rank != options_.failing_rank || ++counted_ != options_.failing_call) return false;
  failed_ = true;
  gpu(rank).group_failed = gpu(rank).group_depth > 0;
  return true;
}

void StandInMachine::complain(int rank, const std::string& text) {
  violations_.push_back(fmt::format("rank {}: {}", rank, text));
}

std::shared_ptr<StandInGroup> StandInMachine::group_for(const std::string& id, int size) {
  std::shared_ptr<StandInGroup>& group = groups_by_id_[id];
  if (group == nullptr) {
    group = std::make_shared<StandInGroup>(size);
    groups_.push_back(group);
  }
  return group;
}

// Whether the peers that a part needs have used the communicator too: before that NCCL blocks the host (rule
// S02).
bool StandInMachine::is_connected(const StandInPart& part) const {
  const StandInGroup& group = *part.comm->group;
  const int self = part.comm->rank;
  const int peer = part.movement.root;
  if (part.movement.kind == CallKind::send) return group.has_called(self, peer, CallKind::recv);
  if (part.movement.kind == CallKind::recv) return group.has_called(peer, self, CallKind::send);
  return group.all_called_collective();
}

bool StandInMachine::launch(Gpu& gpu) {
  const auto is_ready = [this](const Launch& launch) {
    return std::all_of(launch.kernel->parts.begin(), launch.kernel->parts.end(),
                       [this](const auto& part) { return part->done || is_connected(*part); });
  };
  bool moved = false;
  while (!gpu.launches.empty() && is_ready(gpu.launches.front())) {
    const Launch& launch = gpu.launches.front();
    for (StandInStream* stream : launch.streams) stream->work.push_back({.kernel = launch.kernel});
    gpu.launches.erase(gpu.launches.begin());
    moved = true;
  }
  return moved;
}

void StandInMachine::progress() {
  for (bool moved = true; moved;) {
    moved = false;
    for (Gpu& gpu : gpus_) {
      moved = launch(gpu) || moved;
      for (auto& [handle, stream] : gpu.streams) moved = advance(*stream) || moved;
    }
    std::erase_if(groups_, [](const auto& group) { return group.expired(); });
    for (const auto& group : groups_) moved = group.lock()->match() || moved;
  }
}

void StandInMachine::forget(int rank) {
  gpu(rank).gone = true;
  gpu(rank).launches.clear();
  for (auto& [handle, stream] : gpu(rank).streams) stream->work.clear();
}

std::vector<std::string> StandInMachine::leaks() const {
  std::vector<std::string> leaks;
  for (std::size_t rank = 0; rank < gpus_.size(); ++rank) {
    const Gpu& gpu = gpus_[rank];
    if (gpu.gone) continue;
    const auto add = [&](std::size_t count, const char* what) {
      if (count > 0) leaks.push_back(fmt::format("{} {} of rank {}", count, what, rank));
    };
    add(gpu.memory.size(), "blocks of memory");
    add(gpu.streams.size(), "streams");
    add(gpu.events.size(), "events");
    add(gpu.comms.size(), "communicators");
    add(static_cast<std::size_t>(gpu.contexts), "contexts");
    std::size_t ops = 0;
    for (const auto& [handle, comm] : gpu.comms) ops += comm->factors.size();
    add(ops, "reduce operations");
  }
  return leaks;
}

}  // namespace gridlock
