#include "launch/rank_ledger.h"

#include <utility>

#include "launch/plan_wire.h"

namespace gridlock {
namespace {

template <typename T>
std::string_view bytes_of(const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

}  // namespace

RankLedger::RankLedger(RankId rank, RankId world_size, SiteTable sites, SharedLog& log)
    : rank_(rank), groups_(world_size), sites_(std::move(sites)), log_(log) {}

SiteId RankLedger::site(const Site& site) {
  const std::size_t known = sites_.size();
  const SiteId id = sites_.intern(site);
  if (sites_.size() > known) {
    Encoder out;
    for (const std::string* text : {&site.text, &site.inner_loop, &site.outer_loop, &site.place}) out(*text);
    // A full log ends the run at the next record.
    static_cast<void>(log_.append(LogEntry::site, out.bytes()));
  }
  return id;
}

bool RankLedger::append(const Record& record) { return log_.append(LogEntry::record, bytes_of(record)); }

Record RankLedger::record_of(const Call& call) const {
  Record record;
  record.kind = RecordKind::call;
  record.call = call.kind;
  record.dtype = call.dtype;
  record.op = call.op;
  record.group = call.group;
  record.stream = call.stream;
  record.peer = call.peer;
  record.count = call.count;
  record.scalar = call.scalar;
  record.label = call.label;
  return record;
}

std::int32_t RankLedger::next_sequence(InstanceId group, const Call& call) {
  const bool is_p2p = operation(call.kind).is_p2p;
  const int order = !is_p2p ? 0 : call.kind == CallKind::send ? 1 : 2;
  return sequences_[{group, order, is_p2p ? call.peer : kNoRank}]++;
}

bool RankLedger::record_submit(std::span<const Call> calls, Ticket ticket, std::vector<CallPlace>& places) {
  for (const Call& call : calls) {
    CallPlace place;
    place.group = groups_.resolve(call.group, rank_);
    place.rank = groups_.instance(place.group).spec.members.index_of(rank_);
    place.sequence = next_sequence(place.group, call);
    places.push_back(place);
    Record record = record_of(call);
    record.sequence = place.sequence;
    record.ticket = static_cast<std::int64_t>(ticket);
    if (!call.counts.empty()) {
      const std::string_view bytes{reinterpret_cast<const char*>(call.counts.data()),
                                   call.counts.size_bytes()};
      if (!log_.append(LogEntry::counts, bytes)) return false;
      record.detail = counts_++;
    }
    if (!append(record)) return false;
  }
  return true;
}

bool RankLedger::record_rejected(const Call& call) {
  Record record = record_of(call);
  record.rejected = true;
  return append(record);
}

bool RankLedger::record_plain(Record record) { return append(record); }

bool RankLedger::record_named(RecordKind kind, std::string_view name, const Label& label) {
  if (!log_.append(LogEntry::name, name)) return false;
  Record record;
  record.kind = kind;
  record.detail = names_++;
  record.label = label;
  return append(record);
}

bool RankLedger::record_done(StreamId stream, Ticket ticket) {
  const std::int64_t words[2] = {static_cast<std::int64_t>(stream), static_cast<std::int64_t>(ticket)};
  return log_.append(LogEntry::ticket_done, bytes_of(words));
}

bool RankLedger::record_complaint(const Complaint& complaint) {
  Encoder out;
  out(complaint.kind);
  out(complaint.rank);
  out(complaint.label);
  out(complaint.text);
  return log_.append(LogEntry::complaint, out.bytes());
}

RankLedger::NewGroup RankLedger::new_group(const GroupSpec& spec, const Label& label) {
  NewGroup made;
  made.creation = registry_.new_group();
  Encoder out;
  encode(out, spec);
  Record record;
  record.kind = RecordKind::new_group;
  record.sequence = static_cast<std::int32_t>(made.creation);
  record.detail = specs_++;
  record.label = label;
  made.recorded = log_.append(LogEntry::spec, out.bytes()) && append(record);
  made.handle = groups_.add(made.creation, spec);
  return made;
}

RankLedger::NewGrid RankLedger::create_grid(std::shared_ptr<const Plan> plan, const Label& label) {
  NewGrid made;
  made.first_creation = registry_.creation_count();
  Encoder out;
  encode(out, *plan);
  Record record;
  record.kind = RecordKind::create_grid;
  record.sequence = static_cast<std::int32_t>(made.first_creation);
  record.detail = plans_++;
  record.label = label;
  made.recorded = log_.append(LogEntry::plan, out.bytes()) && append(record);
  const std::vector<std::int64_t> creation_of_request = registry_.resolve(*plan);
  made.handle = groups_.add_grid(std::move(plan), creation_of_request);
  return made;
}

}  // namespace gridlock
