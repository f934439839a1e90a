#include "sim/emulation.h"

#include <algorithm>
#include <array>

namespace gridlock::sim {
namespace {

/// Who completes when the two sides of an all_reduce, or of a message, differ in size.
enum class Fate : std::uint8_t { none, smaller, both };

/// A measured pair of float32 counts; for a message of what was sent and what was received.
struct CountPoint {
  bool is_same_host;
  std::int64_t first;
  std::int64_t second;
  Fate fate;
};

constexpr std::array kAllReducePoints = {
    CountPoint{true, 1, 2, Fate::both},
    CountPoint{true, 3, 4, Fate::both},
    CountPoint{true, 3, 6, Fate::smaller},
    CountPoint{true, 8, 9, Fate::none},
    CountPoint{true, 8, 16, Fate::smaller},
    CountPoint{true, 64, 65, Fate::none},
    CountPoint{true, 64, 128, Fate::smaller},
    CountPoint{true, 128, 129, Fate::none},
    CountPoint{true, 128, 256, Fate::smaller},
    CountPoint{true, 256, 512, Fate::smaller},
    CountPoint{true, 1024, 1025, Fate::none},
    CountPoint{true, 1024, 2048, Fate::smaller},
    CountPoint{true, 4096, 4097, Fate::none},
    CountPoint{true, 4096, 8192, Fate::smaller},
    CountPoint{true, 16384, 16385, Fate::none},
    CountPoint{true, 16384, 32768, Fate::smaller},
    CountPoint{true, 65536, 65537, Fate::none},
    CountPoint{true, 65536, 131072, Fate::smaller},
    CountPoint{true, 262144, 524288, Fate::none},
    CountPoint{true, 1048576, 1048577, Fate::both},
    CountPoint{true, 1048576, 2097152, Fate::both},
    CountPoint{true, 1048576, 33554432, Fate::smaller},
    CountPoint{true, 8388608, 8388609, Fate::both},
    CountPoint{true, 8388608, 16777216, Fate::both},
    CountPoint{false, 1, 2, Fate::both},
    CountPoint{false, 8, 9, Fate::none},
    CountPoint{false, 8, 16, Fate::none},
    CountPoint{false, 256, 512, Fate::none},
    CountPoint{false, 1024, 1025, Fate::none},
    CountPoint{false, 1048576, 1048577, Fate::both},
    CountPoint{false, 1048576, 2097152, Fate::both},
};

constexpr std::array kMessagePoints = {
    CountPoint{true, 65536, 131072, Fate::smaller},
    CountPoint{true, 1048576, 2097152, Fate::both},
    CountPoint{true, 1024, 512, Fate::both},
    CountPoint{true, 65536, 32768, Fate::both},
    CountPoint{true, 1048576, 524288, Fate::both},
    CountPoint{true, 33554432, 16777216, Fate::both},
    CountPoint{false, 1, 2, Fate::both},
    // The receiver ends with an asynchronous error there; here it stays open (docs/fidelity.md).
    CountPoint{false, 1048576, 2097152, Fate::smaller},
};

template <typename Points>
std::optional<Emulation> by_counts(const Points& points, std::int64_t first, std::int64_t second,
                                   bool is_same_host) {
  for (const CountPoint& point : points) {
    if (point.is_same_host != is_same_host || point.first != first || point.second != second) continue;
    const bool both = point.fate == Fate::both;
    const bool smaller = point.fate == Fate::smaller;
    return Emulation{both || (smaller && first < second), both || (smaller && second < first),
                     UnalikeData::shortest};
  }
  return std::nullopt;
}

std::optional<Emulation> emulated_all_reduce(const OpenCall& a, const OpenCall& b, bool is_same_host) {
  if (a.dtype != b.dtype) {
    if (a.count != b.count || a.op != b.op) return std::nullopt;
    const std::size_t first = dtype_size(a.dtype);
    const std::size_t second = dtype_size(b.dtype);
    if (first == second) return Emulation{true, true, UnalikeData::as_first};
    // On two hosts nobody completes: the error that was seen there is the other side's giving up.
    return Emulation{is_same_host && first < second, is_same_host && second < first, UnalikeData::as_first};
  }
  if (a.op != b.op) {
    return a.count == b.count ? std::optional(Emulation{true, true, UnalikeData::as_first}) : std::nullopt;
  }
  if (a.dtype != DType::float32) return std::nullopt;
  return a.count < b.count ? by_counts(kAllReducePoints, a.count, b.count, is_same_host)
                           : [&]() -> std::optional<Emulation> {
    auto turned = by_counts(kAllReducePoints, b.count, a.count, is_same_host);
    if (turned) std::swap(turned->first_completes, turned->second_completes);
    return turned;
  }();
}

}  // namespace

std::optional<Emulation> emulated(MetCalls calls, bool is_same_host) {
  if (calls.size() != 2) return std::nullopt;
  const OpenCall& a = *calls[0];
  const OpenCall& b = *calls[1];
  if (operation(a.kind).is_p2p) {
    if (a.dtype != DType::float32 || b.dtype != DType::float32) return std::nullopt;
    return by_counts(kMessagePoints, a.count, b.count, is_same_host);
  }
  if (a.kind != b.kind) return Emulation{};
  if (a.kind == CallKind::all_reduce) return emulated_all_reduce(a, b, is_same_host);
  const bool only_roots_differ = a.count == b.count && a.dtype == b.dtype && a.peer != b.peer;
  if (a.kind == CallKind::broadcast && only_roots_differ) return Emulation{true, true, UnalikeData::own};
  return std::nullopt;
}

}  // namespace gridlock::sim
