#include "sim/transfer.h"

#include <algorithm>
#include <numeric>

#include "core/base/check.h"
#include "core/rank/result_hash.h"

namespace gridlock::sim {
namespace {

std::int64_t total(std::span<const std::int64_t> counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

bool is_in_place(const OpenCall& call, InPlace form) {
  return call.input != BufferHandle::none && call.input == call.output &&
         operation(call.kind).in_place == form;
}

/// Elements before the own share of the member at `place` in a buffer that holds every member's share.
std::int64_t share_offset(const DataMovement& movement, GroupRank place) {
  if (movement.kind != CallKind::all_gather_v) return movement.count * place;
  return total(movement.counts.first(static_cast<std::size_t>(place)));
}

std::span<std::byte> elements(Buffer& buffer, DType dtype, std::int64_t first, std::int64_t count) {
  const std::size_t size = dtype_size(dtype);
  return buffer.span().subspan(static_cast<std::size_t>(first) * size,
                               static_cast<std::size_t>(count) * size);
}

}  // namespace

DataTransfer::DataTransfer(const GroupTable& groups, const HistoryStore& store, std::vector<RankState>& ranks,
                           bool has_data)
    : groups_(groups), store_(store), ranks_(ranks), has_data_(has_data), provenance_(groups) {}

Buffer& DataTransfer::buffer(const OpenCall& call, BufferHandle handle) const {
  return ranks_[static_cast<std::size_t>(call.rank)].buffers.at(handle);
}

DataMovement DataTransfer::movement(MetCalls calls) {
  const OpenCall& first = *calls.front();
  DataMovement movement{first.kind, first.dtype, first.op, first.scalar, static_cast<GroupRank>(calls.size()),
                        0,          first.count, {}};
  if (operation(first.kind).has_root) movement.root = first.peer;
  if (first.kind == CallKind::all_gather_v) movement.counts = store_.counts(first.counts);
  if (first.kind == CallKind::all_to_all_v) {
    counts_.clear();
    for (const OpenCall* call : calls) {
      const std::vector<std::int64_t>& own = store_.counts(call->counts);
      counts_.insert(counts_.end(), own.begin(), own.begin() + static_cast<std::ptrdiff_t>(calls.size()));
    }
    movement.counts = counts_;
  }
  return movement;
}

std::int64_t DataTransfer::bytes(MetCalls calls) const {
  const OpenCall& first = *calls.front();
  std::int64_t count = first.count;
  if (first.kind == CallKind::all_gather_v) count = total(store_.counts(first.counts));
  if (first.kind == CallKind::all_to_all_v) {
    for (const OpenCall* call : calls) {
      count = std::max(count, total(std::span(store_.counts(call->counts)).first(calls.size())));
    }
  }
  return count * static_cast<std::int64_t>(dtype_size(first.dtype));
}

void DataTransfer::finish(MetCalls calls) {
  if (calls.front()->kind == CallKind::barrier) return;
  if (has_data_) {
    move_bytes(movement(calls), calls);
    corrupt(calls);
    add_results(calls);
  }
  mark_contributors(calls);
  if (calls.front()->stash != kNoSlot) stashes_.remove(calls.front()->stash);
}

// One bit of the first element, so that every check of values sees it.
void DataTransfer::corrupt(MetCalls calls) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (calls[i]->corrupt && !outputs_[i].empty()) outputs_[i].front() ^= std::byte{1};
  }
}

void DataTransfer::finish_unalike(MetCalls calls, UnalikeData data, std::span<const bool> completes) {
  if (calls.front()->kind == CallKind::barrier) return;
  std::int64_t shortest = calls.front()->count;
  for (const OpenCall* call : calls) shortest = std::min(shortest, call->count);
  DataMovement common = movement(calls);
  common.count = shortest;
  const bool is_p2p = operation(common.kind).is_p2p;
  inputs_.clear();
  outputs_.clear();
  for (std::size_t i = 0; has_data_ && i < calls.size(); ++i) {
    const OpenCall& call = *calls[i];
    const bool reads = call.input != BufferHandle::none || call.stash != kNoSlot;
    const auto bytes = static_cast<std::size_t>(shortest) * dtype_size(common.dtype);
    const auto read = reads ? input(common, call, static_cast<GroupRank>(i)) : std::span<std::byte>();
    inputs_.push_back(read.first(std::min(read.size(), bytes)));
    scratch_[i].assign(call.kind == CallKind::send ? 0 : inputs_.front().size(), std::byte{0});
    outputs_.push_back(scratch_[i]);
  }
  if (has_data_ && data != UnalikeData::own) run_reference(common, inputs_, outputs_);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const OpenCall& call = *calls[i];
    if (!completes[i] || call.output == BufferHandle::none) continue;
    Buffer& target = buffer(call, call.output);
    if (is_p2p) target.contributors = contributors(*calls.front());
    if (!has_data_) continue;
    if (!is_p2p && call.input != call.output) {
      const std::span<std::byte> own = elements(buffer(call, call.input), call.dtype, 0, call.count);
      std::copy_n(own.begin(), std::min(own.size(), target.byte_count()), target.span().begin());
    }
    if (data == UnalikeData::own) continue;
    const std::size_t bytes = std::min(outputs_[i].size(), target.byte_count());
    std::copy_n(outputs_[i].begin(), bytes, target.span().begin());
  }
}

