#include "harness/histories/flight_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/base/input_error.h"
#include "harness/histories/flight_groups.h"
#include "harness/histories/flight_operation.h"
#include "harness/histories/pair_order.h"

namespace gridlock {
namespace {

/// What one rank launched as a whole: one operation or a batch.
struct Launch {
  std::vector<const FlightEntry*> entries;
  FlightState state = FlightState::scheduled;
};

/// The communicator of a launch: the group's own, or the one of a pair that sends and receives one by one.
using Communicator = std::tuple<std::string, BackendKind, GroupRank>;

std::int64_t launch_number(const FlightEntry& entry) {
  return entry.is_p2p ? entry.p2p_seq_id : entry.collective_seq_id;
}

bool same_launch(const FlightEntry& a, const FlightEntry& b) {
  return a.group == b.group && a.is_p2p == b.is_p2p && launch_number(a) == launch_number(b);
}

/// A batch is a stretch of entries with one launch number; the state of its end is the state of all, because
/// the recorder follows only that.
std::vector<Launch> launches_of(const FlightDump& dump) {
  std::vector<Launch> launches;
  for (const FlightEntry& entry : dump.entries) {
    const bool is_end = flight_operation(entry.operation).is_batch_end;
    const bool continues = !launches.empty() && same_launch(*launches.back().entries.back(), entry);
    if (is_end) {
      if (continues) launches.back().state = entry.state;
      continue;
    }
    if (continues) {
      // Without its end, a batch was not launched yet.
      launches.back().state = FlightState::scheduled;
    } else {
      launches.push_back({{}, entry.state});
    }
    launches.back().entries.push_back(&entry);
  }
  return launches;
}

Communicator communicator_of(const Launch& launch) {
  const FlightEntry& first = *launch.entries.front();
  const FlightOperation what = flight_operation(first.operation);
  const bool is_pair = first.is_p2p && launch.entries.size() == 1;
  return {first.group, what.backend, is_pair ? what.peer : -1};
}

/// Streams of the launches of one rank. All are on the main stream, as if each waited for those before it,
/// but a communicator of which something later has started or completed while the first open launch had not
/// ended runs on its own.
std::vector<StreamId> streams_of(const std::vector<Launch>& launches) {
  std::vector<StreamId> streams(launches.size(), StreamId::main);
  std::size_t first_open = 0;
  while (first_open < launches.size() && launches[first_open].state == FlightState::completed) ++first_open;
  if (first_open == launches.size()) return streams;
  const Communicator main = communicator_of(launches[first_open]);
  std::map<Communicator, int> own;
  for (std::size_t i = first_open + 1; i < launches.size(); ++i) {
    const Communicator communicator = communicator_of(launches[i]);
    if (communicator != main && launches[i].state != FlightState::scheduled)
      own.try_emplace(communicator, static_cast<int>(own.size()) + 1);
  }
  for (std::size_t i = 0; i < launches.size(); ++i) {
    const auto found = own.find(communicator_of(launches[i]));
    if (found != own.end()) streams[i] = static_cast<StreamId>(found->second);
  }
  return streams;
}

void set_count(Record& record, std::optional<std::int64_t> count) {
  if (count) {
    record.count = *count;
  } else {
    record.unknown |= kUnknownCount;
  }
}

/// Which of the recorded sizes is the count of the operation, as OperationInfo means it.
std::optional<std::int64_t> count_of(const FlightEntry& entry, CallKind kind) {
  switch (kind) {
    case CallKind::all_gather:
    case CallKind::gather:
    case CallKind::reduce:
    case CallKind::send:
      return entry.input_count;
    case CallKind::all_to_all:
    case CallKind::all_to_all_v:
    case CallKind::all_gather_v:
      // The splits are not recorded, and totals may differ between ranks.
      return std::nullopt;
    default:
      return entry.output_count;
  }
}

class FlightRun {
 public:
  explicit FlightRun(const std::vector<FlightDump>& dumps) : dumps_(dumps), groups_(dumps) {
    run_.histories = std::make_shared<Histories>(groups_.world_size());
  }

