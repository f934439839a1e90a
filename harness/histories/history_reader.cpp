#include "harness/histories/history_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"

namespace gridlock {
namespace {

constexpr std::size_t kLineCountMax = std::size_t{1} << 31;

bool has_ended(const RankEnd& end) {
  return end.state == HostState::returned || end.state == HostState::exited ||
         end.state == HostState::crashed || end.state == HostState::unknown;
}

}  // namespace

void HistoryReader::fail(const Place& place, std::string message, std::string hint) {
  throw InputError(fmt::format("{}:{}", place.file, place.line), std::move(message), std::move(hint));
}

void HistoryReader::read(std::string_view text, const std::string& file) {
  has_header_ = false;
  declared_.clear();
  Place place{file, 0};
  while (!text.empty()) {
    ++place.line;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.size() > kLineMax) fail(place, fmt::format("a line of {} bytes is too long", line.size()));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    take_line(understand(line, place), place);
  }
  finish_history(place);
  if (!has_header_) fail({file, 1}, "this file is empty");
}

std::size_t HistoryReader::understand(std::string_view text, const Place& place) {
  const auto [entry, added] = line_ids_.try_emplace(std::string(text), lines_.size());
  if (!added) return entry->second;
  GRIDLOCK_CHECK(lines_.size() < kLineCountMax);
  const RankId world = run_.histories ? run_.histories->groups.world_size() : 0;
  const auto read_it = [&](std::string_view json) {
    const JsonNode node = parse_json(json, place.file);
    lines_.push_back(read_history_line(JsonCursor(node), world));
  };
  try {
    read_it(text);
  } catch (const InputError&) {
    // Once more, with the line where it stands in the file, for an error that names it.
    line_ids_.erase(entry);
    read_it(std::string(static_cast<std::size_t>(place.line - 1), '\n') + std::string(text));
    throw;
  }
  return lines_.size() - 1;
}

void HistoryReader::take_line(std::size_t id, const Place& place) {
  const HistoryLine& line = lines_[id];
  if (const auto* header = std::get_if<HeaderLine>(&line)) return take_header(*header, place);
  if (!has_header_) {
    fail(place, "expected the first line of a history file",
         R"(it looks like {"gridlock_history": 1, "world_size": 8})");
  }
  if (std::holds_alternative<RecordLine>(line)) return append(id, place);
  finish_history(place);
  if (const auto* ranks = std::get_if<RanksLine>(&line)) return begin(*ranks, place);
  if (const auto* group = std::get_if<GroupLine>(&line)) return declare(*group, place);
  if (const auto* connection = std::get_if<ConnectionLine>(&line)) return connect(*connection, place);
  if (const auto* pair = std::get_if<SilentMismatchLine>(&line)) return take_pair(*pair, true, place);
  if (const auto* pair = std::get_if<UnreceivedLine>(&line)) return take_pair(*pair, false, place);
  if (const auto* race = std::get_if<BufferRaceLine>(&line)) return take_race(race->race, place);
  take_complaint(std::get<ComplaintLine>(line));
}

void HistoryReader::take_race(const BufferRace& race, const Place& place) {
  const HistoryStore& store = run_.histories->store;
  for (const TicketCall& call : {race.first, race.second}) {
    std::int32_t calls = 0;
    HistoryNode at = run_.histories->ranks[static_cast<std::size_t>(race.rank)].node;
    for (; at != HistoryNode::empty; at = store.past(at)) {
      const Record& record = store.record(at);
      if (record.kind != RecordKind::call || record.rejected) continue;
      if (record.ticket < static_cast<std::int64_t>(call.ticket)) break;
      if (record.ticket == static_cast<std::int64_t>(call.ticket)) ++calls;
    }
    if (call.index < calls) continue;
    fail(place, fmt::format("before this line, rank {} has no call {} of ticket {}", race.rank, call.index,
                            static_cast<std::int64_t>(call.ticket)));
  }
  run_.histories->buffer_races.push_back(race);
}

