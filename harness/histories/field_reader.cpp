#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/history/intention.h"
#include "harness/histories/history_words.h"
#include "harness/histories/line_fields.h"
#include "harness/histories/plan_json.h"
#include "harness/read/selection_reader.h"

namespace gridlock {
namespace {

using Words = std::span<const std::string_view>;

std::vector<std::string> strings_of(Words words) { return {words.begin(), words.end()}; }

/// Operation of a call or of a plan; nothing when the word names none.
bool read_operation(const std::string& word, Record& record) {
  const std::optional<CallKind> call = call_kind_from_name(word);
  if (call) record.call = *call;
  return call.has_value();
}

void read_planned(const JsonCursor& word, Record& record) {
  for (const bool is_cut : {false, true}) {
    if (word.string() == planned_rest_word(is_cut)) {
      record = planned_rest(is_cut);
      return;
    }
  }
  if (word.string() == kPlannedPostWord) {
    record = planned_post(-1, {});
    return;
  }
  record.kind = RecordKind::planned;
  if (read_operation(word.string(), record)) return;
  std::vector<std::string> known;
  for (const OperationInfo& info : all_operations()) known.emplace_back(info.name);
  known.emplace_back(kPlannedPostWord);
  for (const bool is_cut : {false, true}) known.emplace_back(planned_rest_word(is_cut));
  word.fail_name("planned operation", word.string(), known);
}

void read_done(const JsonCursor& word, Record& record) {
  record.kind = RecordKind::call;
  if (read_operation(word.string(), record)) return;
  const auto place = find_word(record_kind_words(), word.string());
  const auto kind = place ? static_cast<RecordKind>(*place) : RecordKind::call;
  if (kind != RecordKind::call && kind != RecordKind::planned) {
    record.kind = kind;
    return;
  }
  std::vector<std::string> known;
  for (const OperationInfo& info : all_operations()) known.emplace_back(info.name);
  for (const std::string_view other : record_kind_words()) known.emplace_back(other);
  word.fail_name("record", word.string(), known);
}

void read_loops(const JsonCursor& loops, LinePlace& place) {
  const std::vector<JsonCursor> pairs = loops.items();
  if (pairs.size() > kLoopsShown)
    loops.fail(fmt::format("expected at most {} loops, the innermost first", kLoopsShown));
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const std::vector<JsonCursor> pair = pairs[i].items();
    if (pair.size() != 2) pairs[i].fail("expected [name, value]");
    place.site->loops[i] = pair[0].string();
    place.label.turns[i] = static_cast<std::int32_t>(pair[1].integer(-1, Bounds::kInt32Max));
  }
}

}  // namespace

std::optional<JsonCursor> FieldReader::find(std::string_view key, Presence presence) const {
  if (presence == Presence::required) return cursor_.at(key);
  return cursor_.find(key);
}

std::size_t FieldReader::place_of(const JsonCursor& cursor, std::string_view noun, Words words) {
  const auto place = find_word(words, cursor.string());
  if (!place) cursor.fail_name(noun, cursor.string(), strings_of(words));
  return *place;
}

void FieldReader::flag(std::string_view key, bool& value) {
  if (const auto found = cursor_.find(key)) value = found->boolean();
}

void FieldReader::real(std::string_view key, double& value, double /*usual*/) {
  if (const auto found = cursor_.find(key)) value = found->real();
}

void FieldReader::text(std::string_view key, std::string& value, Presence presence) {
  if (const auto found = find(key, presence)) value = found->string();
}

void FieldReader::text(std::string_view key, std::optional<std::string>& value, bool is_required) {
  const auto found = find(key, is_required ? Presence::required : Presence::unusual);
  if (found) value = found->string();
}

void FieldReader::ranks(std::string_view key, RankSet& value) {
  value = read_index_set(cursor_.at(key), world_size_, "rank");
}

void FieldReader::integers(std::string_view key, std::vector<std::int64_t>& value) {
  const auto found = cursor_.find(key);
  if (!found) return;
  for (const JsonCursor& item : found->items())
    value.push_back(item.integer(Bounds::kInt64Min, Bounds::kInt64Max));
}

void FieldReader::members(Members& value) {
  const JsonCursor list = cursor_.at("members");
  bool is_ordered = false;
  flag("ordered", is_ordered);
  const RankSet ranks = read_index_set(list, world_size_, "rank");
  if (ranks.empty()) list.fail("a group needs a member");
  if (!is_ordered) {
    value = Members::list(ranks.to_vector());
    return;
  }
  std::vector<RankId> order;
  for (const JsonCursor& item : list.items())
    order.push_back(static_cast<RankId>(item.integer(0, world_size_ - 1)));
  if (order.size() != ranks.size()) list.fail("a rank is named twice");
  value = Members::ordered(std::move(order));
}

void FieldReader::group_key(std::string_view key, std::optional<GroupKey>& value) {
  const auto found = cursor_.find(key);
  if (!found) return;
  const std::string& digits = found->string();
  GroupKey read;
  const char* middle = digits.data() + std::min<std::size_t>(16, digits.size());
  const char* end = digits.data() + digits.size();
  const bool is_key = digits.size() == 32 &&
                      std::from_chars(digits.data(), middle, read.high, 16).ptr == middle &&
                      std::from_chars(middle, end, read.low, 16).ptr == end;
  if (!is_key) found->fail("expected 32 hexadecimal digits");
  value = read;
}

void FieldReader::plan(std::string_view key, std::shared_ptr<const Plan>& value) {
  value = read_plan(cursor_.at(key), world_size_);
}

void FieldReader::unknown(std::uint16_t& value) {
  const auto found = cursor_.find("unknown");
  if (!found) return;
  for (const JsonCursor& item : found->items()) {
    std::vector<std::string> known;
    std::uint16_t field = 0;
    for (const UnknownWord& word : unknown_words()) {
      known.emplace_back(word.word);
      if (word.word == item.string()) field = word.field;
    }
    if (field == 0) item.fail_name("field", item.string(), known);
    value |= field;
  }
}

void FieldReader::place(LinePlace& value) {
  const auto label = cursor_.find("label");
  if (!label) return;
  value.site.emplace();
  value.site->text = label->string();
  if (const auto at = cursor_.find("at")) value.site->place = at->string();
  if (const auto loops = cursor_.find("loops")) read_loops(*loops, value);
}

void FieldReader::what(Record& record) {
  if (cursor_.has("plans")) return read_planned(cursor_.at("plans"), record);
  read_done(cursor_.at("do"), record);
}

}  // namespace gridlock
