#include "harness/histories/history_writer.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "core/history/intention.h"
#include "harness/histories/history_line.h"
#include "harness/histories/history_words.h"
#include "harness/histories/plan_json.h"

namespace gridlock {
namespace {

using Json = nlohmann::ordered_json;

std::string_view word(std::span<const std::string_view> words, std::size_t value) { return words[value]; }

bool is_planned_rest(const Record& record) {
  return record.kind == RecordKind::planned && (record.unknown & kUnknownGroup) != 0;
}

bool is_call_like(const Record& record) {
  return record.kind == RecordKind::call || record.kind == RecordKind::planned;
}

/// Fields that say something for this kind of record, and all others that do not have their usual value.
void put_fields(Json& json, const Record& record) {
  const Record usual;
  const OperationInfo& what = operation(record.call);
  const bool is_call = is_call_like(record);
  const bool moves = is_call && what.count != CountMeaning::nothing;
  if (is_call || record.sequence != usual.sequence) json["sequence"] = record.sequence;
  if (record.ticket != usual.ticket) json["ticket"] = record.ticket;
  if ((moves && what.count != CountMeaning::per_rank) || record.count != usual.count)
    json["count"] = record.count;
  if (moves || record.dtype != usual.dtype) json["dtype"] = dtype_name(record.dtype);
  if ((is_call && what.reduces) || record.op != usual.op) json["op"] = reduce_op_name(record.op);
  if (record.scalar != usual.scalar) json["scalar"] = record.scalar;
  if (record.peer != usual.peer) json["peer"] = record.peer;
  if (record.stream != usual.stream) json["stream"] = static_cast<int>(record.stream);
  if (record.rejected) json["rejected"] = true;
  for (const UnknownWord& flag : unknown_words()) {
    if ((record.unknown & flag.field) != 0) json["unknown"].push_back(flag.word);
  }
}

void put_spec(Json& json, const GroupSpec& spec) {
  if (!spec.name.empty()) json["name"] = spec.name;
  json["members"] = RankSet(spec.members.to_vector()).to_string();
  json["backend"] = backend_name(spec.backend);
  json["timeout_ns"] = spec.timeout.count();
}

}  // namespace

HistoryWriter::HistoryWriter(const Histories& histories, RunEnd end, std::span<const Complaint> complaints)
    : histories_(histories),
      end_(end),
      complaints_(complaints),
      groups_(histories.groups),
      states_(groups_) {}

std::string HistoryWriter::header() const {
  const Json json = {{"gridlock_history", kHistoryVersion},
                     {"world_size", histories_.ranks.size()},
                     {"end", word(run_end_words(), static_cast<std::size_t>(end_))}};
  return json.dump() + "\n";
}

std::string HistoryWriter::ranks_line(const RankSet& ranks) const {
  const RankEnd& end = histories_.ranks[static_cast<std::size_t>(ranks.first())];
  Json json = {{"ranks", ranks.to_string()},
               {"state", word(host_state_words(), static_cast<std::size_t>(end.state))}};
  for (const OpenWork& work : end.open) {
    json["open"].push_back(
        {{"stream", static_cast<int>(work.stream)}, {"ticket", static_cast<std::int64_t>(work.first_open)}});
  }
  if (end.starts_late) json["starts_late"] = true;
  json["records"] = histories_.store.length(end.node);
  return json.dump() + "\n";
}

std::string HistoryWriter::line(const Record& record, CreationStates::State& state) {
  const HistoryStore& store = histories_.store;
  if (is_planned_rest(record)) {
    const Json json = {{"plans", is_planned_cut(record) ? "more than is listed" : "nothing more"}};
    return json.dump() + "\n";
  }
  Json json;
  if (is_call_like(record)) {
    json[record.kind == RecordKind::planned ? "plans" : "do"] = call_kind_name(record.call);
  } else {
    json["do"] = word(record_kind_words(), static_cast<std::size_t>(record.kind));
  }
  if (const std::string group = states_.name(state, record.group); !group.empty()) json["group"] = group;
  put_fields(json, record);
  if (record.kind == RecordKind::call && record.detail >= 0) json["counts"] = store.counts(record.detail);
  if (record.kind == RecordKind::post || record.kind == RecordKind::await)
    json["name"] = store.name(record.detail);
  if (record.kind == RecordKind::new_group) {
    const GroupSpec& spec = store.spec(record.detail);
    put_spec(json, spec);
    if (!record.rejected) state = states_.new_group(state, record.detail, spec);
  } else if (record.kind == RecordKind::create_grid) {
    const Plan& plan = store.plan(record.detail);
    state = states_.create_grid(state, record.detail, std::make_shared<const Plan>(plan), "");
    json["name"] = groups_.name(states_.grid(state));
    json["plan"] = plan_json(plan);
  }
  put_label(json, histories_.sites.site(record.label.site), record.label);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

const std::string& HistoryWriter::body(HistoryNode node) {
  const auto [entry, added] = bodies_.try_emplace(static_cast<std::uint32_t>(node));
  if (!added) return entry->second;
  CreationStates::State state = 0;
  std::string text;
  for (const Record* record : histories_.store.records(node)) text += line(*record, state);
  return bodies_[static_cast<std::uint32_t>(node)] = std::move(text);
}

std::string HistoryWriter::complaint_lines(RankId rank) const {
  std::string text;
  for (const Complaint& complaint : complaints_) {
    if (rank != kNoRank && complaint.rank != rank) continue;
    const bool is_wrong = complaint.kind == Complaint::Kind::wrong_result;
    Json json = {{"complaint", is_wrong ? "wrong_result" : "expectation_failed"},
                 {"rank", complaint.rank},
                 {"text", complaint.text}};
    put_label(json, histories_.sites.site(complaint.label.site), complaint.label);
    text += json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return text;
}

std::string HistoryWriter::run_text() {
  std::map<std::tuple<HistoryNode, HostState, std::vector<std::pair<int, std::int64_t>>, bool>, std::size_t>
      known;
  std::vector<std::vector<RankId>> classes;
  for (RankId rank = 0; rank < static_cast<RankId>(histories_.ranks.size()); ++rank) {
    const RankEnd& end = histories_.ranks[static_cast<std::size_t>(rank)];
    if (end.state == HostState::unknown && end.node == HistoryNode::empty) continue;
    std::vector<std::pair<int, std::int64_t>> open;
    for (const OpenWork& work : end.open)
      open.emplace_back(static_cast<int>(work.stream), static_cast<std::int64_t>(work.first_open));
    const auto [entry, added] =
        known.try_emplace({end.node, end.state, std::move(open), end.starts_late}, classes.size());
    if (added) classes.emplace_back();
    classes[entry->second].push_back(rank);
  }
  std::string text = header();
  for (const std::vector<RankId>& ranks : classes) {
    text += ranks_line(RankSet(ranks));
    text += body(histories_.ranks[static_cast<std::size_t>(ranks.front())].node);
  }
  return text + complaint_lines(kNoRank);
}

std::string HistoryWriter::rank_text(RankId rank) {
  const HistoryNode node = histories_.ranks[static_cast<std::size_t>(rank)].node;
  return header() + ranks_line(RankSet({rank})) + body(node) + complaint_lines(rank);
}

}  // namespace gridlock
