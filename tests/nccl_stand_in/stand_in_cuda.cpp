#include "tests/nccl_stand_in/stand_in_cuda.h"

#include <cstdio>
#include <cstring>
#include <utility>

#include "tests/nccl_stand_in/stand_in_machine.h"

namespace gridlock {
namespace {

constexpr int kInvalidValue = 1;
constexpr int kInvalidHandle = 400;
constexpr int kInvalidContext = 201;

}  // namespace

/// The driver of one rank. What the real one would answer with an error is a violation too.
class StandInCuda {
 public:
  StandInCuda(StandInMachine& machine, int rank) : machine_(machine), rank_(rank) {}

  CudaApi table() const;

 private:
  using Gpu = StandInMachine::Gpu;
  Gpu& gpu() const { return machine_.gpu(rank_); }
  int refuse(int result, const std::string& text) const {
    machine_.complain(rank_, text);
    return result;
  }
  StandInStream* stream(CudaStream handle) const {
    const auto known = gpu().streams.find(handle);
    return known == gpu().streams.end() ? nullptr : known->second.get();
  }
  StandInEvent* event(CudaEvent handle) const {
    const auto known = gpu().events.find(handle);
    return known == gpu().events.end() ? nullptr : known->second.get();
  }
  static void* host(CudaPointer address) {
    return reinterpret_cast<void*>(static_cast<std::uintptr_t>(address));
  }
  int copy(CudaStream handle, void* to, const void* from, std::size_t bytes) const {
    StandInStream* into = stream(handle);
    if (into == nullptr) return refuse(kInvalidHandle, "a copy on no stream");
    into->work.push_back({.copy = [to, from, bytes] { std::memmove(to, from, bytes); }});
    return kCudaSuccess;
  }

  void add_device(CudaApi& api) const;
  void add_memory(CudaApi& api) const;
  void add_streams(CudaApi& api) const;
  void add_events(CudaApi& api) const;

