#include "tests/nccl_stand_in/stand_in_nccl.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "core/data/element_value.h"
#include "tests/nccl_stand_in/stand_in_machine.h"

namespace gridlock {
namespace {

constexpr int kVersionWithAllToAll = 22803;

DType dtype_of(int number) {
  for (const DTypeInfo& info : all_dtypes()) {
    if (info.nccl_number == number) return info.dtype;
  }
  return DType::uint8;
}

}  // namespace

/// NCCL of one rank.
class StandInNccl {
 public:
  StandInNccl(StandInMachine& machine, int rank) : machine_(machine), rank_(rank) {}

  NcclApi table() const;

 private:
  using Gpu = StandInMachine::Gpu;
  /// One call as its function got it.
  struct Asked {
    CallKind kind;
    const void* input;
    void* output;
    std::size_t count;
    int dtype;
    int op = 0;
    int root = 0;
    NcclComm comm;
    CudaStream stream;
  };

  Gpu& gpu() const { return machine_.gpu(rank_); }
  int refuse(int result, const std::string& text) const {
    machine_.complain(rank_, text);
    return result;
  }
  StandInComm* find(NcclComm handle) const {
    const auto known = gpu().comms.find(handle);
    return known == gpu().comms.end() ? nullptr : known->second.get();
  }
  StandInComm* join(const std::shared_ptr<StandInGroup>& group, int rank, bool blocking) const;
  int settled(StandInComm& comm) const;
  int in_progress(StandInComm& comm) const;
  bool complete_split(StandInComm& parent) const;

  int init(NcclComm* comm, int size, const NcclUniqueId& id, int rank, const NcclConfig& config) const;
  int split(NcclComm handle, int color, int key, NcclComm* child) const;
  int finalize(NcclComm handle) const;
  int leave(NcclComm handle, bool aborts) const;
  int async_error(NcclComm handle, int* result) const;
  int call(const Asked& asked) const;
  int group_end() const;

  void add_communicators(NcclApi& api) const;
  void add_collectives(NcclApi& api) const;
  void add_messages(NcclApi& api) const;

