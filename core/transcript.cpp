#include "core/transcript.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <unordered_map>

#include "core/plan.h"

namespace gridlock {
namespace {

bool is_timing(const Record& record) {
  return record.kind == RecordKind::test || record.kind == RecordKind::planned ||
         record.kind == RecordKind::fault;
}

std::string counts_text(const HistoryStore& store, const Record& record) {
  if (operation(record.call).count != CountMeaning::per_rank || record.detail < 0)
    return fmt::format("{}", record.count);
  return fmt::format("[{}]", fmt::join(store.counts(record.detail), " "));
}

/// The group by what it is and not by how this run numbers it.
std::string group_text(const Histories& histories, RankId rank, GroupHandle handle) {
  const GroupTable& groups = histories.groups;
  const bool exists = handle != GroupHandle::none && static_cast<std::size_t>(handle) < groups.handle_count();
  const InstanceId id = exists ? groups.resolve(handle, rank) : InstanceId::none;
  if (id == InstanceId::none) return "group=none";
  const GroupInstance& instance = groups.instance(id);
  return fmt::format("group={} members={} rank={}", to_string(instance.key),
                     instance.spec.members.to_string(), instance.spec.members.index_of(rank));
}

std::string call_line(const Histories& histories, RankId rank, const Record& record) {
  std::string text =
      fmt::format("{} #{} {} stream={} ticket={}", call_kind_name(record.call), record.sequence,
                  group_text(histories, rank, record.group), static_cast<int>(record.stream), record.ticket);
  if (operation(record.call).count != CountMeaning::nothing) {
    text += fmt::format(" count={} dtype={}", counts_text(histories.store, record), dtype_name(record.dtype));
  }
  if (operation(record.call).reduces) text += fmt::format(" op={}", reduce_op_name(record.op));
  if (record.op == ReduceOp::premul_sum) text += fmt::format(" scalar={}", record.scalar);
  if (record.peer >= 0) text += fmt::format(" peer={}", record.peer);
  if (record.rejected) text += " rejected";
  return text;
}

std::string creation_line(const HistoryStore& store, const Record& record) {
  if (record.kind == RecordKind::create_grid) {
    return fmt::format("create_grid #{} plan={:016x}", record.sequence,
                       store.plan(record.detail).fingerprint());
  }
  const GroupSpec& spec = store.spec(record.detail);
  return fmt::format("new_group #{} name='{}' members={} backend={} timeout_ns={}", record.sequence,
                     spec.name, spec.members.to_string(), backend_name(spec.backend), spec.timeout.count());
}

std::string line_of(const Histories& histories, RankId rank, const Record& record) {
  const HistoryStore& store = histories.store;
  const int stream = static_cast<int>(record.stream);
  switch (record.kind) {
    case RecordKind::call:
      return call_line(histories, rank, record);
    case RecordKind::wait:
      return fmt::format("wait ticket={}", record.ticket);
    case RecordKind::stream_wait:
      return fmt::format("stream_wait stream={} event={}", stream, record.ticket);
    case RecordKind::event_record:
      return fmt::format("event_record stream={} event={}", stream, record.ticket);
    case RecordKind::synchronize:
      return fmt::format("synchronize stream={}", stream);
    case RecordKind::post:
      return fmt::format("post '{}'", store.name(record.detail));
    case RecordKind::await:
      return fmt::format("await '{}'", store.name(record.detail));
    case RecordKind::new_group:
    case RecordKind::create_grid:
      return creation_line(store, record);
    case RecordKind::destroy_group:
      return "destroy " + group_text(histories, rank, record.group);
    case RecordKind::test:
    case RecordKind::planned:
    case RecordKind::fault:
      return "";
  }
  return "";
}

std::uint64_t hash_text(const std::string& text, std::uint64_t seed) {
  return XXH3_64bits_withSeed(text.data(), text.size(), seed);
}

std::uint64_t hash_of(const Histories& histories, RankId rank) {
  const RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
  std::uint64_t hash = static_cast<std::uint64_t>(rank);
  for (const Record* record : histories.store.records(end.node)) {
    if (!is_timing(*record)) hash = hash_text(line_of(histories, rank, *record), hash);
  }
  return hash_text(fmt::format("results {:016x}", end.results), hash);
}

}  // namespace

std::vector<std::string> transcript_lines(const Histories& histories, RankId rank) {
  std::vector<std::string> lines;
  const RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
  for (const Record* record : histories.store.records(end.node)) {
    if (!is_timing(*record)) lines.push_back(line_of(histories, rank, *record));
  }
  lines.push_back(fmt::format("results {:016x}", end.results));
  return lines;
}

Transcript make_transcript(const Histories& histories) {
  Transcript transcript;
  transcript.ranks.reserve(histories.ranks.size());
  for (RankId rank = 0; rank < static_cast<RankId>(histories.ranks.size()); ++rank) {
    transcript.ranks.push_back(hash_of(histories, rank));
  }
  transcript.hash = XXH3_64bits(transcript.ranks.data(), transcript.ranks.size() * sizeof(std::uint64_t));
  return transcript;
}

}  // namespace gridlock
