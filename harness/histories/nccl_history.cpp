#include "harness/histories/nccl_history.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "core/base/input_error.h"
#include "core/base/rank_set.h"

namespace gridlock {
namespace {

/// A communicator as all processes of the job know it.
struct Shared {
  RankId size = 0;
  /// Index = rank in the communicator; kNoRank where no log is of it.
  std::vector<RankId> ranks;
  /// Ranks of the world that came to it, and those of them that did not end making it.
  std::set<RankId> came;
  std::vector<RankId> begun;
  GroupHandle group = GroupHandle::none;
};

/// Calls that pair up: collectives of a communicator, or messages of an ordered pair of it.
using Order = std::tuple<std::string, RankId, RankId>;

class NcclRun {
 public:
  explicit NcclRun(std::vector<NcclProcess> processes) : processes_(std::move(processes)) {
    name_ranks();
    share_communicators();
  }

  RecordedRun take() {
    run_.histories = std::make_shared<Histories>(world_size_);
    run_.shows_completion = false;
    add_groups();
    for (const NcclProcess& process : processes_) make_records(process);
    find_completed();
    for (std::size_t i = 0; i < processes_.size(); ++i) append(processes_[i].rank, calls_[i]);
    run_.notes = notes();
    run_.notes.emplace_back(
        "an NCCL log does not say which calls completed and where batches are: a call is taken to be "
        "complete "
        "when all of its partners made one that fits it, so the verdict is likely at best; a flight recorder "
        "dump says more");
    return std::move(run_);
  }

  std::vector<std::string> notes() const;

 private:
  struct Call {
    Record record;
    Order order;
    bool is_open = true;
  };

  void name_ranks();
  void share_communicators();
  void add_groups();
  void make_records(const NcclProcess& process);
  Record record_of(const NcclProcess& process, const NcclCall& call) const;
  void find_completed();
  bool hold_back_streams();
  void append(RankId rank, std::vector<Call>& calls);

