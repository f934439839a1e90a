#include "sim/fiber_host.h"

#include <boost/fiber/algo/algorithm.hpp>
#include <boost/fiber/algo/round_robin.hpp>
#include <boost/fiber/context.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/properties.hpp>
#include <boost/fiber/scheduler.hpp>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "core/base/check.h"
#include "sim/exception_state.h"
#include "sim/stack_arena.h"

#if defined(__SANITIZE_ADDRESS__)
#define GRIDLOCK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GRIDLOCK_ASAN 1
#endif
#endif
#ifdef GRIDLOCK_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

namespace gridlock::sim {
namespace {

namespace fibers = boost::fibers;

#ifdef GRIDLOCK_ASAN
constexpr std::size_t kSanitizerFactor = 8;
#else
constexpr std::size_t kSanitizerFactor = 1;
#endif

/// Where a stack lies, for the address sanitizer; it must be told of every switch.
struct StackBounds {
  const void* bottom = nullptr;
  std::size_t size = 0;
};

/// Told before a switch. `leaves_for_good` frees what the sanitizer keeps for the current stack.
void announce_switch([[maybe_unused]] void** fake_stack, [[maybe_unused]] const StackBounds& target) {
#ifdef GRIDLOCK_ASAN
  __sanitizer_start_switch_fiber(fake_stack, target.bottom, target.size);
#endif
}

/// Told after a switch; the bounds of the stack that was left.
StackBounds confirm_switch([[maybe_unused]] void* fake_stack) {
  StackBounds left;
#ifdef GRIDLOCK_ASAN
  __sanitizer_finish_switch_fiber(fake_stack, &left.bottom, &left.size);
#endif
  return left;
}

/// The scheduling algorithm: whoever suspends has said before who runs next. Contexts that are not ours
/// (Boost's dispatcher, fibers of the caller) queue up and run only when nobody was named.
class Baton final : public fibers::algo::algorithm {
 public:
  void name_next(fibers::context* next) { next_ = next; }
  /// The next context that becomes ready is a new fiber of ours: it is kept out of the queue and returned by
  /// `caught`.
  void catch_new() { catching_ = true; }
  fibers::context* caught() { return std::exchange(caught_, nullptr); }

  void awakened(fibers::context* context) noexcept override {
    if (std::exchange(catching_, false)) {
      caught_ = context;
    } else {
      context->ready_link(others_);
    }
  }
  fibers::context* pick_next() noexcept override {
    if (next_ != nullptr) return std::exchange(next_, nullptr);
    if (others_.empty()) return nullptr;
    fibers::context* context = &others_.front();
    others_.pop_front();
    return context;
  }
  bool has_ready_fibers() const noexcept override { return next_ != nullptr || !others_.empty(); }
  // The dispatcher sleeps when nobody is ready. The engine is always either running or named, unless the
  // thread is being taken down while a fiber runs on it.
  void suspend_until(const std::chrono::steady_clock::time_point&) noexcept override {
    std::fputs(
        "gridlock: the process was ended inside a rank's program (std::exit); return from the program, "
        "or throw, to end a rank\n",
        stderr);
    std::_Exit(EXIT_FAILURE);
  }
  void notify() noexcept override {}

 private:
  fibers::context* next_ = nullptr;
  fibers::context* caught_ = nullptr;
  bool catching_ = false;
  fibers::scheduler::ready_queue_type others_;
};

using BatonPtr = boost::intrusive_ptr<Baton>;

/// Rides on every fiber of ours, so that a host made on one of them finds the baton of the thread.
class Tag final : public fibers::fiber_properties {
 public:
  Tag(fibers::context* context, BatonPtr baton) : fiber_properties(context), baton_(std::move(baton)) {}
  const BatonPtr& baton() const { return baton_; }

 private:
  BatonPtr baton_;
};

/// Gives Boost.Fiber a stack of the arena and notes where it lies.
class ArenaAllocator {
 public:
  ArenaAllocator(StackArena* arena, StackBounds* bounds) : arena_(arena), bounds_(bounds) {}
  boost::context::stack_context allocate() {
    const StackArena::Stack stack = arena_->take();
    *bounds_ = {stack.bottom, stack.size};
    boost::context::stack_context context;
    context.size = stack.size;
    context.sp = stack.bottom + stack.size;
    return context;
  }
  void deallocate(boost::context::stack_context& context) noexcept {
    arena_->give_back(static_cast<std::byte*>(context.sp) - context.size);
  }

