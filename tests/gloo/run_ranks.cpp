#include "tests/gloo/run_ranks.h"

#include <fmt/format.h>

#include "core/data/pattern.h"
#include "core/grid/group_table.h"
#include "gloo_backend/gloo_world.h"

namespace gridlock {
namespace {

PatternSpec pattern_of(const Rank& rank, const Call& call) {
  const GroupInstance& group = rank.groups().instance(rank.groups().resolve(call.group, rank.id()));
  PatternSpec spec;
  spec.seed = 7;
  spec.kind = call.kind;
  spec.dtype = call.dtype;
  spec.op = call.op;
  spec.scalar = call.scalar;
  spec.size = group.spec.members.size();
  spec.rank = group.spec.members.index_of(rank.id());
  spec.peer = call.peer;
  spec.count = call.count;
  spec.counts = call.counts;
  return spec;
}

std::size_t bytes(std::int64_t count, DType dtype) {
  return static_cast<std::size_t>(count) * dtype_size(dtype);
}

}  // namespace

RunResult run_ranks(RankId world_size, std::function<void(Rank&)> main,
                    std::chrono::milliseconds real_timeout) {
  RunOptions options;
  options.real_timeout = real_timeout;
  return run_ranks(world_size, std::move(main), options);
}

RunResult run_ranks(RankId world_size, std::function<void(Rank&)> main, const RunOptions& options) {
  RankProgram program;
  program.world_size = world_size;
  program.main = std::move(main);
  GlooWorld world;
  return world.run(options, program, {});
}

void expect_on_rank(Rank& rank, bool holds, const std::string& what) {
  if (!holds) rank.complain({Complaint::Kind::expectation_failed, rank.id(), {}, what});
}

void CheckedBatch::add(Call call) {
  const PatternSpec spec = pattern_of(rank_, call);
  if (const std::int64_t count = input_count(spec); count > 0) {
    call.input = rank_.allocate(count, call.dtype);
    std::vector<std::byte> input(bytes(count, call.dtype));
    fill_pattern(spec, input);
    rank_.upload(call.input, input);
  }
  if (const std::int64_t count = output_count(spec); count > 0)
    call.output = rank_.allocate(count, call.dtype);
  calls_.push_back(call);
}

Status CheckedBatch::run() {
  const Reply reply = rank_.submit(calls_);
  return reply.status.ok() ? rank_.wait(reply.ticket) : reply.status;
}

void CheckedBatch::check() {
  for (const Call& call : calls_) {
    const PatternSpec spec = pattern_of(rank_, call);
    const std::int64_t count = output_count(spec);
    if (count > 0) {
      std::vector<std::byte> output(bytes(count, call.dtype));
      rank_.download(call.output, output);
      if (const auto wrong = check_pattern(spec, output)) {
        rank_.complain({Complaint::Kind::wrong_result,
                        rank_.id(),
                        {},
                        fmt::format("{} of {} x {}, {}: element {} is {}, not {}", call_kind_name(call.kind),
                                    call.count, dtype_name(call.dtype), reduce_op_name(call.op), wrong->index,
                                    wrong->got, wrong->expected)});
      }
    }
    rank_.free(call.input);
    rank_.free(call.output);
  }
}

bool run_checked(Rank& rank, Call call) {
  CheckedBatch batch(rank);
  batch.add(call);
  const Status status = batch.run();
  expect_on_rank(rank, status.ok(),
                 fmt::format("{}: {}", call_kind_name(call.kind), status_name(status.code())));
  if (status.ok()) batch.check();
  return status.ok();
}

}  // namespace gridlock
