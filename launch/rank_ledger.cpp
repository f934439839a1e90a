#include "launch/rank_ledger.h"

#include <algorithm>
#include <utility>

#include "core/history/intention.h"
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
    for_each_text(site, [&](const std::string& text) { out(text); });
    // A full log ends the run at the next record.
    static_cast<void>(log_.append(LogEntry::site, out.bytes()));
  }
  return id;
}

bool RankLedger::append(const Record& record) { return log_.append(LogEntry::record, bytes_of(record)); }

std::int32_t& RankLedger::next_sequence(InstanceId group, const Call& call) {
  const bool is_p2p = operation(call.kind).is_p2p;
  const int order = !is_p2p ? 0 : call.kind == CallKind::send ? 1 : 2;
  const bool has_tag = is_p2p && call.notes != nullptr && group != InstanceId::none &&
                       groups_.instance(group).spec.backend == BackendKind::gloo;
  return sequences_[{group, order, is_p2p ? call.peer : kNoRank, has_tag ? call.notes->tag : 0}];
}

bool RankLedger::append_call(const Call& call, Record record) {
  if (operation(call.kind).count == CountMeaning::per_rank) {
    const std::string_view bytes{reinterpret_cast<const char*>(call.counts.data()), call.counts.size_bytes()};
    if (!log_.append(LogEntry::counts, bytes)) return false;
    record.detail = counts_++;
  }
  return append_noted(call, record);
}

bool RankLedger::append_noted(const Call& call, Record record) {
  if (call.notes != nullptr) {
    Encoder out;
    encode(out, *call.notes);
    if (!log_.append(LogEntry::notes, out.bytes())) return false;
    record.notes = notes_++;
  }
  return append(record);
}

bool RankLedger::record_call(const Call& call, Ticket ticket, bool is_batch, std::int32_t& sequence) {
  Record record = call_record(call);
  record.ticket = static_cast<std::int64_t>(ticket);
  // A send or recv meets its partner either way here: all of a group are on one communicator.
  record.batched = is_batch && !operation(call.kind).is_p2p;
  sequence = record.sequence = next_sequence(groups_.resolve(call.group, rank_), call)++;
  return append_call(call, record);
}

bool RankLedger::record_rejected(const Call& call) {
  Record record = call_record(call);
  record.rejected = true;
  const InstanceId group = groups_.resolve(call.group, rank_);
  if (group != InstanceId::none) record.sequence = next_sequence(group, call);
  return append_call(call, record);
}

void RankLedger::record_intended(const IntendedCalls& intended) {
  auto post = intended.posts.begin();
  const auto record_posts = [&](std::size_t before) {
    for (; post != intended.posts.end() && post->before <= before; ++post) {
      if (!log_.append(LogEntry::name, post->name) || !append(planned_post(names_++, post->label)))
        return false;
    }
    return true;
  };
  for (std::size_t i = 0; i < intended.calls.size(); ++i) {
    if (!record_posts(i)) return;
    const Call& call = intended.calls[i];
    const InstanceId group = groups_.resolve(call.group, rank_);
    if (group == InstanceId::none) continue;
    if (!append_noted(call, planned_record(call, next_sequence(group, call)++))) return;
  }
  if (!intended.is_cut && !record_posts(intended.calls.size())) return;
  // A log that is full ends the same way: nothing more is known.
  if (!append(planned_rest(intended.is_cut))) return;
}

bool RankLedger::record_plain(Record record) { return append(record); }

bool RankLedger::record_named(RecordKind kind, std::string_view name, const Label& label, bool rejected,
                              std::int64_t count) {
  if (!log_.append(LogEntry::name, name)) return false;
  Record record;
  record.kind = kind;
  record.detail = names_++;
  record.label = label;
  record.rejected = rejected;
  record.count = count;
  return append(record);
}

bool RankLedger::append_group(const GroupSpec& spec, const Label& label, bool rejected) {
  Encoder out;
  encode(out, spec);
  if (!log_.append(LogEntry::spec, out.bytes())) return false;
  Record record;
  record.kind = RecordKind::new_group;
  record.sequence = static_cast<std::int32_t>(registry_.creation_count());
  record.detail = specs_++;
  record.label = label;
  record.rejected = rejected;
  return append(record);
}

bool RankLedger::record_rejected_group(const GroupSpec& spec, const Label& label) {
  return append_group(spec, label, true);
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

std::uint64_t RankLedger::identity(std::int64_t creation, const GroupSpec& spec) const {
  return group_key(groups_.instance(InstanceId::world).key, creation, spec).low;
}

RankLedger::NewGroup RankLedger::new_group(const GroupSpec& spec, const Label& label) {
  NewGroup made;
  made.recorded = append_group(spec, label, false);
  const std::int64_t creation = registry_.new_group();
  made.identities.push_back(identity(creation, spec));
  made.handle = groups_.add(creation, spec);
  return made;
}

RankLedger::NewGrid RankLedger::create_grid(std::shared_ptr<const Plan> plan, std::string_view name,
                                            const Label& label) {
  NewGrid made;
  std::int64_t next = registry_.creation_count();
  Encoder out;
  out(std::string(name));
  encode(out, *plan);
  Record record;
  record.kind = RecordKind::create_grid;
  record.sequence = static_cast<std::int32_t>(next);
  record.detail = plans_++;
  record.label = label;
  made.recorded = log_.append(LogEntry::plan, out.bytes()) && append(record);
  const std::vector<std::int64_t> creation_of_request = registry_.resolve(*plan);
  for (std::size_t i = 0; i < creation_of_request.size(); ++i) {
    // Anything else is a group that the registry had already.
    if (creation_of_request[i] != next) continue;
    made.identities.push_back(identity(next++, plan->request(static_cast<std::int64_t>(i))));
  }
  made.handle = groups_.add_grid(std::move(plan), creation_of_request, name);
  return made;
}

}  // namespace gridlock
