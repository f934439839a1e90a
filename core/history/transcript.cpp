#include "core/history/transcript.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

bool is_timing(const Record& record) {
  return record.kind == RecordKind::test || record.kind == RecordKind::planned ||
         record.kind == RecordKind::fault || record.kind == RecordKind::timeout;
}

std::string counts_text(const HistoryStore& store, const Record& record) {
  if (operation(record.call).count != CountMeaning::per_rank || record.detail < 0)
    return fmt::format("{}", record.count);
  return fmt::format("[{}]", fmt::join(store.counts(record.detail), " "));
}

std::string call_text(const HistoryStore& store, const Record& record) {
  std::string text = fmt::format("{} #{} stream={} ticket={}", call_kind_name(record.call), record.sequence,
                                 static_cast<int>(record.stream), record.ticket);
  if (operation(record.call).count != CountMeaning::nothing) {
    text += fmt::format(" count={} dtype={}", counts_text(store, record), dtype_name(record.dtype));
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

std::string part_line(const HistoryStore& store, const Record& record) {
  if (record.kind == RecordKind::shrink)
    return fmt::format("shrink to {}", store.spec(record.detail).members.to_string());
  return fmt::format("split color={} key={}", record.count, record.ticket);
}

/// What the record says without the group, which every rank resolves for itself.
std::string text_of(const HistoryStore& store, const Record& record) {
  const int stream = static_cast<int>(record.stream);
  switch (record.kind) {
    case RecordKind::call:
      return call_text(store, record);
    case RecordKind::wait:
      return fmt::format("wait ticket={}", record.ticket);
    case RecordKind::stream_wait:
      return fmt::format("stream_wait stream={} event={}", stream, record.ticket);
    case RecordKind::event_record:
      return fmt::format("event_record stream={} event={}", stream, record.ticket);
    case RecordKind::synchronize:
      return fmt::format("synchronize stream={}", stream);
    case RecordKind::post:
      return fmt::format("post '{}'{}", store.name(record.detail), record.count != 0 ? " as an error" : "");
    case RecordKind::await:
      return fmt::format("await '{}'", store.name(record.detail));
    case RecordKind::new_group:
    case RecordKind::create_grid:
      return creation_line(store, record);
    case RecordKind::destroy_group:
      return "destroy";
    case RecordKind::test:
    case RecordKind::abort:
      return "abort";
    case RecordKind::split:
    case RecordKind::shrink:
      return part_line(store, record);
    case RecordKind::parallel:
      return "parallel";
    case RecordKind::planned:
    case RecordKind::fault:
    case RecordKind::timeout:
      return "";
  }
  return "";
}

bool names_a_group(const Record& record) {
  return record.kind == RecordKind::call || record.kind == RecordKind::destroy_group ||
         record.kind == RecordKind::split || record.kind == RecordKind::shrink ||
         record.kind == RecordKind::abort;
}

InstanceId instance_of(const Histories& histories, RankId rank, GroupHandle handle) {
  const bool exists =
      handle != GroupHandle::none && static_cast<std::size_t>(handle) < histories.groups.handle_count();
  return exists ? histories.groups.resolve(handle, rank) : InstanceId::none;
}

/// The group by what it is and not by how this run numbers it.
std::string group_text(const Histories& histories, RankId rank, GroupHandle handle) {
  const InstanceId id = instance_of(histories, rank, handle);
  if (id == InstanceId::none) return "group=none";
  const GroupInstance& instance = histories.groups.instance(id);
  return fmt::format("group={} members={} rank={}", to_string(instance.key),
                     instance.spec.members.to_string(), instance.spec.members.index_of(rank));
}

bool has_threads(const std::vector<const Record*>& records) {
  return std::any_of(records.begin(), records.end(),
                     [](const Record* record) { return record->thread >= 0; });
}

/// Numbers of a rank's tickets or events in the order in which the lines name them.
class Renumbering {
 public:
  std::int64_t of(std::int64_t number) {
    return number < 0
               ? number
               : numbers_.try_emplace(number, static_cast<std::int64_t>(numbers_.size())).first->second;
  }

 private:
  std::map<std::int64_t, std::int64_t> numbers_;
};

/// The lines of a rank with several host threads, each thread by itself: how they took turns shows only where
/// they share an order of calls.
std::vector<std::string> threaded_lines(const Histories& histories, RankId rank,
                                        const std::vector<const Record*>& records) {
  std::map<std::string, std::vector<const Record*>> threads;
  for (const Record* record : records) {
    if (is_timing(*record)) continue;
    threads[record->thread < 0 ? "" : histories.store.name(record->thread)].push_back(record);
  }
  Renumbering tickets;
  Renumbering events;
  std::vector<std::string> lines;
  for (const auto& [thread, own] : threads) {
    for (const Record* record : own) {
      Record shown = *record;
      const bool is_event =
          record->kind == RecordKind::event_record || record->kind == RecordKind::stream_wait;
      if (record->kind != RecordKind::split) shown.ticket = (is_event ? events : tickets).of(record->ticket);
      std::string line = thread.empty() ? "" : fmt::format("[{}] ", thread);
      line += text_of(histories.store, shown);
      if (names_a_group(shown)) line += " " + group_text(histories, rank, shown.group);
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

/// Hashes what transcript_lines prints, but each text once for all ranks that share the history up to there.
class TranscriptHasher {
 public:
  explicit TranscriptHasher(const Histories& histories)
      : histories_(histories), lines_(histories.store.node_count()) {}

  std::uint64_t rank(RankId rank) {
    const RankEnd& end = histories_.ranks[static_cast<std::size_t>(rank)];
    if (has_thread(end.node)) return threaded(rank, end);
    places_.clear();
    path_.resize(static_cast<std::size_t>(histories_.store.length(end.node)));
    HistoryNode node = end.node;
    for (std::size_t i = path_.size(); i > 0; node = histories_.store.past(node)) path_[--i] = &line(node);
    std::uint64_t hash = static_cast<std::uint64_t>(rank);
    for (const Line* line : path_) {
      if (line->is_timing) continue;
      const GroupPlace& place = place_in(line->group, rank);
      const std::array<std::uint64_t, 5> words{hash, line->text, place.key.high, place.key.low, place.number};
      hash = XXH3_64bits(words.data(), sizeof(words));
    }
    return XXH3_64bits_withSeed(&end.results, sizeof(end.results), hash);
  }

 private:
  bool has_thread(HistoryNode last) {
    if (has_thread_.empty()) {
      has_thread_.resize(histories_.store.node_count(), false);
      for (std::size_t i = 1; i < has_thread_.size(); ++i) {
        const auto node = static_cast<HistoryNode>(i);
        has_thread_[i] = has_thread_[static_cast<std::size_t>(histories_.store.past(node))] ||
                         histories_.store.record(node).thread >= 0;
      }
    }
    return has_thread_[static_cast<std::size_t>(last)];
  }

  std::uint64_t threaded(RankId rank, const RankEnd& end) const {
    auto hash = static_cast<std::uint64_t>(rank);
    for (const std::string& line : threaded_lines(histories_, rank, histories_.store.records(end.node)))
      hash = XXH3_64bits_withSeed(line.data(), line.size(), hash);
    return XXH3_64bits_withSeed(&end.results, sizeof(end.results), hash);
  }

  /// What a handle means on a rank. `number`: its place in the group, from 1; 0: it is in no such group.
  struct GroupPlace {
    GroupHandle group = GroupHandle::none;
    GroupKey key;
    std::uint64_t number = 0;
  };

  /// What a node adds to the hashes of its ranks.
  struct Line {
    std::uint64_t text = 0;
    GroupHandle group = GroupHandle::none;
    bool is_known = false;
    bool is_timing = false;
  };

  const Line& line(HistoryNode node) {
    Line& known = lines_[static_cast<std::size_t>(node)];
    if (known.is_known) return known;
    const Record& record = histories_.store.record(node);
    known.is_known = true;
    known.is_timing = is_timing(record);
    if (names_a_group(record)) known.group = record.group;
    const std::string text = text_of(histories_.store, record);
    known.text = XXH3_64bits(text.data(), text.size());
    return known;
  }

  const GroupPlace& place_in(GroupHandle group, RankId rank) {
    for (const GroupPlace& place : places_) {
      if (place.group == group) return place;
    }
    GroupPlace& place = places_.emplace_back();
    place.group = group;
    const InstanceId id = instance_of(histories_, rank, group);
    if (id == InstanceId::none) return place;
    const GroupInstance& instance = histories_.groups.instance(id);
    place.key = instance.key;
    place.number = static_cast<std::uint64_t>(instance.spec.members.index_of(rank)) + 1;
    return place;
  }

  const Histories& histories_;
  /// Index = node.
  std::vector<Line> lines_;
  /// Index = node: the history up to there is of several threads.
  std::vector<bool> has_thread_;
  // Of the rank that is hashed.
  std::vector<const Line*> path_;
  std::vector<GroupPlace> places_;
};

}  // namespace

std::vector<std::string> transcript_lines(const Histories& histories, RankId rank) {
  std::vector<std::string> lines;
  const RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
  const std::vector<const Record*> records = histories.store.records(end.node);
  if (has_threads(records)) {
    lines = threaded_lines(histories, rank, records);
    lines.push_back(fmt::format("results {:016x}", end.results));
    return lines;
  }
  for (const Record* record : records) {
    if (is_timing(*record)) continue;
    std::string line = text_of(histories.store, *record);
    if (names_a_group(*record)) line += " " + group_text(histories, rank, record->group);
    lines.push_back(std::move(line));
  }
  lines.push_back(fmt::format("results {:016x}", end.results));
  return lines;
}

Transcript make_transcript(const Histories& histories) {
  Transcript transcript;
  TranscriptHasher hasher(histories);
  transcript.ranks.reserve(histories.ranks.size());
  for (RankId rank = 0; rank < static_cast<RankId>(histories.ranks.size()); ++rank) {
    transcript.ranks.push_back(hasher.rank(rank));
  }
  transcript.hash = XXH3_64bits(transcript.ranks.data(), transcript.ranks.size() * sizeof(std::uint64_t));
  return transcript;
}

}  // namespace gridlock