  StandInMachine& machine_;
  int rank_;
};

void StandInCuda::add_device(CudaApi& api) const {
  api.init = [](unsigned) { return kCudaSuccess; };
  api.driver_get_version = [](int* version) {
    *version = 13000;
    return kCudaSuccess;
  };
  api.device_get_count = [self = *this](int* count) {
    *count = static_cast<int>(self.machine_.gpus_.size());
    return kCudaSuccess;
  };
  api.device_get = [self = *this](CudaDevice* device, int ordinal) {
    *device = ordinal;
    const bool is_own = ordinal == self.rank_;
    return is_own ? kCudaSuccess : self.refuse(kInvalidValue, "a GPU of another rank");
  };
  api.device_get_name = [](char* name, int size, CudaDevice) {
    std::strncpy(name, "stand-in", static_cast<std::size_t>(size));
    return kCudaSuccess;
  };
  api.device_get_bus_id = [](char* bus_id, int size, CudaDevice device) {
    std::snprintf(bus_id, static_cast<std::size_t>(size), "00000000:0%d:00.0", device);
    return kCudaSuccess;
  };
  api.primary_context_retain = [self = *this](CudaContext* context, CudaDevice) {
    ++self.gpu().contexts;
    *context = &self.gpu();
    return kCudaSuccess;
  };
  api.primary_context_release = [self = *this](CudaDevice) {
    if (self.gpu().contexts == 0) return self.refuse(kInvalidContext, "no context to release");
    --self.gpu().contexts;
    return kCudaSuccess;
  };
  api.context_set_current = [self = *this](CudaContext context) {
    return context == &self.gpu() ? kCudaSuccess : self.refuse(kInvalidContext, "an unknown context");
  };
  api.error_name = [](int result, const char** name) {
    *name = result == 719 ? "CUDA_ERROR_LAUNCH_FAILED" : nullptr;
    return *name != nullptr ? kCudaSuccess : kInvalidValue;
  };
}

void StandInCuda::add_memory(CudaApi& api) const {
  api.memory_allocate = [self = *this](CudaPointer* memory, std::size_t bytes) {
    if (bytes == 0) return self.refuse(kInvalidValue, "an allocation of no bytes");
    // Never zero, so that nobody relies on it.
    std::vector<std::byte> block(bytes, std::byte{0xa5});
    *memory = static_cast<CudaPointer>(reinterpret_cast<std::uintptr_t>(block.data()));
    self.gpu().memory.emplace(*memory, std::move(block));
    return kCudaSuccess;
  };
  api.memory_free = [self = *this](CudaPointer memory) {
    if (self.gpu().memory.erase(memory) == 1) return kCudaSuccess;
    return self.refuse(kInvalidValue, "memory that is not allocated is freed");
  };
  api.copy_to_device = [self = *this](CudaPointer to, const void* from, std::size_t bytes,
                                      CudaStream stream) { return self.copy(stream, host(to), from, bytes); };
  api.copy_to_host = [self = *this](void* to, CudaPointer from, std::size_t bytes, CudaStream stream) {
    return self.copy(stream, to, host(from), bytes);
  };
  api.copy_on_device = [self = *this](CudaPointer to, CudaPointer from, std::size_t bytes,
                                      CudaStream stream) {
    return self.copy(stream, host(to), host(from), bytes);
  };
}

void StandInCuda::add_streams(CudaApi& api) const {
  api.stream_create = [self = *this](CudaStream* stream, unsigned flags) {
    if (flags != kCudaStreamNonBlocking) self.machine_.complain(self.rank_, "a stream that waits for others");
    auto made = std::make_unique<StandInStream>();
    *stream = made.get();
    self.gpu().streams.emplace(*stream, std::move(made));
    return kCudaSuccess;
  };
  api.stream_destroy = [self = *this](CudaStream stream) {
    const StandInStream* known = self.stream(stream);
    if (known == nullptr) return self.refuse(kInvalidHandle, "an unknown stream is destroyed");
    if (!known->work.empty()) self.machine_.complain(self.rank_, "a stream with work is destroyed");
    self.gpu().streams.erase(stream);
    return kCudaSuccess;
  };
  api.stream_query = [self = *this](CudaStream stream) {
    const StandInStream* known = self.stream(stream);
    if (known == nullptr) return self.refuse(kInvalidHandle, "an unknown stream is queried");
    return known->work.empty() ? kCudaSuccess : kCudaNotReady;
  };
  api.stream_synchronize = [self = *this](CudaStream stream) {
    const StandInStream* known = self.stream(stream);
    if (known == nullptr) return self.refuse(kInvalidHandle, "an unknown stream is synchronized");
    self.machine_.progress();
    if (known->work.empty()) return kCudaSuccess;
    return self.refuse(kInvalidValue, "the host blocks on a stream that waits for others");
  };
  api.stream_wait_event = [self = *this](CudaStream stream, CudaEvent event, unsigned) {
    StandInStream* into = self.stream(stream);
    const StandInEvent* point = self.event(event);
    if (into == nullptr || point == nullptr) return self.refuse(kInvalidHandle, "a wait on unknown handles");
    if (point->point != nullptr) into->work.push_back({.wait = point->point});
    return kCudaSuccess;
  };
}

void StandInCuda::add_events(CudaApi& api) const {
  api.event_create = [self = *this](CudaEvent* event, unsigned) {
    auto made = std::make_unique<StandInEvent>();
    *event = made.get();
    self.gpu().events.emplace(*event, std::move(made));
    return kCudaSuccess;
  };
  api.event_destroy = [self = *this](CudaEvent event) {
    if (self.gpu().events.erase(event) == 1) return kCudaSuccess;
    return self.refuse(kInvalidHandle, "an unknown event is destroyed");
  };
  api.event_record = [self = *this](CudaEvent event, CudaStream stream) {
    StandInEvent* point = self.event(event);
    StandInStream* into = self.stream(stream);
    if (point == nullptr || into == nullptr)
      return self.refuse(kInvalidHandle, "a record of unknown handles");
    point->point = std::make_shared<bool>(false);
    into->work.push_back({.record = point->point});
    return kCudaSuccess;
  };
  api.event_query = [self = *this](CudaEvent event) {
    const StandInEvent* point = self.event(event);
    if (point == nullptr) return self.refuse(kInvalidHandle, "an unknown event is queried");
    return point->point == nullptr || *point->point ? kCudaSuccess : kCudaNotReady;
  };
}

CudaApi StandInCuda::table() const {
  CudaApi api;
  add_device(api);
  add_memory(api);
  add_streams(api);
  add_events(api);
  return api;
}

CudaApi stand_in_cuda(StandInMachine& machine, int rank) { return StandInCuda(machine, rank).table(); }

}  // namespace gridlock
