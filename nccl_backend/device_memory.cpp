#include "nccl_backend/device_memory.h"

#include <bit>

namespace gridlock {
namespace {

// Few sizes, so that blocks find a next user: powers of two for small ones, whole megabytes for large ones.
std::size_t rounded(std::size_t bytes) {
  constexpr std::size_t kSmallest = 512;
  constexpr std::size_t kStep = std::size_t{1} << 20;
  if (bytes <= kSmallest) return kSmallest;
  return bytes <= kStep ? std::bit_ceil(bytes) : (bytes + kStep - 1) / kStep * kStep;
}

}  // namespace

DeviceMemory::Block DeviceMemory::allocate(std::size_t bytes) {
  if (bytes == 0) return std::make_shared<const DeviceBlock>();
  const std::size_t size = rounded(bytes);
  std::vector<CudaPointer>& unused = unused_[size];
  CudaPointer address = 0;
  if (!unused.empty()) {
    address = unused.back();
    unused.pop_back();
  } else {
    if (!faults_.cuda(cuda_.memory_allocate(&address, size), "cuMemAlloc")) return nullptr;
    all_.push_back(address);
  }
  return {new DeviceBlock{address, bytes}, [this, size](const DeviceBlock* block) {
            unused_[size].push_back(block->address);
            delete block;
          }};
}

void DeviceMemory::release() {
  for (const CudaPointer address : all_) faults_.cuda(cuda_.memory_free(address), "cuMemFree");
  all_.clear();
  unused_.clear();
}

}  // namespace gridlock
