#include "sim/stack_arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock::sim {
namespace {

// <sys/mman.h> of Debian 12 does not know it yet.
constexpr int kMadviseGuardInstall = 102;

}  // namespace

StackArena::StackArena(std::size_t stack_count, std::size_t stack_bytes)
    : stack_count_(stack_count), page_bytes_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))) {
  stack_bytes_ = std::max(2 * page_bytes_, (stack_bytes + page_bytes_ - 1) / page_bytes_ * page_bytes_);
  void* mapping = mmap(nullptr, stack_count_ * stack_bytes_, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapping == MAP_FAILED) {
    throw InputError("fiber_stack_bytes",
                     "cannot reserve " + std::to_string(stack_count_) + " stacks of " +
                         std::to_string(stack_bytes_) + " bytes",
                     "use smaller stacks, fewer ranks, or step machines without stacks");
  }
  base_ = static_cast<std::byte*>(mapping);
  // A stack whose first page is touched must not drag in two megabytes.
  madvise(base_, stack_count_ * stack_bytes_, MADV_NOHUGEPAGE);
}

StackArena::~StackArena() { munmap(base_, stack_count_ * stack_bytes_); }

void StackArena::install_guard(std::byte* page) {
  if (guard_ == Guard::light && madvise(page, page_bytes_, kMadviseGuardInstall) != 0)
    guard_ = Guard::mprotect;
  if (guard_ == Guard::mprotect &&
      (stack_count_ > kProtectedMax || ::mprotect(page, page_bytes_, PROT_NONE) != 0)) {
    guard_ = Guard::none;
  }
}

StackArena::Stack StackArena::take() {
  if (free_.empty()) {
    GRIDLOCK_CHECK(taken_ < stack_count_);
    std::byte* page = base_ + taken_++ * stack_bytes_;
    install_guard(page);
    free_.push_back(page + page_bytes_);
  }
  std::byte* bottom = free_.back();
  free_.pop_back();
  return {bottom, stack_bytes_ - page_bytes_};
}

void StackArena::give_back(std::byte* bottom) {
  madvise(bottom, stack_bytes_ - page_bytes_, MADV_DONTNEED);
  free_.push_back(bottom);
}

}  // namespace gridlock::sim
