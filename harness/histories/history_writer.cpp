#include "harness/histories/history_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/grid/plan.h"
#include "harness/histories/history_words.h"

namespace gridlock {
namespace {

void note(InstanceId instance, std::vector<InstanceId>& list) {
  if (std::find(list.begin(), list.end(), instance) == list.end()) list.push_back(instance);
}

}  // namespace

HistoryWriter::HistoryWriter(const Histories& histories, RunEnd end, std::span<const Complaint> complaints)
    : histories_(histories), end_(end), complaints_(complaints), groups_(histories.groups), states_(groups_) {
  for (std::size_t i = 0; i < groups_.handle_count(); ++i)
    taken_.insert(groups_.name(static_cast<GroupHandle>(i)));
}

std::string HistoryWriter::declared(InstanceId instance, std::vector<InstanceId>& groups) {
  if (instance == InstanceId::world) return "world";
  note(instance, groups);
  const auto known = aliases_.find(instance);
  if (known != aliases_.end()) return known->second;
  const std::string& wanted = groups_.instance(instance).spec.name;
  std::string alias;
  for (int number = 1; alias.empty() || !taken_.insert(alias).second; ++number)
    alias = fmt::format("{} #{}", wanted.empty() ? "group" : wanted, number);
  return aliases_[instance] = alias;
}

LinePlace HistoryWriter::place_of(const Label& label) const {
  LinePlace place;
  if (label.site == SiteId::none) return place;
  place.site = histories_.sites.site(label.site);
  place.label = label;
  return place;
}

RecordLine HistoryWriter::record_line(RankId rank, const Record& record, CreationStates::State& state,
                                      Body& body) {
  const HistoryStore& store = histories_.store;
  RecordLine line;
  line.record = record;
  line.notes = store.notes(record);
  line.place = place_of(record.label);
  if (record.thread >= 0) line.thread = store.name(record.thread);
  line.group = states_.name(state, record.group);
  if (line.group.empty() && record.group != GroupHandle::none) {
    const InstanceId instance = groups_.resolve(record.group, rank);
    const InstanceId made = instance != InstanceId::none ? instance : groups_.resolve_any(record.group);
    if (made != InstanceId::none) line.group = declared(made, body.groups);
  }
  if (record.detail < 0) return line;
  switch (record.kind) {
    case RecordKind::call:
      line.counts = store.counts(record.detail);
      break;
    case RecordKind::new_group:
      if (!record.rejected) state = states_.new_group(state, record.detail, store.spec(record.detail));
      [[fallthrough]];
    case RecordKind::shrink:
    case RecordKind::split:
      line.spec = store.spec(record.detail);
      break;
    case RecordKind::create_grid:
      line.plan = std::make_shared<const Plan>(store.plan(record.detail));
      state = states_.create_grid(state, record.detail, line.plan, "");
      line.name = groups_.name(states_.grid(state));
      break;
    case RecordKind::planned:  // a post
    case RecordKind::post:
    case RecordKind::await:
    case RecordKind::fault:
    case RecordKind::timeout:
      line.name = store.name(record.detail);
      break;
    default:
      break;
  }
  return line;
}

const HistoryWriter::Body& HistoryWriter::body(RankId rank) {
  const HistoryNode node = histories_.ranks[static_cast<std::size_t>(rank)].node;
  const auto [entry, added] = bodies_.try_emplace(static_cast<std::uint32_t>(node));
  Body& body = entry->second;
  if (!added) return body;
  CreationStates::State state = 0;
  for (const Record* record : histories_.store.records(node))
    body.text += history_line_text(record_line(rank, *record, state, body)) + "\n";
  return body;
}

RanksLine HistoryWriter::ranks_line(RankId rank) const {
  RanksLine line;
  line.ranks = RankSet({rank});
  line.end = histories_.ranks[static_cast<std::size_t>(rank)];
  const bool is_known = line.end.connection < static_cast<std::int32_t>(histories_.connections.size());
  if (!is_known) line.end.connection = -1;
  line.works_in = place_of(line.end.label);
  for (const ThreadEnd& thread : line.end.threads) {
    line.threads.push_back({histories_.store.name(thread.name), thread, false, place_of(thread.label)});
    if (thread.connection >= static_cast<std::int32_t>(histories_.connections.size()))
      line.threads.back().end.connection = -1;
  }
  line.records = histories_.store.length(line.end.node);
  return line;
}

void HistoryWriter::add_history(File& file, const RankSet& ranks) {
  RanksLine line = ranks_line(ranks.first());
  line.ranks = ranks;
  const Body& records = body(ranks.first());
  for (const InstanceId instance : records.groups) note(instance, file.groups);
  file.lines += history_line_text(std::move(line)) + "\n" + records.text;
}

void HistoryWriter::add_connection(File& file, std::int32_t number) {
  const Connection& connection = histories_.connections[static_cast<std::size_t>(number)];
  ConnectionLine line{number, declared(connection.instance, file.groups), RankSet(connection.absent)};
  file.lines += history_line_text(std::move(line)) + "\n";
}

/// What the run says of pairs and groups, in the file of the sender or of the first member; all of it without
/// a rank.
void HistoryWriter::add_pairs(File& file, RankId rank) {
  const auto is_here = [&](InstanceId instance, GroupRank from) {
    return rank == kNoRank || groups_.instance(instance).spec.members[std::max(from, 0)] == rank;
  };
  for (const SilentMismatch& silent : histories_.silent_mismatches) {
    if (!is_here(silent.instance, silent.from)) continue;
    SilentMismatchLine line;
    static_cast<PairLine&>(line) = {declared(silent.instance, file.groups), silent.sequence, silent.from,
                                    silent.to};
    file.lines += history_line_text(std::move(line)) + "\n";
  }
  for (const Unreceived& left : histories_.unreceived) {
    if (!is_here(left.instance, left.from)) continue;
    UnreceivedLine line;
    static_cast<PairLine&>(line) = {declared(left.instance, file.groups), left.first, left.from, left.to};
    file.lines += history_line_text(std::move(line)) + "\n";
  }
}

void HistoryWriter::add_races(File& file, RankId rank) const {
  for (const BufferRace& race : histories_.buffer_races) {
    if (rank == kNoRank || race.rank == rank) file.lines += history_line_text(BufferRaceLine{race}) + "\n";
  }
}

void HistoryWriter::add_complaints(File& file, RankId rank) const {
  for (const Complaint& complaint : complaints_) {
    if (rank != kNoRank && complaint.rank != rank) continue;
    file.lines += history_line_text(ComplaintLine{complaint, place_of(complaint.label)}) + "\n";
  }
}

std::string HistoryWriter::finished(const File& file) {
  HeaderLine header;
  header.world_size = static_cast<RankId>(histories_.ranks.size());
  header.end = end_;
  header.time = histories_.time;
  header.ranks_per_node = histories_.ranks_per_node;
  std::string text = history_line_text(header) + "\n";
  for (const InstanceId id : file.groups) {
    const GroupInstance& instance = groups_.instance(id);
    GroupLine line{aliases_.at(id), instance.spec, instance.creation_index, std::nullopt};
    if (line.creation < 0) line.key = instance.key;
    text += history_line_text(std::move(line)) + "\n";
  }
  return text + file.lines;
}

std::string HistoryWriter::run_text() {
  // Ranks whose histories and ends are alike.
  std::map<std::pair<HistoryNode, std::string>, std::size_t> known;
  std::vector<std::vector<RankId>> classes;
  for (RankId rank = 0; rank < static_cast<RankId>(histories_.ranks.size()); ++rank) {
    RanksLine line = ranks_line(rank);
    const HistoryNode node = line.end.node;
    if (line.end.state == HostState::unknown && node == HistoryNode::empty) continue;
    line.ranks = RankSet();
    const auto [entry, added] = known.try_emplace({node, history_line_text(std::move(line))}, classes.size());
    if (added) classes.emplace_back();
    classes[entry->second].push_back(rank);
  }
  File file;
  for (std::size_t i = 0; i < histories_.connections.size(); ++i)
    add_connection(file, static_cast<std::int32_t>(i));
  for (std::vector<RankId>& ranks : classes) add_history(file, RankSet(std::move(ranks)));
  add_pairs(file, kNoRank);
  add_races(file, kNoRank);
  add_complaints(file, kNoRank);
  return finished(file);
}

std::string HistoryWriter::rank_text(RankId rank) {
  File file;
  const RanksLine line = ranks_line(rank);
  std::set<std::int32_t> connections{line.end.connection};
  for (const ThreadLine& thread : line.threads) connections.insert(thread.end.connection);
  for (const std::int32_t connection : connections) {
    if (connection >= 0) add_connection(file, connection);
  }
  add_history(file, RankSet({rank}));
  add_pairs(file, rank);
  add_races(file, rank);
  add_complaints(file, rank);
  return finished(file);
}

}  // namespace gridlock
