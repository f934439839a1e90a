#include "harness/histories/history_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/history/intention.h"
#include "harness/histories/history_words.h"
#include "harness/histories/line_fields.h"
#include "harness/histories/recorded_run.h"

namespace gridlock {
namespace {

constexpr Bounds kInt32{0, Bounds::kInt32Max};
constexpr Bounds kInt64{0, Bounds::kInt64Max};
constexpr std::array<std::string_view, 2> kComplaints{"expectation_failed", "wrong_result"};

// ---- the keys of each line ----

template <typename Io>
void visit(Io& io, HeaderLine& line) {
  io.number("gridlock_history", line.version, 0, {1, kHistoryVersion}, Presence::required);
  io.number("world_size", line.world_size, 0, {1, kRecordedWorldMax}, Presence::required);
  io.word("end", "end", run_end_words(), line.end);
  io.number("time_ns", line.time, Nanos{0}, kInt64);
  io.number("ranks_per_node", line.ranks_per_node, 0, {0, kRecordedWorldMax});
}

template <typename Io>
void visit(Io& io, OpenWork& work) {
  io.number("stream", work.stream, StreamId{-1}, kInt32);
  io.number("ticket", work.first_open, Ticket::none, kInt64, Presence::required);
  io.flag("waits_for_slot", work.waits_for_slot);
}

template <typename Io>
void visit(Io& io, ThreadLine& line) {
  ThreadEnd& end = line.end;
  io.text("thread", line.name, Presence::required);
  io.word("state", "state", host_state_words(), end.state, Presence::required);
  io.number("since_ns", end.since, Nanos{0}, kInt64);
  io.number("connection", end.connection, -1, kInt32);
  io.flag("hangs", line.hangs);
  io.number("busy_until_ns", end.busy_until, Nanos{0}, kInt64);
  io.place(line.works_in);
}

template <typename Io>
void visit(Io& io, RanksLine& line) {
  RankEnd& end = line.end;
  io.ranks("ranks", line.ranks);
  io.word("state", "state", host_state_words(), end.state, Presence::required);
  io.number("since_ns", end.since, Nanos{0}, kInt64);
  io.list("threads", line.threads, [](auto& item_io, ThreadLine& thread) { visit(item_io, thread); });
  io.list("open", end.open, [](auto& item_io, OpenWork& work) { visit(item_io, work); });
  io.number("connection", end.connection, -1, kInt32);
  io.flag("hangs", line.hangs);
  io.number("busy_until_ns", end.busy_until, Nanos{0}, kInt64);
  io.place(line.works_in);
  io.flag("starts_late", end.starts_late);
  io.flag("suspended", end.is_suspended);
  io.number("records", line.records, std::int64_t{0}, kInt64, Presence::required);
}

/// The members in the order of a list that names the same ranks; none for any other list.
Members reordered(const Members& members, const std::vector<std::int64_t>& list) {
  const std::vector<RankId> ranks = members.to_vector();
  if (!std::is_permutation(list.begin(), list.end(), ranks.begin(), ranks.end())) return {};
  return Members::ordered(std::vector<RankId>(list.begin(), list.end()));
}

/// A spec without its name.
template <typename Io>
void visit(Io& io, GroupSpec& spec) {
  io.members(spec.members);
  io.name("backend", spec.backend, BackendKind::nccl, backend_name, backend_from_name, Presence::shown);
  io.number("timeout_ns", spec.timeout, Nanos{0}, {1, Bounds::kInt64Max});
  io.flag("members_only", spec.members_only);
  std::vector<std::int64_t> passed;
  for (const RankId rank : spec.passed.to_vector()) passed.push_back(rank);
  io.integers("passed", passed);
  if (Io::kReads) spec.passed = reordered(spec.members, passed);
}

template <typename Io>
void visit(Io& io, GroupLine& line) {
  io.text("group", line.alias, Presence::required);
  if (io.enters(Io::kReads || line.spec.name != line.alias)) io.text("name", line.spec.name, Presence::shown);
  visit(io, line.spec);
  io.number("creation", line.creation, std::int64_t{-1}, {0, kRecordedWorldMax});
  io.group_key("key", line.key);
}

template <typename Io>
void visit(Io& io, ConnectionLine& line) {
  io.number("connection", line.number, -1, kInt32, Presence::required);
  io.text("group", line.group, Presence::required);
  io.ranks("absent", line.absent);
}

template <typename Io>
void visit_pair(Io& io, std::string_view key, PairLine& line) {
  io.number(key, line.sequence, -1, kInt32, Presence::required);
  io.text("group", line.group, Presence::required);
  io.number("from", line.from, -1, kInt32);
  io.number("to", line.to, -1, kInt32);
}

template <typename Io>
void visit(Io& io, SilentMismatchLine& line) {
  visit_pair(io, "silent_mismatch", line);
}

template <typename Io>
void visit(Io& io, UnreceivedLine& line) {
  visit_pair(io, "unreceived", line);
}

template <typename Io>
void visit(Io& io, BufferRaceLine& line) {
  BufferRace& race = line.race;
  io.number("buffer_race", race.buffer, BufferHandle::none, kInt32, Presence::required);
  io.number("rank", race.rank, kNoRank, kInt32, Presence::required);
  io.number("first_ticket", race.first.ticket, Ticket::none, kInt64, Presence::required);
  io.number("first_index", race.first.index, 0, kInt32);
  io.number("second_ticket", race.second.ticket, Ticket::none, kInt64, Presence::required);
  io.number("second_index", race.second.index, 0, kInt32);
}

/// What the kind of the record adds: Record::detail.
template <typename Io>
void visit_detail(Io& io, RecordLine& line) {
  const RecordKind kind = line.record.kind;
  io.integers("counts", line.counts);
  const bool needs_spec = kind == RecordKind::new_group || kind == RecordKind::shrink;
  const bool may_have_spec = kind == RecordKind::split && (line.spec || io.has("members"));
  if (io.enters(needs_spec || may_have_spec)) {
    if (!line.spec) line.spec.emplace();
    io.text("name", line.spec->name);
    visit(io, *line.spec);
  }
  if (io.enters(!line.spec))
    io.text("name", line.name,
            kind == RecordKind::post || kind == RecordKind::await || is_planned_post(line.record));
  if (io.enters(kind == RecordKind::create_grid)) io.plan("plan", line.plan);
}

template <typename Io>
void visit(Io& io, RecordLine& line) {
  Record& record = line.record;
  io.what(record);
  if (!io.enters(!is_planned_rest(record))) return;
  const Record usual;
  const OperationInfo& what = operation(record.call);
  const bool is_post = is_planned_post(record);
  const bool is_call = record.kind == RecordKind::call || (record.kind == RecordKind::planned && !is_post);
  const bool is_split = record.kind == RecordKind::split;
  const bool moves = is_call && what.count != CountMeaning::nothing;
  const bool has_count = moves && what.count != CountMeaning::per_rank;
  io.text("group", line.group);
  io.number("sequence", record.sequence, usual.sequence, kInt32, shown_if(is_call));
  // Version 1 has color and key of a split under the other names.
  if (io.enters(!is_split || Io::kReads)) {
    io.number("ticket", record.ticket, usual.ticket, {-1, Bounds::kInt64Max});
    io.number("count", record.count, usual.count, {Bounds::kInt64Min, Bounds::kInt64Max},
              shown_if(has_count));
  }
  if (io.enters(is_split)) {
    io.number("color", record.count, usual.count, {-1, Bounds::kInt32Max}, Presence::shown);
    io.number("key", record.ticket, usual.ticket, {Bounds::kInt32Min, Bounds::kInt32Max}, Presence::shown);
  }
  io.name("dtype", record.dtype, usual.dtype, dtype_name, dtype_from_name, shown_if(moves));
  io.name("op", record.op, usual.op, reduce_op_name, reduce_op_from_name, shown_if(is_call && what.reduces));
  io.real("scalar", record.scalar, usual.scalar);
  io.number("peer", record.peer, usual.peer, {Bounds::kInt32Min, Bounds::kInt32Max});
  io.number("stream", record.stream, usual.stream, kInt32);
  io.flag("rejected", record.rejected);
  io.flag("batched", record.batched);
  if (io.enters(!is_post)) io.unknown(record.unknown);
  io.number("device", line.notes.device, kOwnDevice, {kHostMemory, Bounds::kInt32Max});
  io.number("tag", line.notes.tag, 0, kInt32);
  io.number("kept_by", line.notes.kept_by, -1, kInt32);
  io.text("content", line.notes.content);
  io.text("thread", line.thread);
  visit_detail(io, line);
  io.place(line.place);
}

template <typename Io>
void visit(Io& io, ComplaintLine& line) {
  io.word("complaint", "complaint", kComplaints, line.complaint.kind, Presence::required);
  io.number("rank", line.complaint.rank, kNoRank, kInt32, Presence::required);
  io.text("text", line.complaint.text, Presence::required);
  io.place(line.place);
}

// ---- reading and writing ----

template <typename Line>
Line read(const JsonCursor& cursor, RankId world_size) {
  cursor.check_keys(history_line_keys<Line>());
  Line line;
  FieldReader reader(cursor, world_size);
  visit(reader, line);
  return line;
}

HeaderLine read_header(const JsonCursor& cursor) {
  const JsonCursor version = cursor.at("gridlock_history");
  const std::int64_t number = version.integer(0, Bounds::kInt64Max);
  if (number < 1 || number > kHistoryVersion) {
    version.fail(fmt::format("this is version {} of the history format, and only versions 1 to {} are known",
                             number, kHistoryVersion));
  }
  return read<HeaderLine>(cursor, 0);
}

RanksLine read_ranks(const JsonCursor& cursor, RankId world_size) {
  RanksLine line = read<RanksLine>(cursor, world_size);
  if (line.hangs) line.end.busy_until = kNever;
  for (ThreadLine& thread : line.threads) {
    if (thread.hangs) thread.end.busy_until = kNever;
  }
  return line;
}

GroupLine read_group(const JsonCursor& cursor, RankId world_size) {
  GroupLine line = read<GroupLine>(cursor, world_size);
  if (!cursor.has("name")) line.spec.name = line.alias;
  if ((line.creation >= 0) == line.key.has_value())
    cursor.fail("a group needs its number in the order of creation, or its key");
  return line;
}

RecordLine read_record(const JsonCursor& cursor, RankId world_size) {
  RecordLine line = read<RecordLine>(cursor, world_size);
  if (line.record.kind == RecordKind::call && !line.record.rejected) {
    if (!cursor.has("ticket")) cursor.fail("a call needs a ticket");
    if (!cursor.has("sequence")) cursor.fail("a call needs its place in the order of its group: sequence");
  }
  return line;
}

/// A line with the key rank.
template <typename Line>
Line read_of_rank(const JsonCursor& cursor, RankId world_size) {
  Line line = read<Line>(cursor, world_size);
  cursor.at("rank").integer(0, world_size - 1);
  return line;
}

}  // namespace

template <typename Line>
const std::vector<std::string>& history_line_keys() {
  static const std::vector<std::string> keys = [] {
    Line line;
    FieldNames names;
    visit(names, line);
    return names.take();
  }();
  return keys;
}

template const std::vector<std::string>& history_line_keys<HeaderLine>();
template const std::vector<std::string>& history_line_keys<RanksLine>();
template const std::vector<std::string>& history_line_keys<GroupLine>();
template const std::vector<std::string>& history_line_keys<ConnectionLine>();
template const std::vector<std::string>& history_line_keys<SilentMismatchLine>();
template const std::vector<std::string>& history_line_keys<UnreceivedLine>();
template const std::vector<std::string>& history_line_keys<BufferRaceLine>();
template const std::vector<std::string>& history_line_keys<RecordLine>();
template const std::vector<std::string>& history_line_keys<ComplaintLine>();

HistoryLine read_history_line(const JsonCursor& cursor, RankId world_size) {
  if (!cursor.is_object()) cursor.fail("expected an object, got " + describe(cursor.node()));
  if (cursor.has("gridlock_history")) return read_header(cursor);
  if (world_size == 0) {
    cursor.fail("expected the first line of a history file",
                R"(it looks like {"gridlock_history": 2, "world_size": 8})");
  }
  if (cursor.has("ranks")) return read_ranks(cursor, world_size);
  if (cursor.has("do") || cursor.has("plans")) return read_record(cursor, world_size);
  if (cursor.has("complaint")) return read_of_rank<ComplaintLine>(cursor, world_size);
  if (cursor.has("connection")) return read<ConnectionLine>(cursor, world_size);
  if (cursor.has("silent_mismatch")) return read<SilentMismatchLine>(cursor, world_size);
  if (cursor.has("unreceived")) return read<UnreceivedLine>(cursor, world_size);
  if (cursor.has("buffer_race")) return read_of_rank<BufferRaceLine>(cursor, world_size);
  if (cursor.has("group")) return read_group(cursor, world_size);
  cursor.fail(
      "expected a line with one of the keys ranks, do, plans, group, connection, silent_mismatch, "
      "unreceived, "
      "complaint");
}

std::string history_line_text(HistoryLine line) {
  if (auto* ranks = std::get_if<RanksLine>(&line)) {
    ranks->hangs = ranks->end.busy_until == kNever;
    if (ranks->hangs) ranks->end.busy_until = Nanos{0};
    for (ThreadLine& thread : ranks->threads) {
      thread.hangs = thread.end.busy_until == kNever;
      if (thread.hangs) thread.end.busy_until = Nanos{0};
    }
  }
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  FieldWriter writer(json);
  std::visit([&](auto& known) { visit(writer, known); }, line);
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace gridlock