 private:
  StackArena* arena_;
  StackBounds* bounds_;
};

}  // namespace

class FiberHost::Fiber {
 public:
  fibers::context* context = nullptr;
  fibers::fiber handle;
  RankId rank = kNoRank;
  StackBounds stack;
};

class FiberHost::State {
 public:
  State(std::size_t fiber_max, std::size_t stack_bytes, Body body)
      : arena_(fiber_max, stack_bytes * kSanitizerFactor), body_(std::move(body)) {
    const auto* tag = dynamic_cast<Tag*>(fibers::context::active()->get_properties());
    is_outermost_ = tag == nullptr;
    baton_ = is_outermost_ ? BatonPtr(new Baton) : tag->baton();
    if (is_outermost_) fibers::context::active()->get_scheduler()->set_algo(baton_);
  }

  ~State() {
    GRIDLOCK_CHECK(parked_ == 0);
    // Boost frees ended fibers, and with them their stacks, in its dispatcher, which runs when somebody
    // yields. It unwinds each on its stack, deeper than programs may have been, so this is done few at a
    // time.
    constexpr std::size_t kEndedAtOnce = 256;
    for (std::size_t i = 0; i < idle_.size(); ++i) {
      idle_[i]->rank = kNoRank;
      switch_to(*idle_[i]);
      idle_[i]->handle.join();
      if (i % kEndedAtOnce == 0 || i + 1 == idle_.size()) fibers::context::active()->yield();
    }
    if (is_outermost_) {
      fibers::context::active()->get_scheduler()->set_algo(new fibers::algo::round_robin);
    }
  }

  Fiber* start(RankId rank) {
    if (idle_.empty()) idle_.push_back(make_fiber());
    Fiber* fiber = idle_.back();
    idle_.pop_back();
    fiber->rank = rank;
    ++parked_;
    return resume(fiber) ? fiber : nullptr;
  }

  bool resume(Fiber* fiber) {
    switch_to(*fiber);
    if (fiber->rank != kNoRank) return true;
    --parked_;
    idle_.push_back(fiber);
    return false;
  }

  void park() {
    Fiber& self = *running_;
    GRIDLOCK_CHECK(fibers::context::active() == self.context);
    switch_back(self);
  }

 private:
  Fiber* make_fiber() {
    fibers_.push_back(std::make_unique<Fiber>());
    Fiber* fiber = fibers_.back().get();
    baton_->catch_new();
    fiber->handle = fibers::fiber(fibers::launch::post, std::allocator_arg,
                                  ArenaAllocator(&arena_, &fiber->stack), [this, fiber] { serve(*fiber); });
    fiber->context = baton_->caught();
    fiber->context->set_properties(new Tag(fiber->context, baton_));
    return fiber;
  }

  /// Life of a fiber: one rank after the other, until it is asked to end.
  void serve(Fiber& self) {
    ExceptionState{}.restore();
    engine_stack_ = confirm_switch(nullptr);
    while (self.rank != kNoRank) {
      body_(self.rank);
      self.rank = kNoRank;
      switch_back(self);
    }
    // Boost ends this fiber and goes on with whom is named; a null fake stack says that it will not come
    // back.
    announce_switch(nullptr, engine_stack_);
    baton_->name_next(engine_);
  }

  void switch_to(Fiber& fiber) {
    const ExceptionState mine = ExceptionState::save();
    Fiber* outer = std::exchange(running_, &fiber);
    engine_ = fibers::context::active();
    void* fake_stack = nullptr;
    announce_switch(&fake_stack, fiber.stack);
    baton_->name_next(fiber.context);
    engine_->suspend();
    confirm_switch(fake_stack);
    running_ = outer;
    mine.restore();
  }

  void switch_back(Fiber& self) {
    const ExceptionState mine = ExceptionState::save();
    void* fake_stack = nullptr;
    announce_switch(&fake_stack, engine_stack_);
    baton_->name_next(engine_);
    self.context->suspend();
    engine_stack_ = confirm_switch(fake_stack);
    mine.restore();
  }

  StackArena arena_;
  Body body_;
  BatonPtr baton_;
  bool is_outermost_ = true;
  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  std::size_t parked_ = 0;
  Fiber* running_ = nullptr;
  fibers::context* engine_ = nullptr;
  StackBounds engine_stack_;
};

FiberHost::FiberHost(std::size_t fiber_max, std::size_t stack_bytes, Body body)
    : state_(std::make_unique<State>(fiber_max, stack_bytes, std::move(body))) {}
FiberHost::~FiberHost() = default;
FiberHost::Fiber* FiberHost::start(RankId rank) { return state_->start(rank); }
bool FiberHost::resume(Fiber* fiber) { return state_->resume(fiber); }
void FiberHost::park() { state_->park(); }

std::size_t default_stack_bytes(std::size_t fiber_count) {
  if (fiber_count <= 4'096) return std::size_t{256} * 1024;
  if (fiber_count <= 65'536) return std::size_t{64} * 1024;
  return std::size_t{16} * 1024;
}

}  // namespace gridlock::sim
