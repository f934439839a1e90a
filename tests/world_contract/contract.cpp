#include "contract.h"

#include <fmt/format.h>

#include "core/group_table.h"
#include "core/pattern.h"

namespace gridlock {
namespace {

PatternSpec pattern_of(const Rank& rank, const Call& call) {
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

}  // namespace

RunResult Contract::run_ranks(RankId world_size, std::function<void(Rank&)> main) const {
  RunOptions options;
  options.real_timeout = std::chrono::milliseconds(2'000);
  return GetParam().make()->run(options, {world_size, std::move(main), nullptr}, {});
}

void Contract::expect_passed(const RunResult& result) {
  EXPECT_EQ(outcome_name(result.verdict.outcome), "passed") << result.error;
  for (const Complaint& complaint : result.complaints)
    ADD_FAILURE() << "rank " << complaint.rank << ": " << complaint.text;
  for (const Diagnosis& diagnosis : result.verdict.diagnoses) ADD_FAILURE() << diagnosis.summary;
}

void expect(Rank& rank, bool condition, const std::string& text) {
  if (!condition) rank.complain({Complaint::Kind::expectation_failed, rank.id(), {}, text});
}

std::vector<RankId> members(const Rank& rank, GroupHandle group) {
  const InstanceId instance = rank.groups().resolve(group, rank.id());
  if (instance == InstanceId::none) return {};
  return rank.groups().instance(instance).spec.members.to_vector();
}

void run_checked(Rank& rank, Call call) {
  const PatternSpec spec = pattern_of(rank, call);
  const std::int64_t input_elements = input_count(spec);
  const std::int64_t output_elements = output_count(spec);
  std::vector<std::byte> bytes(static_cast<std::size_t>(input_elements) * dtype_size(call.dtype));
  fill_pattern(spec, bytes);
  if (input_elements > 0) {
    call.input = rank.allocate(input_elements, call.dtype);
    rank.upload(call.input, bytes);
  }
  if (output_elements > 0) call.output = rank.allocate(output_elements, call.dtype);
  const Status status = rank.run(call);
  expect(rank, status.ok(), fmt::format("{}: {}", call_kind_name(call.kind), status_name(status.code())));
  if (output_elements > 0 && status.ok()) {
    bytes.resize(static_cast<std::size_t>(output_elements) * dtype_size(call.dtype));
    rank.download(call.output, bytes);
    const auto wrong = check_pattern(spec, bytes);
    expect(rank, !wrong,
           fmt::format("{} of {} x {}: wrong result", call_kind_name(call.kind), call.count,
                       dtype_name(call.dtype)));
  }
  if (call.input != BufferHandle::none) rank.free(call.input);
  if (call.output != BufferHandle::none) rank.free(call.output);
}

}  // namespace gridlock
