#include "nccl_backend/call_queue.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/data/element_value.h"
#include "core/data/operation.h"
#include "nccl_backend/host_calls.h"

namespace gridlock {

bool CallQueue::enqueue(std::span<const GpuCall> calls) {
  entries_.clear();
  bool prepared = true;
  for (const GpuCall& call : calls) {
    if (HostCalls::carries(call)) continue;
    if (call.size == 1 && !needs_communicator(call)) {
      prepared = copy(call);
    } else if (const std::optional<Entry> entry = entry_for(call)) {
      entries_.push_back(*entry);
    } else {
      prepared = false;
    }
    if (!prepared) break;
  }
  const bool enqueued = prepared && call_nccl(entries_) && settle(entries_);
  for (const Entry& entry : entries_) {
    if (!entry.has_premul_op) continue;
    faults_.nccl(api_.nccl.premul_sum_destroy(entry.place.premul_op, entry.place.comm), "ncclRedOpDestroy");
  }
  return enqueued && !faults_.any();
}

bool CallQueue::is_supported(const GpuCall& call) {
  if (!nccl_elements(call.kind, call.dtype)) {
    faults_.refuse(fmt::format("NCCL cannot reduce {}", dtype_name(call.dtype)));
  }
  return !faults_.any();
}

std::optional<CallQueue::Entry> CallQueue::entry_for(const GpuCall& call) {
  if (!is_supported(call)) return std::nullopt;
  Entry entry{&call, {}};
  const std::optional<CudaStream> stream = device_.stream(call.stream);
  const std::optional<NcclComm> comm =
      call.size == 1 ? communicators_.alone() : communicators_.find(call.instance);
  if (!stream || !comm) return std::nullopt;
  entry.place.stream = *stream;
  entry.place.comm = *comm;
  if (call.kind == CallKind::barrier) {
    if (scratch_ == nullptr) scratch_ = device_.memory().allocate(1);
    if (scratch_ == nullptr) return std::nullopt;
    entry.place.scratch = scratch_->address;
  }
  if (operation(call.kind).reduces && call.op == ReduceOp::premul_sum) {
    std::array<std::byte, 8> scalar{};
    fill_constant(call.dtype, call.scalar, std::span(scalar).first(dtype_size(call.dtype)));
    const int dtype = nccl_elements(call.kind, call.dtype)->dtype;
    const int result = api_.nccl.premul_sum_create(&entry.place.premul_op, scalar.data(), dtype,
                                                   kNcclScalarOnHost, entry.place.comm);
    if (!faults_.nccl(result, "ncclRedOpCreatePreMulSum", entry.place.comm)) return std::nullopt;
    entry.has_premul_op = true;
  }
  return entry;
}

// What an operation makes of one member's data is that data (rule S20).
bool CallQueue::copy(const GpuCall& call) {
  const std::optional<CudaStream> stream = device_.stream(call.stream);
  if (!stream) return false;
  const std::size_t bytes = std::min(call.input_bytes, call.output_bytes);
  if (bytes == 0 || call.input == call.output) return true;
  return faults_.cuda(api_.cuda.copy_on_device(call.output, call.input, bytes, *stream), "cuMemcpyDtoDAsync");
}

bool CallQueue::call_nccl(std::span<const Entry> entries) {
  const bool grouped = entries.size() > 1;
  if (grouped && !faults_.nccl(api_.nccl.group_start(), "ncclGroupStart")) return false;
  bool accepted = true;
  for (const Entry& entry : entries) {
    const int result = enqueue_nccl(api_.nccl, *entry.call, entry.place);
    accepted = faults_.nccl(result, call_kind_name(entry.call->kind).data(), entry.place.comm);
    if (!accepted) break;
  }
  // Also after a call was refused: NCCL would take everything later for a part of this group.
  if (grouped) accepted = faults_.nccl(api_.nccl.group_end(), "ncclGroupEnd") && accepted;
  return accepted;
}

bool CallQueue::settle(std::span<const Entry> entries) {
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    const bool is_settled = std::any_of(entries.begin(), entry, [&](const Entry& earlier) {
      return earlier.place.comm == entry->place.comm;
    });
    if (!is_settled && !communicators_.settle(entry->place.comm)) return false;
  }
  return true;
}

}  // namespace gridlock
