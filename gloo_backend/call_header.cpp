#include "gloo_backend/call_header.h"

#include "core/data/operation.h"

namespace gridlock {

CallHeader header_of(const PreparedCall& call) {
  const OperationInfo& info = operation(call.kind);
  CallHeader header;
  // Both ends of a message say the same.
  header.kind =
      info.is_p2p ? static_cast<std::uint64_t>(CallKind::send) : static_cast<std::uint64_t>(call.kind);
  if (info.count == CountMeaning::nothing) return header;
  header.dtype_op = static_cast<std::uint64_t>(call.dtype) << 8;
  header.count = call.count;
  // Every rank of an all_to_all_v has its own counts; they are compared apart.
  if (call.kind == CallKind::all_gather_v) {
    header.counts_hash =
        mixed({reinterpret_cast<const std::uint64_t*>(call.counts.data()), call.counts.size()});
  }
  if (info.has_root) header.peer = call.peer;
  if (info.reduces) {
    header.dtype_op |= static_cast<std::uint64_t>(call.op);
    if (call.op == ReduceOp::premul_sum) header.scalar = call.scalar;
  }
  return header;
}

bool is_split_consistent(std::span<const std::int64_t> rows, GroupRank size) {
  const auto n = static_cast<std::size_t>(size);
  for (std::size_t from = 0; from < n; ++from) {
    for (std::size_t to = 0; to < n; ++to) {
      if (rows[from * 2 * n + to] != rows[to * 2 * n + n + from]) return false;
    }
  }
  return true;
}

std::uint64_t mixed(std::span<const std::uint64_t> words) {
  std::uint64_t hash = 0x9e37'79b9'7f4a'7c15ULL;
  for (std::uint64_t word : words) {
    // The finaliser of splitmix64, which spreads every bit of the word over all of the hash.
    word += hash;
    word = (word ^ (word >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
    word = (word ^ (word >> 27)) * 0x94d0'49bb'1331'11ebULL;
    hash = word ^ (word >> 31);
  }
  return hash;
}

}  // namespace gridlock
