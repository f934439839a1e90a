#include "tests/nccl/checked_calls.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "core/data/pattern.h"
#include "core/grid/group_table.h"
#include "core/rank/call_check.h"

namespace gridlock {
namespace {

PatternSpec pattern_of(const Rank& rank, const Call& call) {
  const InstanceId instance = rank.groups().resolve(call.group, rank.id());
  const Members& members = rank.groups().instance(instance).spec.members;
  PatternSpec spec;
  // Both ends of a message must mean the same data.
  const CallKind kind = call.kind == CallKind::recv ? CallKind::send : call.kind;
  spec.seed =
      rank.seed() * 1000 + static_cast<std::uint64_t>(kind) * 100 + static_cast<std::uint64_t>(call.dtype);
  spec.kind = call.kind;
  spec.dtype = call.dtype;
  spec.op = call.op;
  spec.scalar = call.scalar;
  spec.size = members.size();
  spec.rank = members.index_of(rank.id());
  spec.peer = call.peer;
  spec.count = call.count;
  spec.counts = call.counts;
  return spec;
}

}  // namespace

void expect(Rank& rank, bool condition, const std::string& text) {
  if (!condition) rank.complain({Complaint::Kind::expectation_failed, rank.id(), {}, text});
}

CheckedCall::CheckedCall(Rank& rank, Call call, bool in_place) : rank_(rank), call_(call) {
  const PatternSpec spec = pattern_of(rank, call);
  const std::int64_t inputs = input_count(spec);
  const std::int64_t outputs = output_count(spec);
  const std::size_t size = dtype_size(call.dtype);
  std::vector<std::byte> bytes(static_cast<std::size_t>(inputs) * size);
  fill_pattern(spec, bytes);
  expected_.resize(static_cast<std::size_t>(outputs) * size);
  const bool shared =
      in_place && operation(call.kind).in_place != InPlace::never && inputs > 0 && outputs > 0;
  if (shared) {
    call_.input = call_.output = rank.allocate(std::max(inputs, outputs), call.dtype);
    const InPlace form = operation(call.kind).in_place;
    const std::int64_t share = check_call(call_, spec.rank, spec.size)->share;
    const std::int64_t input_first = form == InPlace::input_share ? share : 0;
    std::vector<std::byte> whole(static_cast<std::size_t>(std::max(inputs, outputs)) * size);
    std::copy(bytes.begin(), bytes.end(), whole.begin() + input_first * static_cast<std::ptrdiff_t>(size));
    rank.upload(call_.input, whole);
    output_first_ = form == InPlace::output_share ? share : 0;
    return;
  }
  if (inputs > 0) {
    call_.input = rank.allocate(inputs, call.dtype);
    rank.upload(call_.input, bytes);
  }
  if (outputs > 0) call_.output = rank.allocate(outputs, call.dtype);
}

CheckedCall::~CheckedCall() {
  if (call_.input != BufferHandle::none) rank_.free(call_.input);
  if (call_.output != BufferHandle::none && call_.output != call_.input) rank_.free(call_.output);
}

void CheckedCall::check() {
  if (expected_.empty()) return;
  const auto count = static_cast<std::size_t>(rank_.buffer_count(call_.output));
  std::vector<std::byte> whole(count * dtype_size(call_.dtype));
  rank_.download(call_.output, whole);
  // A failed copy has no answer of its own.
  if (!rank_.error_text().empty()) return;
  const auto first = static_cast<std::size_t>(output_first_) * dtype_size(call_.dtype);
  const auto wrong =
      check_pattern(pattern_of(rank_, call_), std::span(whole).subspan(first, expected_.size()));
  expect(rank_, !wrong,
         fmt::format("{} of {} x {}: wrong result", call_kind_name(call_.kind), call_.count,
                     dtype_name(call_.dtype)));
}

void run_checked(Rank& rank, const Call& call, bool in_place) {
  CheckedCall checked(rank, call, in_place);
  const Status status = rank.run(checked.call());
  expect(rank, status.ok(),
         fmt::format("{} of {}: {}", call_kind_name(call.kind), dtype_name(call.dtype),
                     status_name(status.code())));
  if (status.ok()) checked.check();
}

std::vector<Call> calls_of(const Rank& rank, CallKind kind, GroupHandle group, std::int64_t count,
                           DType dtype, std::vector<std::int64_t>& counts) {
  const InstanceId instance = rank.groups().resolve(group, rank.id());
  const Members& members = rank.groups().instance(instance).spec.members;
  const RankId size = members.size();
  const GroupRank self = members.index_of(rank.id());
  Call call;
  call.kind = kind;
  call.group = group;
  call.dtype = dtype;
  call.count = count;
  if (operation(kind).has_root) call.peer = size - 1;
  if (kind == CallKind::all_gather_v) {
    for (RankId i = 0; i < size; ++i) counts.push_back(count + i);
  }
  if (kind == CallKind::all_to_all_v) {
    for (RankId i = 0; i < size; ++i) counts.push_back(count + self + 2 * i);
    for (RankId i = 0; i < size; ++i) counts.push_back(count + i + 2 * self);
  }
  if (!counts.empty()) call.count = 0;
  call.counts = counts;
  if (!operation(kind).is_p2p) return {call};
  Call other = call;
  call.kind = CallKind::send;
  call.peer = (self + 1) % size;
  other.kind = CallKind::recv;
  other.peer = (self + size - 1) % size;
  return {call, other};
}

std::string failure_of(const RunResult& result) {
  if (result.verdict.outcome == Outcome::passed) return "";
  std::string text = fmt::format("{} {}", outcome_name(result.verdict.outcome), result.error);
  for (const Complaint& complaint : result.complaints)
    text += fmt::format("\nrank {}: {}", complaint.rank, complaint.text);
  for (const Diagnosis& diagnosis : result.verdict.diagnoses) text += "\n" + diagnosis.summary;
  return text;
}

}  // namespace gridlock
