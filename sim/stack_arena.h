#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridlock::sim {

/// Stacks of equal size from one mapping. Address space is reserved at once, memory is used page by page as
/// stacks are touched. The lowest page of a stack that is handed out faults when it is touched, so an
/// overflow ends the process instead of corrupting a neighbour:
///   light     MADV_GUARD_INSTALL, which costs no mapping of its own (Linux 6.13 and later)
///   mprotect  older kernels, for arenas of up to kProtectedMax stacks (the kernel's limit is 65,530
///   mappings) none      older kernels, larger arenas: an overflow is not detected
class StackArena {
 public:
  enum class Guard : std::uint8_t { light, mprotect, none };
  static constexpr std::size_t kProtectedMax = 16'384;

  struct Stack {
    std::byte* bottom = nullptr;
    std::size_t size = 0;
  };

  /// `stack_bytes` is rounded up to whole pages, at least two. Throws InputError (place "fiber_stack_bytes")
  /// when the address space cannot be reserved.
  StackArena(std::size_t stack_count, std::size_t stack_bytes);
  ~StackArena();
  StackArena(const StackArena&) = delete;
  StackArena& operator=(const StackArena&) = delete;

  /// The usable part above the guard page. Requires: fewer than stack_count are taken.
  Stack take();
  /// Gives back the stack with that bottom, and its memory to the system.
  void give_back(std::byte* bottom);

  Guard guard() const { return guard_; }
  std::size_t stack_bytes() const { return stack_bytes_; }

 private:
  void install_guard(std::byte* page);

  std::byte* base_ = nullptr;
  std::size_t stack_count_;
  std::size_t stack_bytes_;
  std::size_t page_bytes_;
  Guard guard_ = Guard::light;
  std::size_t taken_ = 0;
  std::vector<std::byte*> free_;
};

}  // namespace gridlock::sim