void DataTransfer::leave_behind(OpenCall& send) {
  send.stash = stashes_.add();
  Stash& stash = stashes_[send.stash];
  stash.contributors = contributors(send);
  stash.bytes.clear();
  if (!has_data_ || send.count == 0) return;
  const std::span<const std::byte> bytes = elements(buffer(send, send.input), send.dtype, 0, send.count);
  stash.bytes.assign(bytes.begin(), bytes.end());
}

std::span<std::byte> DataTransfer::input(const DataMovement& movement, const OpenCall& call,
                                         GroupRank place) const {
  const std::int64_t count = input_count(movement, place);
  if (call.stash != kNoSlot) return const_cast<Stash&>(stashes_[call.stash]).bytes;
  if (count == 0) return {};
  const std::int64_t first = is_in_place(call, InPlace::input_share) ? share_offset(movement, place) : 0;
  return elements(buffer(call, call.input), call.dtype, first, count);
}

std::span<std::byte> DataTransfer::output(const DataMovement& movement, const OpenCall& call,
                                          GroupRank place) const {
  const std::int64_t count = output_count(movement, place);
  if (count == 0 || call.kind == CallKind::send) return {};
  const std::int64_t first = is_in_place(call, InPlace::output_share) ? share_offset(movement, place) : 0;
  return elements(buffer(call, call.output), call.dtype, first, count);
}

void DataTransfer::move_bytes(const DataMovement& movement, MetCalls calls) {
  inputs_.clear();
  outputs_.clear();
  for (std::size_t i = 0; i < calls.size(); ++i) {
    inputs_.push_back(input(movement, *calls[i], static_cast<GroupRank>(i)));
    outputs_.push_back(output(movement, *calls[i], static_cast<GroupRank>(i)));
  }
  run_reference(movement, inputs_, outputs_);
}

// All outputs of an all_reduce, broadcast or all_gather are equal, so most content hashes are the one before.
void DataTransfer::add_results(MetCalls calls) {
  const OperationInfo& info = operation(calls.front()->kind);
  const bool are_equal = info.output == Extent::one
                             ? info.input != Extent::all && info.input != Extent::root_all
                             : info.output == Extent::all && info.input == Extent::one;
  std::uint64_t content = 0;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const OpenCall& call = *calls[i];
    if (outputs_[i].empty()) continue;
    if (content == 0 || !are_equal || info.is_p2p) content = content_hash(outputs_[i]);
    const ResultPlace place{groups_.instance(call.instance).key, call.kind, call.number,
                            info.is_p2p ? call.peer : -1};
    ranks_[static_cast<std::size_t>(call.rank)].results += result_hash(place, content);
  }
}

ContributorId DataTransfer::contributors(const OpenCall& call) const {
  if (call.stash != kNoSlot) return stashes_[call.stash].contributors;
  return call.input == BufferHandle::none ? only(call.rank) : buffer(call, call.input).contributors;
}

ContributorId DataTransfer::united(MetCalls calls) {
  sets_.clear();
  bool all_fresh = true;
  for (const OpenCall* call : calls) {
    sets_.push_back(contributors(*call));
    all_fresh = all_fresh && sets_.back() == only(call->rank);
  }
  return all_fresh ? provenance_.members(calls.front()->instance) : provenance_.united(sets_);
}

void DataTransfer::mark_contributors(MetCalls calls) {
  const bool is_marked = std::any_of(calls.begin(), calls.end(),
                                     [](const OpenCall* call) { return call->output != BufferHandle::none; });
  if (!is_marked) return;
  const OperationInfo& info = operation(calls.front()->kind);
  const bool from_root = info.input == Extent::root_one || info.input == Extent::root_all;
  const auto root = static_cast<std::size_t>(from_root ? calls.front()->peer : 0);
  const ContributorId set = info.is_p2p || from_root ? contributors(*calls[root]) : united(calls);
  for (const OpenCall* call : calls) {
    const Extent extent = operation(call->kind).output;
    const bool at_root_only = extent == Extent::root_one || extent == Extent::root_all;
    if (extent == Extent::nothing || call->output == BufferHandle::none) continue;
    if (at_root_only && call->group_rank != call->peer) continue;
    buffer(*call, call->output).contributors = set;
  }
}

}  // namespace gridlock::sim