void HistoryReader::declare(const GroupLine& line, const Place& place) {
  GroupTable& groups = run_.histories->groups;
  const GroupHandle group =
      line.key ? groups.add_keyed(*line.key, line.spec) : groups.add(line.creation, line.spec);
  const bool added = declared_.try_emplace(line.alias, group).second;
  if (!added) fail(place, fmt::format("the group '{}' was declared before", line.alias));
}

InstanceId HistoryReader::declared(const std::string& group, const Place& place) const {
  if (group == "world") return InstanceId::world;
  const auto found = declared_.find(group);
  if (found == declared_.end()) {
    fail(place, fmt::format("the group '{}' was not declared", group),
         "a line before this one says who its members are");
  }
  return run_.histories->groups.resolve_any(found->second);
}

void HistoryReader::connect(const ConnectionLine& line, const Place& place) {
  std::vector<Connection>& list = run_.histories->connections;
  Connection connection{declared(line.group, place), line.absent.to_vector()};
  const auto [entry, added] = connections_.try_emplace(line.number, static_cast<std::int32_t>(list.size()));
  if (added) {
    list.push_back(std::move(connection));
    return;
  }
  const Connection& known = list[static_cast<std::size_t>(entry->second)];
  if (known.instance != connection.instance || known.absent != connection.absent)
    fail(place, fmt::format("connection {} was another one before", line.number));
}

void HistoryReader::take_pair(const PairLine& line, bool is_silent, const Place& place) {
  const InstanceId instance = declared(line.group, place);
  const RankId size = run_.histories->groups.instance(instance).spec.members.size();
  const bool is_collective = is_silent && line.from < 0 && line.to < 0;
  const bool is_pair = line.from >= 0 && line.from < size && line.to >= 0 && line.to < size;
  if (!is_collective && !is_pair) {
    fail(place, fmt::format("from and to are group ranks of '{}': 0 to {}", line.group, size - 1));
  }
  if (is_silent) {
    run_.histories->silent_mismatches.push_back({instance, line.sequence, line.from, line.to});
  } else {
    run_.histories->unreceived.push_back({instance, line.from, line.to, line.sequence});
  }
}

void HistoryReader::take_complaint(const ComplaintLine& line) {
  run_.complaints.push_back(line.complaint);
  run_.complaints.back().label = label_of(line.place);
}

Label HistoryReader::label_of(const LinePlace& line) {
  Label label = line.label;
  if (line.site) label.site = run_.histories->sites.intern(*line.site);
  return label;
}

void HistoryReader::take_header(const HeaderLine& line, const Place& place) {
  if (has_header_) fail(place, "a second first line: a file holds one run");
  has_header_ = true;
  if (!run_.histories) {
    run_.histories = std::make_shared<Histories>(line.world_size);
    states_ = std::make_unique<CreationStates>(run_.histories->groups);
    is_read_.resize(static_cast<std::size_t>(line.world_size));
  }
  if (run_.histories->groups.world_size() != line.world_size) {
    fail(place, fmt::format("a world of {} ranks, but another file of the run says {}", line.world_size,
                            run_.histories->groups.world_size()));
  }
  run_.histories->time = std::max(run_.histories->time, line.time);
  run_.histories->ranks_per_node = std::max(run_.histories->ranks_per_node, line.ranks_per_node);
  if (!line.end) return;
  if (has_end_ && run_.end != *line.end) fail(place, "the files disagree on how the run ended");
  has_end_ = true;
  run_.end = *line.end;
}

std::int32_t HistoryReader::connection_of(std::int32_t number, const Place& place) const {
  if (number < 0) return number;
  const auto known = connections_.find(number);
  if (known == connections_.end()) fail(place, fmt::format("connection {} was not declared", number));
  return known->second;
}