  StandInMachine& machine_;
  int rank_;
};

StandInComm* StandInNccl::join(const std::shared_ptr<StandInGroup>& group, int rank, bool blocking) const {
  auto made = std::make_unique<StandInComm>();
  made->group = group;
  made->rank = rank;
  made->owner = rank_;
  made->blocking = blocking;
  StandInComm* comm = made.get();
  group->comms[static_cast<std::size_t>(rank)] = comm;
  ++group->arrived;
  gpu().comms.emplace(comm, std::move(made));
  return comm;
}

// On a blocking communicator the host stays until it is settled, or until its process is ended.
int StandInNccl::settled(StandInComm& comm) const {
  if (!comm.blocking) return in_progress(comm);
  while (in_progress(comm) == kNcclInProgress) {
    if (!gpu().pause()) return kNcclSystemError;
  }
  return kNcclSuccess;
}

int StandInNccl::in_progress(StandInComm& comm) const {
  const bool has_launch =
      std::any_of(gpu().launches.begin(), gpu().launches.end(), [&](const StandInMachine::Launch& launch) {
        return std::any_of(launch.kernel->parts.begin(), launch.kernel->parts.end(),
                           [&](const auto& part) { return part->comm == &comm; });
      });
  const bool waits = comm.group->arrived < comm.group->size() || !complete_split(comm) || has_launch ||
                     (comm.finalizing && comm.group->finalized < comm.group->size());
  return waits ? kNcclInProgress : kNcclSuccess;
}

int StandInNccl::init(NcclComm* comm, int size, const NcclUniqueId& id, int rank,
                      const NcclConfig& config) const {
  if (config.size != sizeof(NcclConfig) || config.magic != NcclConfig{}.magic)
    return refuse(kNcclInvalidArgument, "a configuration that was not initialised");
  StandInComm* made = join(machine_.group_for(std::string(id.bytes), size), rank, config.blocking == 1);
  *comm = made;
  return settled(*made);
}

int StandInNccl::split(NcclComm handle, int color, int key, NcclComm* child) const {
  StandInComm* parent = find(handle);
  if (parent == nullptr) return refuse(kNcclInvalidArgument, "a split of an unknown communicator");
  if (in_progress(*parent) == kNcclInProgress)
    return refuse(kNcclInvalidUsage, "a split while another call goes on");
  gpu().colors.push_back(color);
  auto& splits = parent->group->splits;
  const auto number = static_cast<std::size_t>(parent->split_count++);
  if (splits.size() == number) {
    splits.push_back(std::make_unique<StandInSplit>());
    splits.back()->ranks.resize(parent->group->comms.size());
  }
  splits[number]->ranks[static_cast<std::size_t>(parent->rank)] = {true, color, key};
  *child = nullptr;
  parent->child = child;
  const int result = settled(*parent);
  if (result != kNcclSuccess || !parent->blocking || *child == nullptr) return result;
  return settled(*find(*child));
}

// The child appears when the parent is asked and all ranks have called.
bool StandInNccl::complete_split(StandInComm& parent) const {
  if (parent.child == nullptr) return true;
  StandInSplit& split = *parent.group->splits[static_cast<std::size_t>(parent.split_count - 1)];
  if (!split.complete()) return false;
  const StandInSplit::Coming own = split.ranks[static_cast<std::size_t>(parent.rank)];
  NcclComm* const slot = std::exchange(parent.child, nullptr);
  if (own.color == kNcclNoColor) return true;
  std::vector<std::pair<int, int>> order;
  for (int rank = 0; rank < parent.group->size(); ++rank) {
    const StandInSplit::Coming& other = split.ranks[static_cast<std::size_t>(rank)];
    if (other.color == own.color) order.emplace_back(other.key, rank);
  }
  std::sort(order.begin(), order.end());
  const auto place = std::find(order.begin(), order.end(), std::pair(own.key, parent.rank)) - order.begin();
  std::shared_ptr<StandInGroup>& group = split.children[own.color];
  if (group == nullptr) {
    group = std::make_shared<StandInGroup>(static_cast<int>(order.size()));
    machine_.groups_.push_back(group);
  }
  *slot = join(group, static_cast<int>(place), parent.blocking);
  return true;
}

int StandInNccl::finalize(NcclComm handle) const {
  StandInComm* comm = find(handle);
  if (comm == nullptr || comm->finalizing)
    return refuse(kNcclInvalidArgument, "finalize of an unknown communicator");
  comm->finalizing = true;
  ++comm->group->finalized;
  return settled(*comm);
}

int StandInNccl::leave(NcclComm handle, bool aborts) const {
  StandInComm* comm = find(handle);
  if (comm == nullptr) return refuse(kNcclInvalidArgument, "an unknown communicator is given back");
  if (!aborts && in_progress(*comm) == kNcclInProgress)
    return refuse(kNcclInvalidUsage, "destroyed too early");
  // What was on the way completes without effect, so that streams go on.
  auto& launches = gpu().launches;
  for (const auto& launch : launches) {
    for (const auto& part : launch.kernel->parts) part->done = part->done || part->comm == comm;
  }
  std::erase_if(launches, [](const StandInMachine::Launch& launch) {
    return std::all_of(launch.kernel->parts.begin(), launch.kernel->parts.end(),
                       [](const auto& part) { return part->done; });
  });
  for (auto& [key, stream] : gpu().streams) {
    for (StandInWork& work : stream->work) {
      if (!work.kernel) continue;
      for (const auto& part : work.kernel->parts) part->done = part->done || part->comm == comm;
    }
  }
  comm->group->comms[static_cast<std::size_t>(comm->rank)] = nullptr;
  gpu().comms.erase(handle);
  machine_.progress();
  return kNcclSuccess;
}

int StandInNccl::async_error(NcclComm handle, int* result) const {
  StandInComm* comm = find(handle);
  if (comm == nullptr) return refuse(kNcclInvalidArgument, "an unknown communicator is asked");
  const StandInOptions& options = machine_.options_;
  const bool failed = options.async_error_after > 0 && rank_ == options.async_error_rank &&
                      gpu().operations >= options.async_error_after;
  *result = failed ? options.async_error : in_progress(*comm);
  return kNcclSuccess;
}

int StandInNccl::call(const Asked& asked) const {
  StandInComm* comm = find(asked.comm);
  const auto stream = gpu().streams.find(asked.stream);
  if (comm == nullptr || stream == gpu().streams.end())
    return refuse(kNcclInvalidArgument, "a call on unknown handles");
  if (comm->finalizing) return refuse(kNcclInvalidUsage, "a call after finalize");
  if (gpu().group_depth == 0 && in_progress(*comm) == kNcclInProgress)
    return refuse(kNcclInvalidUsage, "a call while another one goes on");
  ++gpu().operations;
  auto part = std::make_shared<StandInPart>();
  DataMovement& movement = part->movement;
  movement.kind = asked.kind;
  movement.dtype = dtype_of(asked.dtype);
  movement.size = comm->group->size();
  movement.root = asked.root;
  movement.count = static_cast<std::int64_t>(asked.count);
  if (const auto factor = comm->factors.find(asked.op); factor != comm->factors.end()) {
    movement.op = ReduceOp::premul_sum;
    movement.scalar = factor->second;
  } else if (asked.op <= 4) {
    for (const ReduceOpInfo& info : all_reduce_ops()) {
      if (info.nccl_number == asked.op) movement.op = info.op;
    }
  } else {
    return refuse(kNcclInvalidArgument, "an unknown reduce operation");
  }
  part->input = static_cast<const std::byte*>(asked.input);
  part->output = static_cast<std::byte*>(asked.output);
  part->comm = comm;
  // A collective of nothing is dropped on this rank (rule S19).
  const bool is_message = asked.kind == CallKind::send || asked.kind == CallKind::recv;
  if (asked.count == 0 && !is_message) return kNcclSuccess;
  comm->group->add(comm->rank, part);
  gpu().group.emplace_back(part, stream->second.get());
  return gpu().group_depth > 0 ? kNcclSuccess : group_end();
}

int StandInNccl::group_end() const {
  const auto group = std::exchange(gpu().group, {});
  if (std::exchange(gpu().group_failed, false)) return machine_.options_.failing_result;
  if (group.empty()) return kNcclSuccess;
  StandInMachine::Launch launch;
  launch.kernel = std::make_shared<StandInKernel>();
  for (const auto& [part, stream] : group) {
    launch.kernel->parts.push_back(part);
    if (std::find(launch.streams.begin(), launch.streams.end(), stream) == launch.streams.end())
      launch.streams.push_back(stream);
  }
  launch.kernel->stream_count = launch.streams.size();
  gpu().launches.push_back(std::move(launch));
  machine_.launch(gpu());
  int result = kNcclSuccess;
  for (const auto& [part, stream] : group) {
    if (const int state = settled(*part->comm); state != kNcclSuccess) result = state;
  }
  return result;
}

void StandInNccl::add_communicators(NcclApi& api) const {
  api.get_version = [self = *this](int* version) {
    *version = self.machine_.options_.nccl_version;
    return kNcclSuccess;
  };
  api.get_unique_id = [self = *this](NcclUniqueId* id) {
    *id = {};
    const std::string text = fmt::format("id {}", self.machine_.ids_++);
    std::memcpy(id->bytes, text.data(), text.size());
    return kNcclSuccess;
  };
  api.comm_init = [self = *this](NcclComm* comm, int size, NcclUniqueId id, int rank, NcclConfig* config) {
    return self.init(comm, size, id, rank, *config);
  };
  api.comm_split = [self = *this](NcclComm comm, int color, int key, NcclComm* child, NcclConfig*) {
    return self.split(comm, color, key, child);
  };
  api.comm_finalize = [self = *this](NcclComm comm) { return self.finalize(comm); };
  api.comm_destroy = [self = *this](NcclComm comm) { return self.leave(comm, false); };
  api.comm_abort = [self = *this](NcclComm comm) { return self.leave(comm, true); };
  api.comm_async_error = [self = *this](NcclComm comm, int* result) {
    return self.async_error(comm, result);
  };
  api.last_error = [](NcclComm) { return ""; };
  api.error_string = [](int result) {
    return result == kNcclSystemError ? "unhandled system error" : "an error";
  };
  api.group_start = [self = *this] {
    ++self.gpu().group_depth;
    return kNcclSuccess;
  };
  api.group_end = [self = *this] {
    if (self.gpu().group_depth == 0) return self.refuse(kNcclInvalidUsage, "a group ends that did not start");
    return --self.gpu().group_depth > 0 ? kNcclSuccess : self.group_end();
  };
  api.premul_sum_create = [self = *this](int* op, void* scalar, int dtype, int, NcclComm handle) {
    StandInComm* comm = self.find(handle);
    if (comm == nullptr) return self.refuse(kNcclInvalidArgument, "an operation for an unknown communicator");
    *op = comm->next_op++;
    comm->factors[*op] = element_to_double(dtype_of(dtype), static_cast<const std::byte*>(scalar));
    return kNcclSuccess;
  };
  api.premul_sum_destroy = [self = *this](int op, NcclComm handle) {
    StandInComm* comm = self.find(handle);
    if (comm != nullptr && comm->factors.erase(op) == 1) return kNcclSuccess;
    return self.refuse(kNcclInvalidArgument, "an unknown operation is given back");
  };
}

void StandInNccl::add_collectives(NcclApi& api) const {
  const auto plain = [self = *this](CallKind kind) {
    return [self, kind](const void* in, void* out, std::size_t count, int dtype, NcclComm comm,
                        CudaStream stream) {
      return self.call({kind, in, out, count, dtype, 0, 0, comm, stream});
    };
  };
  const auto reducing = [self = *this](CallKind kind) {
    return [self, kind](const void* in, void* out, std::size_t count, int dtype, int op, NcclComm comm,
                        CudaStream stream) {
      return self.call({kind, in, out, count, dtype, op, 0, comm, stream});
    };
  };
  const auto rooted = [self = *this](CallKind kind) {
    return [self, kind](const void* in, void* out, std::size_t count, int dtype, int root, NcclComm comm,
                        CudaStream stream) {
      return self.call({kind, in, out, count, dtype, 0, root, comm, stream});
    };
  };
  api.all_reduce = reducing(CallKind::all_reduce);
  api.reduce_scatter = reducing(CallKind::reduce_scatter);
  api.broadcast = rooted(CallKind::broadcast);
  api.all_gather = plain(CallKind::all_gather);
  api.reduce = [self = *this](const void* in, void* out, std::size_t count, int dtype, int op, int root,
                              NcclComm comm, CudaStream stream) {
    return self.call({CallKind::reduce, in, out, count, dtype, op, root, comm, stream});
  };
  if (machine_.options_.nccl_version < kVersionWithAllToAll) return;
  api.all_to_all = plain(CallKind::all_to_all);
  api.gather = rooted(CallKind::gather);
  api.scatter = rooted(CallKind::scatter);
}

void StandInNccl::add_messages(NcclApi& api) const {
  api.send = [self = *this](const void* in, std::size_t count, int dtype, int peer, NcclComm comm,
                            CudaStream stream) {
    return self.call({CallKind::send, in, nullptr, count, dtype, 0, peer, comm, stream});
  };
  api.recv = [self = *this](void* out, std::size_t count, int dtype, int peer, NcclComm comm,
                            CudaStream stream) {
    return self.call({CallKind::recv, nullptr, out, count, dtype, 0, peer, comm, stream});
  };
}

NcclApi StandInNccl::table() const {
  NcclApi api;
  add_communicators(api);
  add_collectives(api);
  add_messages(api);
  return api;
}

NcclApi stand_in_nccl(StandInMachine& machine, int rank) { return StandInNccl(machine, rank).table(); }

}  // namespace gridlock