  std::vector<NcclProcess> processes_;
  RankId world_size_ = 1;
  std::map<std::string, Shared> communicators_;
  /// Their ids in the order in which the first process that has them made them.
  std::vector<std::string> ids_;
  RecordedRun run_;
  /// Index = process.
  std::vector<std::vector<Call>> calls_;
};

void NcclRun::name_ranks() {
  std::set<RankId> known;
  RankId largest = 0;
  std::set<std::string> of_largest;
  for (const NcclProcess& process : processes_) {
    for (const NcclCommunicator& one : process.communicators) {
      if (one.size > largest) of_largest.clear();
      largest = std::max(largest, one.size);
      if (one.size == largest) of_largest.insert(one.id);
    }
  }
  world_size_ = std::max(world_size_, largest);
  for (NcclProcess& process : processes_) {
    if (process.rank == kNoRank && of_largest.size() == 1) {
      for (const NcclCommunicator& one : process.communicators) {
        if (of_largest.contains(one.id)) process.rank = one.rank;
      }
    }
    if (process.rank == kNoRank) {
      throw InputError(process.file, fmt::format("nothing tells which rank process {} is", process.name),
                       "write one log per process (NCCL_DEBUG_FILE) and name the files ...rank_0, ...rank_1");
    }
    if (!known.insert(process.rank).second)
      throw InputError(process.file, fmt::format("a second NCCL log of rank {}", process.rank));
    world_size_ = std::max(world_size_, process.rank + 1);
  }
}

void NcclRun::share_communicators() {
  for (const NcclProcess& process : processes_) {
    for (const NcclCommunicator& one : process.communicators) {
      const auto [entry, added] = communicators_.try_emplace(one.id);
      Shared& shared = entry->second;
      if (added) {
        ids_.push_back(one.id);
        shared.size = one.size;
        shared.ranks.assign(static_cast<std::size_t>(one.size), kNoRank);
      }
      if (one.size != shared.size) continue;
      shared.ranks[static_cast<std::size_t>(one.rank)] = process.rank;
      shared.came.insert(process.rank);
      if (!one.is_made) shared.begun.push_back(process.rank);
    }
  }
  // A communicator of the whole world has its ranks in order.
  for (auto& [id, shared] : communicators_) {
    if (shared.size != world_size_) continue;
    bool is_in_order = true;
    for (RankId rank = 0; rank < shared.size; ++rank) {
      const RankId known = shared.ranks[static_cast<std::size_t>(rank)];
      is_in_order = is_in_order && (known == kNoRank || known == rank);
    }
    for (RankId rank = 0; is_in_order && rank < shared.size; ++rank)
      shared.ranks[static_cast<std::size_t>(rank)] = rank;
  }
}

void NcclRun::add_groups() {
  std::int64_t number = 0;
  for (const std::string& id : ids_) {
    Shared& shared = communicators_.at(id);
    const std::set<RankId> distinct(shared.ranks.begin(), shared.ranks.end());
    if (distinct.contains(kNoRank) || distinct.size() != shared.ranks.size()) continue;
    GroupSpec spec;
    spec.members = Members::ordered(shared.ranks);
    spec.name = fmt::format("communicator {} of {}", ++number, RankSet(shared.ranks).to_string());
    shared.group = run_.histories->groups.add(number, spec);
  }
}

Record NcclRun::record_of(const NcclProcess& process, const NcclCall& call) const {
  const NcclCommunicator& communicator = process.communicators[call.communicator];
  const OperationInfo& what = operation(call.kind);
  Record record;
  record.call = call.kind;
  record.count = call.count;
  record.group = communicators_.at(communicator.id).group;
  if (record.group == GroupHandle::none) record.unknown |= kUnknownGroup;
  if (call.dtype) record.dtype = *call.dtype;
  if (!call.dtype) record.unknown |= kUnknownDType;
  if (what.reduces && call.op) record.op = *call.op;
  if (what.reduces && !call.op) record.unknown |= kUnknownOp;
  if (!what.is_p2p && !what.has_root) return record;
  record.peer = call.root;
  if (call.root == kNoRank) record.unknown |= kUnknownPeer;
  return record;
}

void NcclRun::make_records(const NcclProcess& process) {
  std::vector<Call>& calls = calls_.emplace_back();
  std::map<Order, std::int32_t> numbers;
  std::map<std::string, int> streams;
  for (const NcclCall& call : process.calls) {
    const NcclCommunicator& communicator = process.communicators[call.communicator];
    Call made{record_of(process, call), {communicator.id, kNoRank, kNoRank}};
    if (call.kind == CallKind::send) made.order = {communicator.id, communicator.rank, call.root};
    if (call.kind == CallKind::recv) made.order = {communicator.id, call.root, communicator.rank};
    // A rank's sends to itself and their receives are two orders.
    auto key = made.order;
    if (call.kind == CallKind::recv) std::get<0>(key) += " recv";
    made.record.sequence = numbers[key]++;
    made.record.ticket = static_cast<std::int64_t>(calls.size());
    made.record.stream = static_cast<StreamId>(
        streams.try_emplace(call.stream, static_cast<int>(streams.size())).first->second);
    calls.push_back(std::move(made));
  }
}

/// Whether two calls that meet would complete: sends and receives of one size, collectives that are alike.
bool fits(const Record& a, const Record& b) {
  const bool is_message = operation(a.call).is_p2p && operation(b.call).is_p2p;
  if (is_message) return a.call != b.call && a.count == b.count && a.dtype == b.dtype;
  return a.call == b.call && a.count == b.count && a.dtype == b.dtype && a.op == b.op && a.peer == b.peer;
}

void NcclRun::find_completed() {
  std::map<std::pair<Order, std::int32_t>, std::vector<Call*>> met;
  for (std::vector<Call>& calls : calls_) {
    for (Call& call : calls) met[{call.order, call.record.sequence}].push_back(&call);
  }
  for (auto& [place, calls] : met) {
    const bool is_message = operation(calls.front()->record.call).is_p2p;
    const auto wanted = is_message
                            ? std::size_t{2}
                            : static_cast<std::size_t>(communicators_.at(std::get<0>(place.first)).size);
    const bool is_complete = calls.size() == wanted && std::all_of(calls.begin() + 1, calls.end(),
                                                                   [first = calls.front()](const Call* call) {
                                                                     return fits(first->record, call->record);
                                                                   });
    for (Call* call : calls) call->is_open = !is_complete;
  }
  // What is behind an open call on its stream has not begun, and neither have those that it would meet.
  while (hold_back_streams()) {
    for (auto& [place, calls] : met) {
      const bool is_held =
          std::any_of(calls.begin(), calls.end(), [](const Call* call) { return call->is_open; });
      for (Call* call : calls) call->is_open = is_held;
    }
  }
}

/// Opens what is behind an open call on its stream. False when nothing was to be done.
bool NcclRun::hold_back_streams() {
  bool has_changed = false;
  for (std::vector<Call>& calls : calls_) {
    std::set<StreamId> held;
    for (Call& call : calls) {
      if (call.is_open) held.insert(call.record.stream);
      const bool is_behind = !call.is_open && held.contains(call.record.stream);
      has_changed = has_changed || is_behind;
      call.is_open = call.is_open || is_behind;
    }
  }
  return has_changed;
}

void NcclRun::append(RankId rank, std::vector<Call>& calls) {
  RankEnd& end = run_.histories->ranks[static_cast<std::size_t>(rank)];
  std::set<StreamId> open;
  for (const Call& call : calls) {
    end.node = run_.histories->store.append(end.node, call.record);
    // Calls on a communicator whose members are not all known say nothing of what they wait for.
    const bool is_known = call.record.group != GroupHandle::none;
    if (call.is_open && is_known && open.insert(call.record.stream).second)
      end.open.push_back({call.record.stream, static_cast<Ticket>(call.record.ticket)});
  }
  end.state = HostState::unseen;
  if (end.open.empty()) return;
  Record wait;
  wait.kind = RecordKind::synchronize;
  wait.stream = end.open.front().stream;
  end.node = run_.histories->store.append(end.node, wait);
  end.state = HostState::waiting;
  run_.end = RunEnd::quiescent;
}

std::vector<std::string> NcclRun::notes() const {
  std::set<std::string> versions;
  std::vector<RankId> ranks;
  std::size_t call_count = 0;
  std::int64_t unread = 0;
  for (const NcclProcess& process : processes_) {
    ranks.push_back(process.rank);
    if (!process.version.empty()) versions.insert(process.version);
    call_count += process.calls.size();
    unread += process.unread_calls;
  }
  std::vector<std::string> notes{
      fmt::format("NCCL logs of ranks {}: version {}, {} communicators, {} calls", RankSet(ranks).to_string(),
                  versions.empty() ? "unknown" : fmt::format("{}", fmt::join(versions, " and ")), ids_.size(),
                  call_count)};
  if (versions.size() > 1)
    notes.emplace_back("the ranks use different versions of NCCL, which do not work together");
  if (unread > 0)
    notes.push_back(
        fmt::format("{} calls in the NCCL logs are on communicators that are not in them", unread));
  for (const std::string& id : ids_) {
    const Shared& shared = communicators_.at(id);
    if (shared.begun.empty()) continue;
    std::vector<RankId> absent;
    for (const RankId rank : ranks) {
      if (!shared.came.contains(rank)) absent.push_back(rank);
    }
    notes.push_back(fmt::format(
        "ranks {} began to make a communicator of {} ranks and had not ended when the log was taken{}",
        RankSet(shared.begun).to_string(), shared.size,
        absent.empty() ? "" : fmt::format("; ranks {} had not come to it", RankSet(absent).to_string())));
  }
  return notes;
}

}  // namespace

RecordedRun run_of_nccl_logs(std::vector<NcclProcess> processes) {
  return NcclRun(std::move(processes)).take();
}

std::vector<std::string> notes_of_nccl_logs(std::vector<NcclProcess> processes) {
  return NcclRun(std::move(processes)).notes();
}

}  // namespace gridlock
