#include <utility>

#include "core/history/intention.h"
#include "harness/histories/history_words.h"
#include "harness/histories/line_fields.h"
#include "harness/histories/plan_json.h"

namespace gridlock {

using Json = nlohmann::ordered_json;

void FieldWriter::flag(std::string_view key, bool value) {
  if (value) json_[std::string(key)] = true;
}

void FieldWriter::real(std::string_view key, double value, double usual) {
  if (value != usual) json_[std::string(key)] = value;
}

void FieldWriter::text(std::string_view key, const std::string& value, Presence presence) {
  if (!value.empty() || presence != Presence::unusual) json_[std::string(key)] = value;
}

void FieldWriter::text(std::string_view key, const std::optional<std::string>& value, bool /*is_required*/) {
  if (value) json_[std::string(key)] = *value;
}

void FieldWriter::ranks(std::string_view key, const RankSet& value) {
  json_[std::string(key)] = value.empty() ? Json::array() : Json(value.to_string());
}

void FieldWriter::integers(std::string_view key, const std::vector<std::int64_t>& value) {
  if (!value.empty()) json_[std::string(key)] = value;
}

void FieldWriter::members(const Members& value) {
  if (value.is_sorted()) return ranks("members", RankSet(value.to_vector()));
  json_["members"] = value.to_vector();
  json_["ordered"] = true;
}

void FieldWriter::group_key(std::string_view key, const std::optional<GroupKey>& value) {
  if (value) json_[std::string(key)] = to_string(*value);
}

void FieldWriter::plan(std::string_view key, const std::shared_ptr<const Plan>& value) {
  json_[std::string(key)] = plan_json(*value);
}

void FieldWriter::unknown(std::uint16_t value) {
  for (const UnknownWord& flag : unknown_words()) {
    if ((value & flag.field) != 0) json_["unknown"].push_back(flag.word);
  }
}

void FieldWriter::place(const LinePlace& value) {
  if (!value.site) return;
  const Site& site = *value.site;
  const Label& label = value.label;
  json_["label"] = site.text;
  std::size_t count = 0;
  for (std::size_t i = 0; i < kLoopsShown; ++i) {
    if (!site.loops[i].empty() || label.turns[i] >= 0) count = i + 1;
  }
  for (std::size_t i = 0; i < count; ++i)
    json_["loops"].push_back(Json::array({site.loops[i], label.turns[i]}));
  if (!site.place.empty()) json_["at"] = site.place;
}

void FieldWriter::what(const Record& record) {
  if (is_planned_rest(record)) {
    json_["plans"] = planned_rest_word(is_planned_cut(record));
  } else if (is_planned_post(record)) {
    json_["plans"] = kPlannedPostWord;
  } else if (record.kind == RecordKind::planned) {
    json_["plans"] = call_kind_name(record.call);
  } else if (record.kind == RecordKind::call) {
    json_["do"] = call_kind_name(record.call);
  } else {
    json_["do"] = record_kind_words()[static_cast<std::size_t>(record.kind)];
  }
}

}  // namespace gridlock
