#include "core/diagnosis/describe.h"

#include <fmt/format.h>

#include "core/grid/plan.h"

namespace gridlock {
namespace {

constexpr std::size_t kRunMax = 12;

bool knows(const Record& call, UnknownField field) { return (call.unknown & field) == 0; }

std::string group_text(const Evidence& evidence, const Record& call) {
  const GroupTable& groups = evidence.histories().groups;
  if (!knows(call, kUnknownGroup) || call.group == GroupHandle::none) return "an unknown group";
  if (static_cast<std::size_t>(call.group) >= groups.handle_count()) return "a group that does not exist";
  return groups.name(call.group);
}

std::string peer_text(const Evidence& evidence, RankId rank, const Record& call) {
  if (!knows(call, kUnknownPeer)) return "an unknown rank";
  const InstanceId instance = evidence.instance(call, rank);
  if (instance == InstanceId::none) return fmt::format("group rank {}", call.peer);
  const Members& group = evidence.members(instance);
  if (call.peer < 0 || call.peer >= group.size())
    return fmt::format("group rank {} of {}", call.peer, group.size());
  return fmt::format("rank {}", group[call.peer]);
}

std::string count_text(const Record& call) {
  const CountMeaning meaning = operation(call.call).count;
  if (meaning == CountMeaning::nothing) return "";
  const std::string dtype = knows(call, kUnknownDType) ? std::string(dtype_name(call.dtype)) : "unknown type";
  if (!knows(call, kUnknownCount)) return ", " + dtype;
  if (meaning == CountMeaning::per_rank) return ", uneven counts of " + dtype;
  return fmt::format(", {} x {}", call.count, dtype);
}

/// The last call that was really made; the one a host stands in when it waits.
const Record* last_call(const Evidence& evidence, RankId rank, std::int64_t ticket) {
  const HistoryStore& store = evidence.histories().store;
  for (HistoryNode node = evidence.last_node(rank); node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    if (record.kind == RecordKind::call && !record.rejected && (ticket < 0 || record.ticket == ticket))
      return &record;
  }
  return nullptr;
}

std::string creation_text(const Evidence& evidence, const Record& last) {
  const HistoryStore& store = evidence.histories().store;
  if (last.kind == RecordKind::new_group) return "the creation of " + spec_text(store.spec(last.detail));
  if (last.kind == RecordKind::split) return "a split of " + group_text(evidence, last);
  if (last.kind == RecordKind::shrink) return "the making of " + spec_text(store.spec(last.detail));
  if (last.kind != RecordKind::create_grid) return "a creation";
  return fmt::format("the creation of a grid over {} ranks", store.plan(last.detail).topology().world_size());
}

/// Where each of a rank's threads is.
std::string threads_text(Evidence& evidence, RankId rank) {
  std::string text;
  for (const int host : evidence.hosts_of(rank)) {
    if (host == rank) continue;
    text += fmt::format("{}thread '{}' in {}", text.empty() ? "" : ", ", evidence.thread_name(host),
                        position_text(evidence, host));
  }
  return text.empty() ? "the end of its threads" : text;
}

std::string waiting_text(Evidence& evidence, RankId rank, const Record& last) {
  const std::int64_t ticket = last.kind == RecordKind::synchronize ? -1 : last.ticket;
  const Record* call = last_call(evidence, rank, ticket);
  return call == nullptr ? "a wait" : short_call_text(evidence, rank, *call);
}

}  // namespace

std::string short_call_text(const Evidence& evidence, RankId rank, const Record& call) {
  const std::string name(knows(call, kUnknownKind) ? call_kind_name(call.call) : "an unknown operation");
  const std::string group = group_text(evidence, call);
  if (!operation(call.call).is_p2p) return fmt::format("{} #{} on {}", name, call.sequence + 1, group);
  const std::int32_t tag = evidence.tag_of(call, evidence.instance(call, rank));
  return fmt::format("{} #{} {} {} on {}{}", name, call.sequence + 1,
                     call.call == CallKind::send ? "to" : "from", peer_text(evidence, rank, call), group,
                     tag == 0 ? "" : fmt::format(" with tag {}", tag));
}

std::string call_text(const Evidence& evidence, RankId rank, const Record& call) {
  const OperationInfo& what = operation(call.call);
  std::string text = short_call_text(evidence, rank, call) + count_text(call);
  if (what.reduces && knows(call, kUnknownOp)) text += fmt::format(", {}", reduce_op_name(call.op));
  if (what.has_root) text += ", root " + peer_text(evidence, rank, call);
  return text;
}

std::string position_text(Evidence& evidence, int host) {
  const Record* last = evidence.host_last(host);
  const RankId rank = evidence.rank_of(host);
  switch (evidence.host_state(host)) {
    case HostState::unknown:
      return "an unknown place (no history)";
    case HostState::returned:
      return "the end of its program";
    case HostState::exited:
    case HostState::crashed: {
      const Record* call = last_call(evidence, rank, -1);
      return call == nullptr ? "its start" : "the end of " + short_call_text(evidence, rank, *call);
    }
    case HostState::running:
      return "its own work";
    case HostState::unseen: {
      const Record* call = last_call(evidence, rank, -1);
      return call == nullptr ? "its start" : "the time after " + short_call_text(evidence, rank, *call);
    }
    case HostState::awaiting:
      return last == nullptr || last->kind != RecordKind::await
                 ? "an await"
                 : fmt::format("await '{}'", evidence.histories().store.name(last->detail));
    case HostState::creating:
      return last == nullptr ? "the setup of the world" : creation_text(evidence, *last);
    case HostState::joining:
      return threads_text(evidence, rank);
    case HostState::destroying:
      return last == nullptr ? "the end of a group" : "the end of " + group_text(evidence, *last);
    case HostState::submitting:
    case HostState::connecting:
    case HostState::waiting:
      return last == nullptr ? "a wait" : waiting_text(evidence, rank, *last);
  }
  return "an unknown place";
}

std::string label_text(const Evidence& evidence, const Record& record) {
  std::string text = evidence.histories().sites.text(record.label);
  if (record.thread < 0) return text;
  return fmt::format("{}{}in thread '{}'", text, text.empty() ? "" : " ",
                     evidence.histories().store.name(record.thread));
}

std::string place_text(const Evidence& evidence, const Record& record) {
  return evidence.histories().sites.site(record.label.site).place;
}

std::string ranks_text(const RankSet& ranks) {
  if (ranks.empty()) return "no rank";
  std::string text = (ranks.size() == 1 ? "rank " : "ranks ") + ranks.to_string();
  if (ranks.runs().size() <= kRunMax) return text;
  std::size_t end = 0;
  for (std::size_t i = 0; i < kRunMax; ++i) end = text.find(',', end + 1);
  return fmt::format("{}, ... ({} ranks)", text.substr(0, end), ranks.size());
}

std::string ranks_text(const std::vector<RankId>& ranks) { return ranks_text(RankSet(ranks)); }

std::string spec_text(const GroupSpec& spec) {
  const std::string name = spec.name.empty() ? "" : fmt::format(" '{}'", spec.name);
  return fmt::format("group{} of {}, {}", name, spec.members.to_string(), backend_name(spec.backend));
}

}  // namespace gridlock
