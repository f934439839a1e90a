#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "core/data/pattern.h"
#include "core/grid/group_table.h"
#include "core/rank/rank.h"

/// What test programs of ranks share: they report through rank.complain, because on real worlds a rank is a
/// process.
namespace gridlock {

/// Complains on behalf of the rank unless `condition` holds.
inline void expect(Rank& rank, bool condition, const std::string& text) {
  if (!condition) rank.complain({Complaint::Kind::expectation_failed, rank.id(), {}, text});
}

/// Ranks of the group that a handle means on this rank; empty when it is in no such group.
inline std::vector<RankId> members(const Rank& rank, GroupHandle group) {
  const InstanceId instance = rank.groups().resolve(group, rank.id());
  if (instance == InstanceId::none) return {};
  return rank.groups().instance(instance).spec.members.to_vector();
}

/// The data pattern of a call of this rank; both ends of a message mean the same data.
inline PatternSpec pattern_of(const Rank& rank, const Call& call) {
  const InstanceId instance = rank.groups().resolve(call.group, rank.id());
  const Members& ranks = rank.groups().instance(instance).spec.members;
  PatternSpec spec;
  spec.seed = rank.seed() * 1000 + static_cast<std::uint64_t>(call.kind) * 100 +
              static_cast<std::uint64_t>(call.dtype);
  spec.kind = call.kind;
  spec.dtype = call.dtype;
  spec.op = call.op;
  spec.scalar = call.scalar;
  spec.size = ranks.size();
  spec.rank = ranks.index_of(rank.id());
  spec.peer = call.peer;
  spec.count = call.count;
  spec.counts = call.counts;
  // Both ends of a message must mean the same data.
  if (call.kind == CallKind::recv)
    spec.seed = spec.seed - static_cast<std::uint64_t>(CallKind::recv) * 100 +
                static_cast<std::uint64_t>(CallKind::send) * 100;
  return spec;
}

/// A call with its buffers, from submit to check. Rank code that wants to overlap calls uses the two halves.
struct CheckedCall {
  Call call;
  PatternSpec pattern;
};

/// Fresh buffers, the input filled with the pattern. `call` needs kind, dtype, op, group, stream, peer, count
/// or counts.
inline CheckedCall prepare(Rank& rank, Call call) {
  const PatternSpec pattern = pattern_of(rank, call);
  std::vector<std::byte> bytes(static_cast<std::size_t>(input_count(pattern)) * dtype_size(call.dtype));
  fill_pattern(pattern, bytes);
  if (!bytes.empty()) {
    call.input = rank.allocate(input_count(pattern), call.dtype);
    rank.upload(call.input, bytes);
  }
  if (output_count(pattern) > 0) call.output = rank.allocate(output_count(pattern), call.dtype);
  return {call, pattern};
}

/// Complains unless the output of the complete call is what the pattern says; frees the buffers.
inline void check_and_free(Rank& rank, const CheckedCall& checked) {
  const Call& call = checked.call;
  std::vector<std::byte> bytes(static_cast<std::size_t>(output_count(checked.pattern)) *
                               dtype_size(call.dtype));
  if (!bytes.empty()) {
    rank.download(call.output, bytes);
    const auto wrong = check_pattern(checked.pattern, bytes);
    expect(rank, !wrong,
           fmt::format("{} of {} x {}: wrong element", call_kind_name(call.kind), call.count,
                       dtype_name(call.dtype)));
    rank.free(call.output);
  }
  if (call.input != BufferHandle::none) rank.free(call.input);
}

/// Runs a call on patterned data, waits for it on the host and checks the output.
inline void run_checked(Rank& rank, const Call& call) {
  const CheckedCall checked = prepare(rank, call);
  const Status status = rank.run(checked.call);
  expect(rank, status.ok(), fmt::format("{}: {}", call_kind_name(call.kind), status_name(status.code())));
  if (status.ok()) check_and_free(rank, checked);
}

}  // namespace gridlock
