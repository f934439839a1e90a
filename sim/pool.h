#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace gridlock::sim {

/// Place of an object in a Pool.
using Slot = std::uint32_t;
inline constexpr Slot kNoSlot = 0xffffffff;

/// Objects that come and go many times during a run. Once a run is warm, adding costs no allocation;
/// references stay valid until the object is removed. Slots are reused last-in first-out, which depends on
/// the order of calls alone.
template <typename T>
class Pool {
 public:
  /// A slot holding a T{}.
  Slot add() {
    ++live_;
    if (!free_.empty()) {
      const Slot slot = free_.back();
      free_.pop_back();
      (*this)[slot] = T{};
      return slot;
    }
    if (size_ == chunks_.size() * kChunkSize) chunks_.push_back(std::make_unique<T[]>(kChunkSize));
    return size_++;
  }
  void remove(Slot slot) {
    --live_;
    free_.push_back(slot);
  }

  T& operator[](Slot slot) { return chunks_[slot / kChunkSize][slot % kChunkSize]; }
  const T& operator[](Slot slot) const { return chunks_[slot / kChunkSize][slot % kChunkSize]; }
  /// Objects that were added and not removed.
  std::size_t live() const { return live_; }

 private:
  static constexpr Slot kChunkSize = 256;

  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<Slot> free_;
  Slot size_ = 0;
  std::size_t live_ = 0;
};

}  // namespace gridlock::sim
