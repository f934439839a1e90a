#include "harness/histories/history_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "core/history/intention.h"
#include "harness/histories/history_words.h"
#include "harness/histories/plan_json.h"
#include "harness/histories/recorded_run.h"
#include "harness/read/selection_reader.h"

namespace gridlock {
namespace {

constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();
constexpr const char* kNothingMore = "nothing more";
constexpr const char* kMoreThanIsListed = "more than is listed";

std::vector<std::string> words_of(std::span<const std::string_view> words) {
  return {words.begin(), words.end()};
}

template <typename Value>
Value read_word(const JsonCursor& cursor, std::string_view noun, std::span<const std::string_view> words) {
  const auto place = find_word(words, cursor.string());
  if (!place) cursor.fail_name(noun, cursor.string(), words_of(words));
  return static_cast<Value>(*place);
}

std::int32_t read_int32(const JsonCursor& cursor, std::string_view key, std::int64_t min,
                        std::int32_t otherwise) {
  const auto found = cursor.find(key);
  return found ? static_cast<std::int32_t>(found->integer(min, kInt32Max)) : otherwise;
}

std::int64_t read_int64(const JsonCursor& cursor, std::string_view key, std::int64_t min,
                        std::int64_t otherwise) {
  const auto found = cursor.find(key);
  return found ? found->integer(min, kInt64Max) : otherwise;
}

HeaderLine read_header(const JsonCursor& cursor) {
  const JsonCursor version = cursor.at("gridlock_history");
  if (version.integer(0, kInt64Max) != kHistoryVersion) {
    version.fail(fmt::format("this is version {} of the history format, and only version {} is known",
                             version.integer(0, kInt64Max), kHistoryVersion));
  }
  cursor.check_keys({"gridlock_history", "world_size", "end"});
  HeaderLine line;
  line.world_size = static_cast<RankId>(cursor.at("world_size").integer(1, kRecordedWorldMax));
  if (const auto end = cursor.find("end")) line.end = read_word<RunEnd>(*end, "end", run_end_words());
  return line;
}

RanksLine read_ranks(const JsonCursor& cursor, RankId world_size) {
  cursor.check_keys({"ranks", "state", "open", "starts_late", "records"});
  RanksLine line;
  line.ranks = read_index_set(cursor.at("ranks"), world_size, "rank");
  line.state = read_word<HostState>(cursor.at("state"), "state", host_state_words());
  line.records = cursor.at("records").integer(0, kInt64Max);
  if (const auto late = cursor.find("starts_late")) line.starts_late = late->boolean();
  if (const auto open = cursor.find("open")) {
    for (const JsonCursor& item : open->items()) {
      item.check_keys({"stream", "ticket"});
      line.open.push_back({static_cast<StreamId>(read_int32(item, "stream", 0, 0)),
                           static_cast<Ticket>(item.at("ticket").integer(0, kInt64Max))});
    }
  }
  return line;
}

GroupSpec read_spec(const JsonCursor& cursor, RankId world_size) {
  GroupSpec spec;
  const RankSet members = read_index_set(cursor.at("members"), world_size, "rank");
  if (members.empty()) cursor.at("members").fail("a group needs a member");
  spec.members = Members::list(members.to_vector());
  if (const auto backend = cursor.find("backend")) {
    const std::optional<BackendKind> kind = backend_from_name(backend->string());
    if (!kind) backend->fail_name("backend", backend->string(), {"nccl", "gloo"});
    spec.backend = *kind;
  }
  if (const auto timeout = cursor.find("timeout_ns")) spec.timeout = Nanos(timeout->integer(1, kInt64Max));
  if (const auto name = cursor.find("name")) spec.name = name->string();
  return spec;
}

GroupLine read_group(const JsonCursor& cursor, RankId world_size) {
  cursor.check_keys({"group", "members", "backend", "timeout_ns", "creation"});
  GroupLine line;
  line.alias = cursor.at("group").string();
  line.spec = read_spec(cursor, world_size);
  line.spec.name = line.alias;
  line.creation = cursor.at("creation").integer(0, kRecordedWorldMax);
  return line;
}

std::optional<Site> read_site(const JsonCursor& cursor, Label& label) {
  const auto text = cursor.find("label");
  if (!text) return std::nullopt;
  Site site;
  site.text = text->string();
  if (const auto place = cursor.find("at")) site.place = place->string();
  const auto loops = cursor.find("loops");
  if (!loops) return site;
  const std::vector<JsonCursor> pairs = loops->items();
  if (pairs.size() > 2) loops->fail("expected the innermost loop and the next outer one");
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::vector<JsonCursor> pair = pairs[i].items();
    if (pair.size() != 2) pairs[i].fail("expected [name, value]");
    (i == 0 ? site.inner_loop : site.outer_loop) = pair[0].string();
    (i == 0 ? label.inner : label.outer) = static_cast<std::int32_t>(pair[1].integer(-1, kInt32Max));
  }
  return site;
}

void read_call_kind(const JsonCursor& word, RecordLine& line) {
  const std::optional<CallKind> call = call_kind_from_name(word.string());
  if (call) {
    line.record.call = *call;
    return;
  }
  const bool is_planned = line.record.kind == RecordKind::planned;
  std::vector<std::string> known;
  for (const OperationInfo& info : all_operations()) known.emplace_back(info.name);
  if (is_planned) known.insert(known.end(), {kNothingMore, kMoreThanIsListed});
  if (!is_planned) {
    for (const std::string_view kind : record_kind_words()) known.emplace_back(kind);
    const auto place = find_word(record_kind_words(), word.string());
    if (place && *place != static_cast<std::size_t>(RecordKind::call) &&
        *place != static_cast<std::size_t>(RecordKind::planned)) {
      line.record.kind = static_cast<RecordKind>(*place);
      return;
    }
  }
  word.fail_name(is_planned ? "planned operation" : "record", word.string(), known);
}

void read_unknown(const JsonCursor& cursor, Record& record) {
  const auto unknown = cursor.find("unknown");
  if (!unknown) return;
  for (const JsonCursor& item : unknown->items()) {
    std::vector<std::string> known;
    for (const UnknownWord& word : unknown_words()) {
      known.emplace_back(word.word);
      if (word.word == item.string()) record.unknown |= word.field;
    }
    if (std::find(known.begin(), known.end(), item.string()) == known.end())
      item.fail_name("field", item.string(), known);
  }
}

template <typename Value, typename FromName>
void read_name(const JsonCursor& cursor, std::string_view key, FromName from_name, Value& value) {
  const auto word = cursor.find(key);
  if (!word) return;
  const std::optional<Value> known = from_name(word->string());
  if (!known) word->fail(fmt::format("unknown {} '{}'", key, word->string()));
  value = *known;
}

void read_fields(const JsonCursor& cursor, Record& record) {
  read_name(cursor, "dtype", dtype_from_name, record.dtype);
  read_name(cursor, "op", reduce_op_from_name, record.op);
  if (const auto scalar = cursor.find("scalar")) record.scalar = scalar->real();
  if (const auto rejected = cursor.find("rejected")) record.rejected = rejected->boolean();
  record.stream = static_cast<StreamId>(read_int32(cursor, "stream", 0, 0));
  record.peer = read_int32(cursor, "peer", std::numeric_limits<std::int32_t>::min(), record.peer);
  record.sequence = read_int32(cursor, "sequence", 0, record.sequence);
  record.ticket = read_int64(cursor, "ticket", -1, record.ticket);
  record.count = read_int64(cursor, "count", std::numeric_limits<std::int64_t>::min(), record.count);
  read_unknown(cursor, record);
}

void read_detail(const JsonCursor& cursor, RankId world_size, RecordLine& line) {
  if (line.record.kind == RecordKind::new_group) line.spec = read_spec(cursor, world_size);
  if (line.record.kind == RecordKind::create_grid) line.plan = read_plan(cursor.at("plan"), world_size);
  const bool has_name = line.record.kind == RecordKind::post || line.record.kind == RecordKind::await;
  if (has_name) cursor.at("name");
  if (const auto name = cursor.find("name")) line.name = name->string();
  if (const auto counts = cursor.find("counts")) {
    for (const JsonCursor& item : counts->items())
      line.counts.push_back(item.integer(std::numeric_limits<std::int64_t>::min(), kInt64Max));
  }
}

RecordLine read_record(const JsonCursor& cursor, RankId world_size) {
  RecordLine line;
  const bool is_planned = cursor.has("plans");
  cursor.check_keys({"do",      "plans",      "group", "sequence", "ticket",   "count",   "counts", "dtype",
                     "op",      "scalar",     "peer",  "stream",   "rejected", "unknown", "name",   "members",
                     "backend", "timeout_ns", "plan",  "label",    "loops",    "at"});
  const JsonCursor word = cursor.at(is_planned ? "plans" : "do");
  const bool is_cut = is_planned && word.string() == kMoreThanIsListed;
  if (is_cut || (is_planned && word.string() == kNothingMore)) {
    line.record = planned_rest(is_cut);
    return line;
  }
  line.record.kind = is_planned ? RecordKind::planned : RecordKind::call;
  read_call_kind(word, line);
  read_fields(cursor, line.record);
  read_detail(cursor, world_size, line);
  if (line.record.kind == RecordKind::call && !line.record.rejected) {
    if (!cursor.has("ticket")) cursor.fail("a call needs a ticket");
    if (!cursor.has("sequence")) cursor.fail("a call needs its place in the order of its group: sequence");
  }
  if (const auto group = cursor.find("group")) line.group = group->string();
  line.site = read_site(cursor, line.label);
  return line;
}

ComplaintLine read_complaint(const JsonCursor& cursor, RankId world_size) {
  static constexpr std::array<std::string_view, 2> kKinds{"expectation_failed", "wrong_result"};
  cursor.check_keys({"complaint", "rank", "text", "label", "loops", "at"});
  ComplaintLine line;
  line.complaint.kind = read_word<Complaint::Kind>(cursor.at("complaint"), "complaint", kKinds);
  line.complaint.rank = static_cast<RankId>(cursor.at("rank").integer(0, world_size - 1));
  line.complaint.text = cursor.at("text").string();
  line.site = read_site(cursor, line.complaint.label);
  return line;
}

}  // namespace

