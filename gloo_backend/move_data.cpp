#include "gloo_backend/move_data.h"

#include <vector>

#include <gloo/allgather.h>
#include <gloo/allgatherv.h>
#include <gloo/allreduce.h>
#include <gloo/alltoall.h>
#include <gloo/alltoallv.h>
#include <gloo/barrier.h>
#include <gloo/broadcast.h>
#include <gloo/gather.h>
#include <gloo/scatter.h>

#include "core/base/check.h"
#include "core/data/reduction.h"
#include "gloo_backend/operation_table.h"

namespace gridlock {
namespace {

using Context = std::shared_ptr<gloo::Context>;
using Bytes = std::vector<std::byte>;
// Gloo moves elements; all but its allreduce only count their bytes.
using Byte = std::uint8_t;

Byte* data(std::span<std::byte> bytes) { return reinterpret_cast<Byte*>(bytes.data()); }
Byte* data(Bytes& bytes) { return reinterpret_cast<Byte*>(bytes.data()); }

// Gloo takes inputs as pointers to what it may write.
Bytes copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

/// Combines one share of every member, which lie one after the other in `shares`.
void combine(const PreparedCall& call, const Bytes& shares, std::span<std::byte> output) {
  std::vector<std::span<const std::byte>> inputs;
  const std::size_t size = shares.size() / static_cast<std::size_t>(call.size);
  for (GroupRank i = 0; i < call.size; ++i) {
    inputs.push_back(std::span(shares).subspan(static_cast<std::size_t>(i) * size, size));
  }
  reduce_into(call.dtype, call.op, call.scalar, inputs, output);
}

template <typename Element>
void native_all_reduce(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  Bytes input = copy_of(call.input);
  gloo::AllreduceOptions options(context);
  const auto count = static_cast<std::size_t>(call.count);
  options.setInput(reinterpret_cast<Element*>(input.data()), count);
  options.setOutput(reinterpret_cast<Element*>(call.output.data()), count);
  options.setReduceFunction([&call](void* output, const void* first, const void* second, std::size_t n) {
    const std::size_t bytes = n * sizeof(Element);
    const std::span<const std::byte> inputs[] = {{static_cast<const std::byte*>(first), bytes},
                                                 {static_cast<const std::byte*>(second), bytes}};
    reduce_into(call.dtype, call.op, call.scalar, inputs, {static_cast<std::byte*>(output), bytes});
  });
  options.setTag(tag);
  gloo::allreduce(options);
}

void all_gather(const Context& context, std::span<const std::byte> share, std::span<std::byte> all,
                std::uint32_t tag) {
  Bytes input = copy_of(share);
  gloo::AllgatherOptions options(context);
  options.setInput(data(input), input.size());
  options.setOutput(data(all), all.size());
  options.setTag(tag);
  gloo::allgather(options);
}

void all_reduce(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  if (gloo_form(call.kind, call.dtype, call.op) == GlooForm::native) {
    switch (dtype_size(call.dtype)) {
      case 1:
        return native_all_reduce<std::uint8_t>(context, call, tag);
      case 2:
        return native_all_reduce<std::uint16_t>(context, call, tag);
      case 4:
        return native_all_reduce<std::uint32_t>(context, call, tag);
      default:
        return native_all_reduce<std::uint64_t>(context, call, tag);
    }
  }
  Bytes shares(call.input.size() * static_cast<std::size_t>(call.size));
  all_gather(context, call.input, shares, tag);
  combine(call, shares, call.output);
}

void gather(const Context& context, const PreparedCall& call, std::span<std::byte> all, std::uint32_t tag) {
  Bytes input = copy_of(call.input);
  gloo::GatherOptions options(context);
  options.setInput(data(input), input.size());
  if (call.rank == call.peer) options.setOutput(data(all), all.size());
  options.setRoot(call.peer);
  options.setTag(tag);
  gloo::gather(options);
}

void reduce(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  const bool is_root = call.rank == call.peer;
  Bytes shares(is_root ? call.input.size() * static_cast<std::size_t>(call.size) : 0);
  gather(context, call, shares, tag);
  if (is_root) combine(call, shares, call.output);
}

void broadcast(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  Bytes input = copy_of(call.input);
  gloo::BroadcastOptions options(context);
  if (call.rank == call.peer) options.setInput(data(input), input.size());
  options.setOutput(data(call.output), call.output.size());
  options.setRoot(call.peer);
  options.setTag(tag);
  gloo::broadcast(options);
}

void all_to_all(const Context& context, const PreparedCall& call, std::span<std::byte> output,
                std::uint32_t tag) {
  Bytes input = copy_of(call.input);
  gloo::AlltoallOptions options(context);
  options.setInput(data(input), input.size());
  options.setOutput(data(output), output.size());
  options.setTag(tag);
  gloo::alltoall(options);
}

void reduce_scatter(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  Bytes shares(call.input.size());
  all_to_all(context, call, shares, tag);
  combine(call, shares, call.output);
}

void scatter(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  Bytes input = copy_of(call.input);
  std::vector<Byte*> shares;
  for (GroupRank i = 0; i < call.size && !input.empty(); ++i) {
    shares.push_back(data(input) + static_cast<std::size_t>(i) * call.output.size());
  }
  gloo::ScatterOptions options(context);
  if (call.rank == call.peer) options.setInputs(shares, call.output.size());
  options.setOutput(data(call.output), call.output.size());
  options.setRoot(call.peer);
  options.setTag(tag);
  gloo::scatter(options);
}

void all_gather_v(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  Bytes input = copy_of(call.input);
  std::vector<std::size_t> bytes;
  for (const std::int64_t count : call.counts)
    bytes.push_back(static_cast<std::size_t>(count) * dtype_size(call.dtype));
  gloo::AllgathervOptions options(context);
  options.setInput(data(input), input.size());
  options.setOutput(data(call.output), bytes);
  options.setTag(tag);
  gloo::allgatherv(options);
}

void all_to_all_v(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  Bytes input = copy_of(call.input);
  std::vector<std::int64_t> bytes;
  for (const std::int64_t count : call.counts)
    bytes.push_back(count * static_cast<std::int64_t>(dtype_size(call.dtype)));
  const auto half = bytes.begin() + call.size;
  gloo::AlltoallvOptions options(context);
  options.setInput(data(input), {bytes.begin(), half});
  options.setOutput(data(call.output), {half, bytes.end()});
  options.setTag(tag);
  gloo::alltoallv(options);
}

void barrier(const Context& context, std::uint32_t tag) {
  gloo::BarrierOptions options(context);
  options.setTag(tag);
  gloo::barrier(options);
}

}  // namespace

void move_data(const Context& context, const PreparedCall& call, std::uint32_t tag) {
  const CountMeaning meaning = operation(call.kind).count;
  // Nothing to move, and Gloo would divide by zero here and there.
  if ((meaning == CountMeaning::whole || meaning == CountMeaning::chunk) && call.count == 0) return;
  switch (call.kind) {
    case CallKind::all_reduce:
      return all_reduce(context, call, tag);
    case CallKind::reduce:
      return reduce(context, call, tag);
    case CallKind::broadcast:
      return broadcast(context, call, tag);
    case CallKind::all_gather:
      return all_gather(context, call.input, call.output, tag);
    case CallKind::reduce_scatter:
      return reduce_scatter(context, call, tag);
    case CallKind::all_to_all:
      return all_to_all(context, call, call.output, tag);
    case CallKind::gather:
      return gather(context, call, call.output, tag);
    case CallKind::scatter:
      return scatter(context, call, tag);
    case CallKind::barrier:
      return barrier(context, tag);
    case CallKind::all_gather_v:
      return all_gather_v(context, call, tag);
    case CallKind::all_to_all_v:
      return all_to_all_v(context, call, tag);
    case CallKind::send:
    case CallKind::recv:
      break;
  }
  GRIDLOCK_CHECK(!"send and recv are no collectives");
}

}  // namespace gridlock