void HistoryReader::begin(const RanksLine& line, const Place& place) {
  RankEnd end = line.end;
  end.label = label_of(line.works_in);
  end.connection = connection_of(end.connection, place);
  for (const ThreadLine& thread : line.threads) {
    ThreadEnd& made = end.threads.emplace_back(thread.end);
    made.name = run_.histories->store.add_name(thread.name);
    made.label = label_of(thread.works_in);
    made.connection = connection_of(made.connection, place);
  }
  for (const RankId rank : line.ranks.to_vector()) {
    std::vector<bool>::reference is_read = is_read_[static_cast<std::size_t>(rank)];
    if (is_read) fail(place, fmt::format("rank {} has its history in two places", rank));
    is_read = true;
    run_.histories->ranks[static_cast<std::size_t>(rank)] = end;
  }
  current_ = {line.ranks, HistoryNode::empty, 0, line.records};
}

void HistoryReader::append(std::size_t line, const Place& place) {
  if (current_.left == 0) {
    fail(place, current_.ranks.empty() ? "a record before the line that says whose it is"
                                       : fmt::format("one record more than the history of ranks {} announces",
                                                     current_.ranks.to_string()));
  }
  --current_.left;
  const std::uint64_t key = std::uint64_t{line} << 32 | current_.state;
  auto known = resolved_.find(key);
  if (known == resolved_.end() || !declared_.empty()) {
    // What a declared group means depends on the file.
    const Resolved made = resolve(std::get<RecordLine>(lines_[line]), current_.state, place);
    known = resolved_.insert_or_assign(key, made).first;
  }
  current_.node = run_.histories->store.append(current_.node, known->second.record);
  current_.state = known->second.next;
}

HistoryReader::Resolved HistoryReader::resolve(const RecordLine& line, CreationStates::State state,
                                               const Place& place) {
  Resolved result{line.record, state};
  Record& record = result.record;
  record.label = label_of(line.place);
  record.detail = detail_of(line);
  record.notes = run_.histories->store.add_notes(line.notes);
  if (!line.thread.empty()) record.thread = run_.histories->store.add_name(line.thread);
  if (record.kind == RecordKind::new_group && !record.rejected) {
    result.next = states_->new_group(state, record.detail, *line.spec);
  } else if (record.kind == RecordKind::create_grid) {
    result.next = states_->create_grid(state, record.detail, line.plan, line.name.value_or(""));
  }
  if (line.group.empty()) return result;
  record.group = states_->find(state, line.group);
  const auto declared = declared_.find(line.group);
  if (record.group == GroupHandle::none && declared != declared_.end()) record.group = declared->second;
  if (record.group == GroupHandle::none) {
    fail(place, fmt::format("there is no group '{}' here", line.group),
         "a group is made by an earlier new_group or create_grid of the rank, or declared in the file");
  }
  return result;
}

std::int32_t HistoryReader::detail_of(const RecordLine& line) {
  HistoryStore& store = run_.histories->store;
  switch (line.record.kind) {
    case RecordKind::call:
      return line.counts.empty() ? -1 : store.add_counts(line.counts);
    case RecordKind::create_grid:
      return store.add_plan(line.plan);
    case RecordKind::new_group:
    case RecordKind::split:
    case RecordKind::shrink:
      return line.spec ? store.add_spec(*line.spec) : -1;
    case RecordKind::planned:  // a post
    case RecordKind::post:
    case RecordKind::await:
    case RecordKind::fault:
    case RecordKind::timeout:
      return line.name ? store.add_name(*line.name) : -1;
    default:
      return -1;
  }
}

void HistoryReader::finish_history(const Place& place) {
  if (current_.left > 0) {
    fail(place, fmt::format("the history of ranks {} ends {} records too early: the file is cut",
                            current_.ranks.to_string(), current_.left));
  }
  for (const RankId rank : current_.ranks.to_vector())
    run_.histories->ranks[static_cast<std::size_t>(rank)].node = current_.node;
  current_ = {};
}

RecordedRun HistoryReader::take() {
  GRIDLOCK_CHECK(run_.histories != nullptr);
  const std::vector<RankEnd>& ranks = run_.histories->ranks;
  const bool all_ended = std::all_of(ranks.begin(), ranks.end(), has_ended);
  if (!has_end_) run_.end = all_ended ? RunEnd::returned : RunEnd::quiescent;
  return std::move(run_);
}

}  // namespace gridlock
