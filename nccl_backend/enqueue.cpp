#include "nccl_backend/enqueue.h"

#include "core/base/check.h"
#include "core/data/operation.h"

namespace gridlock {
namespace {

// NCCL takes addresses in device memory as pointers.
void* pointer(CudaPointer address, std::int64_t bytes = 0) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address) + static_cast<std::uintptr_t>(bytes));
}

/// One call while it is put together of calls of NCCL.
class Enqueue {
 public:
  Enqueue(const NcclApi& nccl, const GpuCall& call, const EnqueuePlace& place)
      : nccl_(nccl), call_(call), place_(place), elements_(*nccl_elements(call.kind, call.dtype)) {}

  int run();

 private:
  std::size_t elements(std::int64_t count) const {
    return static_cast<std::size_t>(count * elements_.factor);
  }
  std::int64_t bytes(std::int64_t count) const {
    return count * static_cast<std::int64_t>(dtype_size(call_.dtype));
  }
  int op() const {
    const auto number = reduce_op_info(call_.op).nccl_number;
    return number ? *number : place_.premul_op;
  }
  bool is_root() const { return call_.rank == call_.peer; }

  /// Runs several calls of NCCL as one; the first result that is not success, also of the end of the group,
  /// which must be called in any case.
  template <typename Calls>
  int grouped(Calls&& calls) {
    if (const int result = nccl_.group_start(); result != kNcclSuccess) return result;
    const int result = calls();
    const int ended = nccl_.group_end();
    return result == kNcclSuccess || result == kNcclInProgress ? ended : result;
  }
  int send(std::int64_t first, std::int64_t count, GroupRank peer) {
    return nccl_.send(pointer(call_.input, bytes(first)), elements(count), elements_.dtype, peer, place_.comm,
                      place_.stream);
  }
  int recv(std::int64_t first, std::int64_t count, GroupRank peer) {
    return nccl_.recv(pointer(call_.output, bytes(first)), elements(count), elements_.dtype, peer,
                      place_.comm, place_.stream);
  }
  /// each(member) for all members until one fails.
  template <typename Each>
  int members(Each&& each) {
    for (GroupRank member = 0; member < call_.size; ++member) {
      if (const int result = each(member); result != kNcclSuccess && result != kNcclInProgress) return result;
    }
    return kNcclSuccess;
  }

  int all_to_all();
  int gather();
  int scatter();
  int all_gather_v();
  int all_to_all_v();

  const NcclApi& nccl_;
  const GpuCall& call_;
  const EnqueuePlace& place_;
  NcclElements elements_;
};

int Enqueue::run() {
  const void* input = pointer(call_.input);
  void* output = pointer(call_.output);
  const std::size_t count = elements(call_.count);
  const int dtype = elements_.dtype;
  switch (call_.kind) {
    case CallKind::all_reduce:
      return nccl_.all_reduce(input, output, count, dtype, op(), place_.comm, place_.stream);
    case CallKind::reduce:
      return nccl_.reduce(input, output, count, dtype, op(), call_.peer, place_.comm, place_.stream);
    case CallKind::broadcast:
      return nccl_.broadcast(input, output, count, dtype, call_.peer, place_.comm, place_.stream);
    case CallKind::all_gather:
      return nccl_.all_gather(input, output, count, dtype, place_.comm, place_.stream);
    case CallKind::reduce_scatter:
      return nccl_.reduce_scatter(input, output, count, dtype, op(), place_.comm, place_.stream);
    case CallKind::all_to_all:
      return all_to_all();
    case CallKind::gather:
      return gather();
    case CallKind::scatter:
      return scatter();
    case CallKind::send:
      return send(0, call_.count, call_.peer);
    case CallKind::recv:
      return recv(0, call_.count, call_.peer);
    case CallKind::barrier: {
      void* scratch = pointer(place_.scratch);
      const int byte = *dtype_info(DType::uint8).nccl_number;
      const int max = *reduce_op_info(ReduceOp::max).nccl_number;
      return nccl_.all_reduce(scratch, scratch, 1, byte, max, place_.comm, place_.stream);
    }
    case CallKind::all_gather_v:
      return all_gather_v();
    case CallKind::all_to_all_v:
      return all_to_all_v();
  }
  GRIDLOCK_CHECK(!"every kind of call is handled above");
}

int Enqueue::all_to_all() {
  if (nccl_.all_to_all) {
    return nccl_.all_to_all(pointer(call_.input), pointer(call_.output), elements(call_.count),
                            elements_.dtype, place_.comm, place_.stream);
  }
  return grouped([&] {
    return members([&](GroupRank member) {
      const int sent = send(call_.count * member, call_.count, member);
      return sent != kNcclSuccess && sent != kNcclInProgress
                 ? sent
                 : recv(call_.count * member, call_.count, member);
    });
  });
}

int Enqueue::gather() {
  if (nccl_.gather) {
    return nccl_.gather(pointer(call_.input), pointer(call_.output), elements(call_.count), elements_.dtype,
                        call_.peer, place_.comm, place_.stream);
  }
  return grouped([&] {
    const int sent = send(0, call_.count, call_.peer);
    if (!is_root() || (sent != kNcclSuccess && sent != kNcclInProgress)) return sent;
    return members([&](GroupRank member) { return recv(call_.count * member, call_.count, member); });
  });
}

int Enqueue::scatter() {
  if (nccl_.scatter) {
    return nccl_.scatter(pointer(call_.input), pointer(call_.output), elements(call_.count), elements_.dtype,
                         call_.peer, place_.comm, place_.stream);
  }
  return grouped([&] {
    const int received = recv(0, call_.count, call_.peer);
    if (!is_root() || (received != kNcclSuccess && received != kNcclInProgress)) return received;
    return members([&](GroupRank member) { return send(call_.count * member, call_.count, member); });
  });
}

int Enqueue::all_gather_v() {
  return grouped([&] {
    std::int64_t first = 0;
    return members([&](GroupRank member) {
      const std::int64_t count = call_.counts[static_cast<std::size_t>(member)];
      void* output = pointer(call_.output, bytes(first));
      const void* input = member == call_.rank ? pointer(call_.input) : output;
      first += count;
      return nccl_.broadcast(input, output, elements(count), elements_.dtype, member, place_.comm,
                             place_.stream);
    });
  });
}

int Enqueue::all_to_all_v() {
  return grouped([&] {
    std::int64_t sent_first = 0;
    std::int64_t received_first = 0;
    return members([&](GroupRank member) {
      const std::int64_t sent_count = call_.counts[static_cast<std::size_t>(member)];
      const GroupRank received_place = call_.size + member;
      const std::int64_t received_count = call_.counts[static_cast<std::size_t>(received_place)];
      const int sent = send(sent_first, sent_count, member);
      if (sent != kNcclSuccess && sent != kNcclInProgress) return sent;
      const int received = recv(received_first, received_count, member);
      sent_first += sent_count;
      received_first += received_count;
      return received;
    });
  });
}

}  // namespace

int enqueue_nccl(const NcclApi& nccl, const GpuCall& call, const EnqueuePlace& place) {
  return Enqueue(nccl, call, place).run();
}

bool needs_communicator(const GpuCall& call) {
  const OperationInfo& info = operation(call.kind);
  return info.is_p2p || (info.reduces && call.op == ReduceOp::premul_sum);
}

}  // namespace gridlock
