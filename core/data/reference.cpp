#include "core/data/reference.h"

#include <cstring>
#include <numeric>
#include <vector>

#include "core/base/check.h"
#include "core/data/reduction.h"

namespace gridlock {
namespace {

using Inputs = std::span<const std::span<const std::byte>>;
using Outputs = std::span<const std::span<std::byte>>;

std::int64_t total(std::span<const std::int64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

/// What member `from` sends to member `to` in an all_to_all_v.
std::int64_t cell(const DataMovement& movement, GroupRank from, GroupRank to) {
  return movement.counts[static_cast<std::size_t>(from) * static_cast<std::size_t>(movement.size) +
                         static_cast<std::size_t>(to)];
}

bool is_uneven(CallKind kind) { return operation(kind).count == CountMeaning::per_rank; }

/// memmove: source and target are the same bytes when an operation runs in place.
void copy(std::span<const std::byte> source, std::span<std::byte> target) {
  GRIDLOCK_CHECK(source.size() == target.size());
  if (!source.empty()) std::memmove(target.data(), source.data(), source.size());
}

/// One operation with the sizes of its shares in bytes.
class Movement {
 public:
  Movement(const DataMovement& movement, Inputs inputs, Outputs outputs)
      : movement_(movement),
        size_(static_cast<std::size_t>(movement.size)),
        root_(static_cast<std::size_t>(movement.root)),
        element_(dtype_size(movement.dtype)),
        inputs_(inputs),
        outputs_(outputs) {}

  void run() const {
    switch (movement_.kind) {
      case CallKind::all_reduce:
        return all_reduce();
      case CallKind::reduce:
        return reduce_into(movement_.dtype, movement_.op, movement_.scalar, inputs_, outputs_[root_]);
      case CallKind::reduce_scatter:
        return reduce_scatter();
      case CallKind::broadcast:
      case CallKind::send:
      case CallKind::recv:
        return copy_from_root();
      case CallKind::all_gather:
      case CallKind::all_gather_v:
        for (std::size_t member = 0; member < size_; ++member) gather_to(member);
        return;
      case CallKind::gather:
        return gather_to(root_);
      case CallKind::scatter:
        return scatter();
      case CallKind::all_to_all:
      case CallKind::all_to_all_v:
        return all_to_all();
      case CallKind::barrier:
        return;
    }
    GRIDLOCK_CHECK(!"every operation is handled above");
  }

 private:
  std::size_t share_bytes() const { return static_cast<std::size_t>(movement_.count) * element_; }

  std::size_t cell_bytes(std::size_t from, std::size_t to) const {
    if (movement_.kind == CallKind::all_to_all) return share_bytes();
    return static_cast<std::size_t>(
               cell(movement_, static_cast<GroupRank>(from), static_cast<GroupRank>(to))) *
           element_;
  }

  /// All members' results are equal: reduced once, after which the inputs may be overwritten.
  void all_reduce() const {
    reduce_into(movement_.dtype, movement_.op, movement_.scalar, inputs_, outputs_[0]);
    for (const std::span<std::byte> output : outputs_.subspan(1)) copy(outputs_[0], output);
  }

  /// In place, a member's output is its own share of its input, which no other member's result reads.
  void reduce_scatter() const {
    std::vector<std::span<const std::byte>> shares(size_);
    for (std::size_t member = 0; member < size_; ++member) {
      for (std::size_t i = 0; i < size_; ++i)
        shares[i] = inputs_[i].subspan(member * share_bytes(), share_bytes());
      reduce_into(movement_.dtype, movement_.op, movement_.scalar, shares, outputs_[member]);
    }
  }

  void copy_from_root() const {
    for (const std::span<std::byte> output : outputs_) {
      if (!output.empty()) copy(inputs_[root_], output);
    }
  }

  void gather_to(std::size_t member) const {
    std::size_t offset = 0;
    for (const std::span<const std::byte> input : inputs_) {
      copy(input, outputs_[member].subspan(offset, input.size()));
      offset += input.size();
    }
  }

  void scatter() const {
    for (std::size_t member = 0; member < size_; ++member) {
      copy(inputs_[root_].subspan(member * share_bytes(), share_bytes()), outputs_[member]);
    }
  }

  void all_to_all() const {
    std::vector<std::size_t> filled(size_, 0);
    for (std::size_t from = 0; from < size_; ++from) {
      std::size_t taken = 0;
      for (std::size_t to = 0; to < size_; ++to) {
        const std::size_t bytes = cell_bytes(from, to);
        copy(inputs_[from].subspan(taken, bytes), outputs_[to].subspan(filled[to], bytes));
        taken += bytes;
        filled[to] += bytes;
      }
    }
  }

  const DataMovement& movement_;
  std::size_t size_;
  std::size_t root_;
  std::size_t element_;
  Inputs inputs_;
  Outputs outputs_;
};

void check_buffers(const DataMovement& movement, Inputs inputs, Outputs outputs) {
  const auto size = static_cast<std::size_t>(movement.size);
  const bool is_p2p = operation(movement.kind).is_p2p;
  GRIDLOCK_CHECK(inputs.size() == size && outputs.size() == size);
  GRIDLOCK_CHECK(movement.root >= 0 && movement.root < movement.size);
  for (GroupRank rank = 0; rank < movement.size; ++rank) {
    const auto member = static_cast<std::size_t>(rank);
    const std::size_t element = dtype_size(movement.dtype);
    const std::size_t input = static_cast<std::size_t>(input_count(movement, rank)) * element;
    const std::size_t output = static_cast<std::size_t>(output_count(movement, rank)) * element;
    GRIDLOCK_CHECK(inputs[member].size() == input);
    GRIDLOCK_CHECK(outputs[member].size() == output || (is_p2p && outputs[member].empty()));
  }
}

}  // namespace

std::int64_t input_count(const DataMovement& movement, GroupRank rank) {
  const auto size = static_cast<std::size_t>(movement.size);
  const auto member = static_cast<std::size_t>(rank);
  if (operation(movement.kind).is_p2p) return rank == movement.root ? movement.count : 0;
  if (!is_uneven(movement.kind)) {
    return input_count(movement.kind, movement.count, movement.size, rank, movement.root);
  }
  if (movement.kind == CallKind::all_gather_v) return movement.counts[member];
  return total(movement.counts.subspan(member * size, size));
}

std::int64_t output_count(const DataMovement& movement, GroupRank rank) {
  if (operation(movement.kind).is_p2p) return movement.count;
  if (!is_uneven(movement.kind)) {
    return output_count(movement.kind, movement.count, movement.size, rank, movement.root);
  }
  if (movement.kind == CallKind::all_gather_v) return total(movement.counts);
  std::int64_t sum = 0;
  for (GroupRank from = 0; from < movement.size; ++from) sum += cell(movement, from, rank);
  return sum;
}

void run_reference(const DataMovement& movement, std::span<const std::span<const std::byte>> inputs,
                   std::span<const std::span<std::byte>> outputs) {
  check_buffers(movement, inputs, outputs);
  Movement(movement, inputs, outputs).run();
}

}  // namespace gridlock