HistoryLine read_history_line(const JsonCursor& cursor, RankId world_size) {
  if (!cursor.is_object()) cursor.fail("expected an object, got " + describe(cursor.node()));
  if (cursor.has("gridlock_history")) return read_header(cursor);
  if (world_size == 0) {
    cursor.fail("expected the first line of a history file",
                R"(it looks like {"gridlock_history": 1, "world_size": 8})");
  }
  if (cursor.has("ranks")) return read_ranks(cursor, world_size);
  if (cursor.has("do") || cursor.has("plans")) return read_record(cursor, world_size);
  if (cursor.has("complaint")) return read_complaint(cursor, world_size);
  if (cursor.has("group")) return read_group(cursor, world_size);
  cursor.fail("expected a line with one of the keys ranks, do, plans, group, complaint");
}

void put_label(nlohmann::ordered_json& json, const Site& site, const Label& label) {
  using Json = nlohmann::ordered_json;
  if (label.site == SiteId::none) return;
  json["label"] = site.text;
  const bool has_outer = !site.outer_loop.empty() || label.outer >= 0;
  if (has_outer || !site.inner_loop.empty() || label.inner >= 0) {
    Json loops = Json::array();
    loops.push_back(Json::array({site.inner_loop, label.inner}));
    if (has_outer) loops.push_back(Json::array({site.outer_loop, label.outer}));
    json["loops"] = std::move(loops);
  }
  if (!site.place.empty()) json["at"] = site.place;
}

}  // namespace gridlock
