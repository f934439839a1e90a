#include "sim/kernel_slots.h"

#include <algorithm>

namespace gridlock::sim {
namespace {

void drop(std::vector<Slot>& works, Slot work) {
  works.erase(std::remove(works.begin(), works.end(), work), works.end());
}

}  // namespace

KernelSlots::KernelSlots(std::int64_t slots, bool in_order, RankId world_size, Pool<Work>& works)
    : slots_(slots),
      in_order_(in_order),
      works_(works),
      devices_(slots > 0 || in_order ? static_cast<std::size_t>(world_size) : 0) {}

void KernelSlots::submitted(Slot work) {
  if (in_order_) device_of(work).unstarted.push_back(work);
}

void KernelSlots::ready(Slot work, Nanos now) {
  Device& device = device_of(work);
  std::vector<Slot>& ready = device.ready;
  const std::int64_t wanted = device.running + static_cast<std::int64_t>(ready.size()) + 1;
  if (slots_ > 0 && wanted > slots_ && contention_.count++ == 0) {
    contention_.rank = works_[work].rank;
    contention_.time = now;
  }
  const auto after = std::find_if(ready.begin(), ready.end(),
                                  [&](Slot other) { return works_[other].ticket > works_[work].ticket; });
  ready.insert(after, work);
  works_[work].waits_for_slot = true;
}

Slot KernelSlots::next(RankId rank) {
  Device& device = devices_[static_cast<std::size_t>(rank)];
  if (device.ready.empty() || (slots_ > 0 && device.running >= slots_)) return kNoSlot;
  const Slot work = device.ready.front();
  if (in_order_ && device.unstarted.front() != work) return kNoSlot;
  device.ready.erase(device.ready.begin());
  if (in_order_) device.unstarted.erase(device.unstarted.begin());
  ++device.running;
  works_[work].waits_for_slot = false;
  works_[work].has_slot = true;
  return work;
}

void KernelSlots::finished(Slot work) {
  Device& device = device_of(work);
  if (works_[work].has_slot) {
    --device.running;
    return;
  }
  drop(device.ready, work);
  drop(device.unstarted, work);
}

}  // namespace gridlock::sim