  RecordedRun take() {
    for (const FlightDump& dump : dumps_) {
      launches_.push_back(launches_of(dump));
      number_collectives(dump, launches_.back());
    }
    place_collectives();
    for (std::size_t i = 0; i < dumps_.size(); ++i) make_records(i);
    PairOrder::number(run_.histories->groups, calls_);
    for (std::size_t i = 0; i < dumps_.size(); ++i) append(i);
    add_notes();
    return std::move(run_);
  }

 private:
  void number_collectives(const FlightDump& dump, const std::vector<Launch>& launches);
  void place_collectives();
  void make_records(std::size_t dump);
  Record record_of(std::size_t dump, const FlightEntry& entry);
  void append(std::size_t dump);
  void add_notes();

  const std::vector<FlightDump>& dumps_;
  FlightGroups groups_;
  RecordedRun run_;
  std::vector<std::vector<Launch>> launches_;
  /// Per group and launch number: most operations that any rank made in it, later the place of the first one.
  std::map<GroupHandle, std::map<std::int64_t, std::int32_t>> places_;
  std::vector<PairOrder::Calls> calls_;
  std::set<std::string> unknown_operations_;
};

void FlightRun::number_collectives(const FlightDump& dump, const std::vector<Launch>& launches) {
  for (const Launch& launch : launches) {
    const FlightEntry& first = *launch.entries.front();
    if (first.is_p2p) continue;
    const auto use = groups_.use(run_.histories->groups, dump.rank, first.group,
                                 flight_operation(first.operation).backend);
    std::int32_t& width = places_[use.handle][launch_number(first)];
    width = std::max(width, static_cast<std::int32_t>(launch.entries.size()));
  }
}

void FlightRun::place_collectives() {
  for (auto& [group, widths] : places_) {
    std::int64_t last_number = 0;
    std::int64_t next = 0;
    for (auto& [number, width] : widths) {
      // Launches that no dump has any more counted one operation each, as far as anybody knows.
      next += std::max<std::int64_t>(number - last_number - 1, 0);
      const std::int64_t first = next;
      next += width;
      width =
          static_cast<std::int32_t>(std::min<std::int64_t>(first, std::numeric_limits<std::int32_t>::max()));
      last_number = number;
    }
  }
}

Record FlightRun::record_of(std::size_t index, const FlightEntry& entry) {
  const FlightDump& dump = dumps_[index];
  const FlightOperation what = flight_operation(entry.operation);
  Record record;
  record.call = what.kind.value_or(CallKind::barrier);
  record.unknown = kUnknownStream;
  if (!what.kind) {
    record.unknown |= kUnknownKind;
    unknown_operations_.insert(entry.operation);
  }
  const OperationInfo& info = operation(record.call);
  if (info.reduces) record.unknown |= kUnknownOp;
  if (info.has_root || info.is_p2p) record.unknown |= kUnknownPeer;
  if (info.count != CountMeaning::nothing) {
    set_count(record, count_of(entry, record.call));
    const std::optional<DType> dtype = flight_dtype(entry.dtype);
    record.dtype = dtype.value_or(record.dtype);
    if (!dtype) record.unknown |= kUnknownDType;
  }
  const auto use = groups_.use(run_.histories->groups, dump.rank, entry.group, what.backend);
  record.group = use.handle;
  if (use.handle == GroupHandle::none) record.unknown |= kUnknownGroup;
  if (info.is_p2p && use.ranks != nullptr && what.peer >= 0 &&
      static_cast<std::size_t>(what.peer) < use.ranks->size()) {
    // The dump counts members in the order in which the group was given, the history in the order of ranks.
    record.unknown &= static_cast<std::uint16_t>(~kUnknownPeer);
    const InstanceId instance = run_.histories->groups.resolve(use.handle, dump.rank);
    record.peer = run_.histories->groups.instance(instance).spec.members.index_of(
        (*use.ranks)[static_cast<std::size_t>(what.peer)]);
  }
  record.label.site = entry.site.place.empty() ? SiteId::none : run_.histories->sites.intern(entry.site);
  return record;
}

void FlightRun::make_records(std::size_t index) {
  const std::vector<Launch>& launches = launches_[index];
  const std::vector<StreamId> streams = streams_of(launches);
  PairOrder::Calls& calls = calls_.emplace_back();
  calls.rank = dumps_[index].rank;
  calls.starts_late = dumps_[index].starts_late;
  RankEnd& end = run_.histories->ranks[static_cast<std::size_t>(dumps_[index].rank)];
  end.starts_late = dumps_[index].starts_late;
  std::set<StreamId> open;
  for (std::size_t i = 0; i < launches.size(); ++i) {
    const bool is_done = launches[i].state == FlightState::completed;
    if (!is_done && open.insert(streams[i]).second) end.open.push_back({streams[i], static_cast<Ticket>(i)});
    std::int32_t place = 0;
    for (const FlightEntry* entry : launches[i].entries) {
      Record record = record_of(index, *entry);
      record.stream = streams[i];
      record.ticket = static_cast<std::int64_t>(i);
      if (!operation(record.call).is_p2p)
        record.sequence = places_[record.group][launch_number(*entry)] + place++;
      calls.records.push_back(record);
      calls.is_completed.push_back(is_done);
    }
  }
}

void FlightRun::append(std::size_t index) {
  HistoryStore& store = run_.histories->store;
  RankEnd& end = run_.histories->ranks[static_cast<std::size_t>(dumps_[index].rank)];
  for (const Record& record : calls_[index].records) end.node = store.append(end.node, record);
  end.state = HostState::unseen;
  if (end.open.empty()) return;
  // Whoever has work open for as long as it takes to make a dump waits for it, sooner or later.
  Record wait;
  wait.kind = RecordKind::synchronize;
  wait.stream = end.open.front().stream;
  end.node = store.append(end.node, wait);
  end.state = HostState::waiting;
  run_.end = RunEnd::quiescent;
}

void FlightRun::add_notes() {
  const bool is_empty =
      std::all_of(calls_.begin(), calls_.end(), [](const auto& calls) { return calls.records.empty(); });
  if (is_empty) {
    // Somebody took dumps of ranks that have done nothing yet.
    run_.end = RunEnd::quiescent;
    run_.notes.push_back(
        "no dump shows a call: all ranks stand before their first one. The recorder sees nothing of what "
        "they do "
        "there, such as the creation of groups, in which a job hangs when its ranks make different ones: "
        "compare "
        "their new_group calls (gridlock plan lists those of a grid)");
  }
  std::vector<RankId> late;
  for (const FlightDump& dump : dumps_) {
    if (dump.starts_late) late.push_back(dump.rank);
  }
  if (!late.empty()) {
    run_.notes.push_back(
        fmt::format("the dumps of ranks {} begin in the middle; what was before is taken to be complete",
                    RankSet(late).to_string()));
  }
  if (!unknown_operations_.empty()) {
    run_.notes.push_back(
        fmt::format("operations that are not known here: {}", fmt::join(unknown_operations_, ", ")));
  }
}

}  // namespace

RecordedRun run_of_flight_dumps(const std::vector<FlightDump>& dumps) {
  std::map<RankId, const FlightDump*> by_rank;
  for (const FlightDump& dump : dumps) {
    const auto [entry, added] = by_rank.try_emplace(dump.rank, &dump);
    if (!added) {
      throw InputError(dump.file, fmt::format("a second dump of rank {}; the first is {}", dump.rank,
                                              entry->second->file));
    }
  }
  return FlightRun(dumps).take();
}

}  // namespace gridlock
