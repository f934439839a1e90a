#include "launch/merge.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <utility>

#include "core/grid/group_registry.h"
#include "launch/plan_wire.h"

namespace gridlock {
namespace {

/// Replays one rank's log into the run's tables. The rank's own numbering of handles and sites is found by
/// doing to a table of its own what the rank did to its.
class RankReplay {
 public:
  RankReplay(MergedRun& run, std::size_t first_sites)
      : run_(run), into_(*run.histories), local_(into_.groups.world_size()) {
    for (std::size_t i = 0; i < first_sites; ++i) sites_.push_back(static_cast<SiteId>(i));
    handles_[GroupHandle::world] = GroupHandle::world;
  }

  void replay(const SharedLog& log);
  std::vector<OpenWork> open_work() const;
  HistoryNode node() const { return node_; }

 private:
  void take(LogEntry kind, std::span<const std::byte> payload);
  void take_record(Record record);
  std::int32_t detail_of(const Record& record);
  void make_group(const Record& record);
  void make_grid(const Record& record);

  MergedRun& run_;
  Histories& into_;
  GroupTable local_;
  GroupRegistry registry_;
  HistoryNode node_ = HistoryNode::empty;
  std::map<GroupHandle, GroupHandle> handles_;
  std::vector<SiteId> sites_;
  std::vector<std::vector<std::int64_t>> counts_;
  std::vector<GroupSpec> specs_;
  std::vector<std::shared_ptr<const Plan>> plans_;
  /// One for each plan.
  std::vector<std::string> grid_names_;
  std::vector<std::string> names_;
  std::vector<CallNotes> notes_;
  /// Per stream: tickets in order, and how far it got.
  std::map<StreamId, std::vector<std::int64_t>> tickets_;
  std::map<StreamId, std::int64_t> done_;
};

void RankReplay::replay(const SharedLog& log) {
  std::span<const std::byte> rest = log.entries();
  while (!rest.empty()) {
    LogEntryHead head{};
    std::memcpy(&head, rest.data(), sizeof(head));
    take(head.kind, rest.subspan(sizeof(head), head.bytes));
    rest = rest.subspan(sizeof(head) + ((head.bytes + 7U) & ~std::size_t{7}));
  }
}

void RankReplay::take(LogEntry kind, std::span<const std::byte> payload) {
  Decoder in(payload);
  switch (kind) {
    case LogEntry::record:
      return take_record(in.read<Record>());
    case LogEntry::counts: {
      std::vector<std::int64_t>& counts = counts_.emplace_back(payload.size() / sizeof(std::int64_t));
      std::memcpy(counts.data(), payload.data(), payload.size());
      return;
    }
    case LogEntry::spec:
      specs_.push_back(decode_group_spec(in));
      return;
    case LogEntry::plan:
      grid_names_.push_back(in.read<std::string>());
      plans_.push_back(decode_plan(in, into_.groups.world_size()));
      return;
    case LogEntry::name:
      names_.emplace_back(reinterpret_cast<const char*>(payload.data()), payload.size());
      return;
    case LogEntry::notes:
      notes_.push_back(decode_call_notes(in));
      return;
    case LogEntry::site: {
      Site site;
      for_each_text(site, [&](std::string& text) { in(text); });
      sites_.push_back(into_.sites.intern(site));
      return;
    }
    case LogEntry::complaint: {
      Complaint& complaint = run_.complaints.emplace_back();
      in(complaint.kind);
      in(complaint.rank);
      in(complaint.label);
      in(complaint.text);
      complaint.label.site = sites_.at(static_cast<std::size_t>(complaint.label.site));
      return;
    }
    case LogEntry::ticket_done: {
      const auto stream = static_cast<StreamId>(in.read<std::int64_t>());
      done_[stream] = in.read<std::int64_t>();
      return;
    }
  }
}

void RankReplay::take_record(Record record) {
  record.label.site = sites_.at(static_cast<std::size_t>(record.label.site));
  if (record.kind == RecordKind::new_group && !record.rejected) make_group(record);
  if (record.kind == RecordKind::create_grid) make_grid(record);
  if (record.kind == RecordKind::call && !record.rejected) tickets_[record.stream].push_back(record.ticket);
  record.detail = detail_of(record);
  if (record.notes >= 0)
    record.notes = into_.store.add_notes(notes_.at(static_cast<std::size_t>(record.notes)));
  // A handle that the rank made up resolves to no group here either.
  if (const auto known = handles_.find(record.group); known != handles_.end()) record.group = known->second;
  node_ = into_.store.append(node_, record);
}

void RankReplay::make_group(const Record& record) {
  const GroupSpec& spec = specs_.at(static_cast<std::size_t>(record.detail));
  const std::int64_t creation = registry_.new_group();
  handles_[local_.add(creation, spec)] = into_.groups.add(creation, spec);
}

void RankReplay::make_grid(const Record& record) {
  const auto& plan = plans_.at(static_cast<std::size_t>(record.detail));
  const std::string& name = grid_names_.at(static_cast<std::size_t>(record.detail));
  const std::vector<std::int64_t> creation_of_request = registry_.resolve(*plan);
  const GridHandle here = local_.add_grid(plan, creation_of_request, name);
  const GridHandle there = into_.groups.add_grid(plan, creation_of_request, name);
  for (const PlanFamily& family : plan->families()) {
    handles_[local_.family(here, family.name)] = into_.groups.family(there, family.name);
  }
}

std::int32_t RankReplay::detail_of(const Record& record) {
  if (record.detail < 0) return record.detail;
  const auto place = static_cast<std::size_t>(record.detail);
  switch (record.kind) {
    case RecordKind::call:
      return into_.store.add_counts(counts_.at(place));
    case RecordKind::new_group:
      return into_.store.add_spec(specs_.at(place));
    case RecordKind::create_grid:
      return into_.store.add_plan(plans_.at(place));
    default:
      return into_.store.add_name(names_.at(place));
  }
}

std::vector<OpenWork> RankReplay::open_work() const {
  std::vector<OpenWork> open;
  for (const auto& [stream, tickets] : tickets_) {
    const auto reached = done_.find(stream);
    const std::int64_t last_done = reached == done_.end() ? -1 : reached->second;
    const auto first = std::upper_bound(tickets.begin(), tickets.end(), last_done);
    if (first != tickets.end()) open.push_back({stream, static_cast<Ticket>(*first)});
  }
  return open;
}

}  // namespace

MergedRun merge_logs(std::span<const std::unique_ptr<SharedLog>> logs, std::span<const FinalState> states,
                     SiteTable sites) {
  MergedRun run;
  run.histories = std::make_shared<Histories>(static_cast<RankId>(logs.size()));
  const std::size_t first_sites = sites.size();
  run.histories->sites = std::move(sites);
  for (std::size_t rank = 0; rank < logs.size(); ++rank) {
    RankEnd& end = run.histories->ranks[rank];
    end.state = states[rank].host;
    end.is_suspended = states[rank].is_suspended;
    if (logs[rank] == nullptr) continue;
    RankReplay replay(run, first_sites);
    replay.replay(*logs[rank]);
    end.node = replay.node();
    end.open = replay.open_work();
    end.results = logs[rank]->results();
  }
  return run;
}

}  // namespace gridlock
