#include "gloo_backend/collective.h"

#include <algorithm>
#include <cstring>

#include <gloo/allgather.h>

#include "core/data/reference.h"
#include "gloo_backend/call_header.h"
#include "gloo_backend/move_data.h"

namespace gridlock {
namespace {

template <typename T>
std::vector<T> exchange(const std::shared_ptr<gloo::Context>& context, std::span<const T> mine,
                        std::uint32_t tag) {
  std::vector<T> all(mine.size() * static_cast<std::size_t>(context->size));
  std::vector<T> own(mine.begin(), mine.end());
  gloo::AllgatherOptions options(context);
  options.setInput(own.data(), own.size());
  options.setOutput(all.data(), all.size());
  options.setTag(tag);
  gloo::allgather(options);
  return all;
}

bool are_all_alike(const std::vector<CallHeader>& headers) {
  return std::all_of(headers.begin(), headers.end(),
                     [&](const CallHeader& h) { return h == headers.front(); });
}

}  // namespace

std::vector<CallHeader> exchange_headers(const std::shared_ptr<gloo::Context>& context,
                                         const CallHeader& mine, std::uint32_t tag) {
  return exchange(context, std::span<const CallHeader>(&mine, 1), tag);
}

bool run_collective(const std::shared_ptr<gloo::Context>& context, const PreparedCall& call) {
  const auto headers =
      exchange_headers(context, header_of(call), collective_tag(call.sequence, TagPart::header));
  if (!are_all_alike(headers)) return false;
  if (call.kind == CallKind::all_to_all_v) {
    const auto rows = exchange(context, std::span<const std::int64_t>(call.counts),
                               collective_tag(call.sequence, TagPart::counts));
    if (!is_split_consistent(rows, call.size)) return false;
  }
  move_data(context, call, collective_tag(call.sequence, TagPart::data));
  return true;
}

void run_alone(const PreparedCall& call) {
  DataMovement movement;
  movement.kind = call.kind;
  movement.dtype = call.dtype;
  movement.op = call.op;
  movement.scalar = call.scalar;
  movement.count = call.count;
  const std::span<const std::int64_t> counts = call.counts;
  movement.counts = counts.empty() ? counts : counts.first(1);
  const std::span<const std::byte> input = call.input;
  const std::span<std::byte> output = call.output;
  run_reference(movement, {&input, 1}, {&output, 1});
}

}  // namespace gridlock
