#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/rank_search.h"
#include "core/diagnosis/vote.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// Ranks that said the same of one call.
struct Party {
  Ranks ranks;
  const Record* call = nullptr;
};

/// One collective: what its members say that its data is.
using Contents = std::map<std::string, Party>;
using CollectiveName = std::pair<InstanceId, std::int32_t>;

/// Whether all members hold the same thing: shares of a gather may well be called by other names.
bool has_one_content(const OperationInfo& what) { return what.reduces || what.kind == CallKind::broadcast; }

FoundSide side_of(const Evidence& evidence, const Ranks& ranks, const Record& call, const std::string& note) {
  return {ranks, call_text(evidence, ranks.front(), call) + note, label_text(evidence, call),
          place_text(evidence, call)};
}

std::string content_text(const std::string& content) { return fmt::format(", content '{}'", content); }

void report_layout(const Evidence& evidence, const Contents& contents, Findings& findings) {
  std::vector<std::pair<std::string, Party>> parties(contents.begin(), contents.end());
  std::sort(parties.begin(), parties.end(),
            [](const auto& a, const auto& b) { return a.second.ranks < b.second.ranks; });
  std::vector<std::size_t> sizes;
  for (const auto& [content, party] : parties) sizes.push_back(party.ranks.size());
  const Vote result = vote(sizes, 0);
  Finding finding;
  finding.code = Code::SEMANTIC_LAYOUT_MISMATCH;
  finding.cause = Cause::argument;
  finding.severity = Severity::silent_wrong_result;
  finding.relation = result.relation;
  finding.certainty = result.certainty;
  for (std::size_t i = 0; i < result.order.size(); ++i) {
    const auto& [content, party] = parties[result.order[i]];
    finding.sides.push_back(side_of(evidence, party.ranks, *party.call, content_text(content)));
    if (i >= result.blamed) continue;
    finding.blamed.insert(finding.blamed.end(), party.ranks.begin(), party.ranks.end());
    if (result.relation == Relation::tie) finding.alternatives.push_back(party.ranks);
  }
  finding.nodes = {finding.blamed.front()};
  const auto& [content, party] = parties[result.order.front()];
  finding.sequence = party.call->sequence;
  finding.summary = fmt::format("{{who}} had other data than the rest in {}: '{}' against '{}'.",
                                short_call_text(evidence, party.ranks.front(), *party.call), content,
                                parties[result.order.back()].first);
  if (result.relation == Relation::tie) {
    finding.summary = fmt::format("{{who}} had different data in {}: '{}' against '{}'; it is a tie.",
                                  short_call_text(evidence, party.ranks.front(), *party.call), content,
                                  parties[result.order.back()].first);
  }
  findings.push_back(std::move(finding));
}

/// The result of a rooted call is used by another rank than the root.
void report_keeper(const Evidence& evidence, RankId rank, const Record& call, GroupRank kept_by,
                   Findings& findings) {
  const Members& members = evidence.members(evidence.instance(call, rank));
  const bool is_world_rank = call.peer >= 0 && call.peer < members.size() && members[call.peer] == kept_by;
  Finding finding;
  finding.code = Code::RANK_SPACE_CONFUSION;
  finding.cause = Cause::argument;
  finding.severity = Severity::silent_wrong_result;
  finding.relation = Relation::owner;
  finding.blamed = {rank};
  finding.nodes = {rank};
  finding.sequence = call.sequence;
  finding.sides = {side_of(evidence, {rank}, call, fmt::format(", kept by group rank {}", kept_by))};
  finding.summary = fmt::format(
      "{{who}} kept the result of {} where the group rank is {}, but the root is group rank {}{}: nobody has "
      "the "
      "result.",
      short_call_text(evidence, rank, call), kept_by, call.peer,
      is_world_rank ? fmt::format(", which is rank {} of the world", kept_by) : "");
  findings.push_back(std::move(finding));
}

/// The two ends of one message, by group ranks.
struct MessageName {
  InstanceId instance;
  GroupRank from;
  GroupRank to;
  /// Where the library matches by tag.
  std::int32_t tag;
  std::int32_t sequence;

  auto key() const { return std::tuple(instance, from, to, tag, sequence); }
  bool operator<(const MessageName& other) const { return key() < other.key(); }
};
struct Message {
  const Record* send = nullptr;
  const Record* recv = nullptr;
};

/// What the programs say of the calls of a run.
class NotedCalls {
 public:
  explicit NotedCalls(const Evidence& evidence) : evidence_(evidence), store_(evidence.histories().store) {
    for (const RankId rank : ranks_with(evidence, [](const Record& record) { return record.notes >= 0; }))
      read(rank);
  }

  void find(Findings& findings) {
    std::set<InstanceId> told;
    for (const auto& [name, contents] : contents_) {
      if (contents.size() > 1 && told.insert(name.first).second) report_layout(evidence_, contents, findings);
    }
    for (const auto& [rank, call] : kept_elsewhere_)
      report_keeper(evidence_, rank, *call, store_.notes(*call).kept_by, findings);
    find_messages(findings);
  }

 private:
  void read(RankId rank) {
    for (const Record* call : store_.records(evidence_.last_node(rank))) {
      if (call->kind != RecordKind::call || call->rejected || call->notes < 0) continue;
      const InstanceId instance = evidence_.instance(*call, rank);
      if (instance == InstanceId::none) continue;
      const CallNotes& notes = store_.notes(*call);
      const OperationInfo& what = operation(call->call);
      if (what.is_p2p) {
        add_message(rank, instance, *call);
      } else if (has_one_content(what) && !notes.content.empty()) {
        Party& party = contents_[{instance, call->sequence}][notes.content];
        party.ranks.push_back(rank);
        party.call = call;
      }
      if (what.has_root && notes.kept_by >= 0 && notes.kept_by != call->peer)
        kept_elsewhere_.emplace_back(rank, call);
    }
  }

  void add_message(RankId rank, InstanceId instance, const Record& call) {
    const GroupRank self = evidence_.members(instance).index_of(rank);
    const bool is_send = call.call == CallKind::send;
    const std::int32_t tag = evidence_.other_end(rank, call).tag;
    Message& message =
        messages_[{instance, is_send ? self : call.peer, is_send ? call.peer : self, tag, call.sequence}];
    (is_send ? message.send : message.recv) = &call;
  }

  /// The other end may have no notes.
  void complete(const MessageName& name, Message& message) const {
    const Members& members = evidence_.members(name.instance);
    if (message.send == nullptr && name.from >= 0 && name.from < members.size()) {
      message.send = evidence_.find(
          {members[name.from], name.instance, CallKind::send, name.to, name.sequence, name.tag});
    }
    if (message.recv == nullptr && name.to >= 0 && name.to < members.size()) {
      message.recv = evidence_.find(
          {members[name.to], name.instance, CallKind::recv, name.from, name.sequence, name.tag});
    }
  }

  static bool are_other(const CallNotes& a, const CallNotes& b) {
    return !a.content.empty() && !b.content.empty() && a.content != b.content;
  }

  std::string note_text(const Record& call, Code code) const {
    const CallNotes& notes = store_.notes(call);
    return code == Code::P2P_TAG_REORDER ? fmt::format(", tag {}", notes.tag) : content_text(notes.content);
  }

  /// What a pair of ranks says of its messages.
  struct PairNotes {
    const Record* send = nullptr;
    const Record* recv = nullptr;
    bool is_tagged = false;
    std::vector<std::string> sent;
    std::vector<std::string> received;

    bool has_parted() const { return send != nullptr; }
    /// The first message that was taken for another one: by its tag, as another one of the same pair, or as
    /// something that was not sent at all.
    Code code() const {
      if (is_tagged) return Code::P2P_TAG_REORDER;
      const bool is_order =
          std::multiset(sent.begin(), sent.end()) == std::multiset(received.begin(), received.end());
      return is_order ? Code::P2P_PEER_ORDER_MISMATCH : Code::SEMANTIC_LAYOUT_MISMATCH;
    }
  };

  void find_messages(Findings& findings) {
    std::map<std::tuple<InstanceId, GroupRank, GroupRank>, PairNotes> pairs;
    for (auto& [name, message] : messages_) {
      complete(name, message);
      if (message.send == nullptr || message.recv == nullptr) continue;
      const CallNotes& sent = store_.notes(*message.send);
      const CallNotes& received = store_.notes(*message.recv);
      PairNotes& pair = pairs[{name.instance, name.from, name.to}];
      pair.sent.push_back(sent.content);
      pair.received.push_back(received.content);
      const bool is_other_tag = sent.tag != received.tag;
      if (pair.has_parted() || (!is_other_tag && !are_other(sent, received))) continue;
      pair.send = message.send;
      pair.recv = message.recv;
      pair.is_tagged = is_other_tag;
    }
    for (const auto& [name, pair] : pairs) {
      if (!pair.has_parted()) continue;
      const auto& [instance, from, to] = name;
      const auto back = pairs.find({instance, to, from});
      const bool is_both_ways = back != pairs.end() && back->second.has_parted() &&
                                back->second.code() == pair.code() && from != to;
      if (!is_both_ways || from < to) report_message(instance, from, to, pair, is_both_ways, findings);
    }
  }

  void report_message(InstanceId instance, GroupRank from, GroupRank to, const PairNotes& pair,
                      bool is_both_ways, Findings& findings) const {
    const Code code = pair.code();
    const Members& members = evidence_.members(instance);
    const RankId sender = members[from];
    const RankId receiver = members[to];
    Finding finding;
    finding.code = code;
    finding.cause = Cause::argument;
    finding.severity = Severity::silent_wrong_result;
    finding.relation = is_both_ways ? Relation::all : Relation::tie;
    finding.blamed = {sender, receiver};
    if (!is_both_ways) finding.alternatives = {{sender}, {receiver}};
    finding.nodes = {sender};
    finding.sequence = pair.send->sequence;
    finding.sides = {side_of(evidence_, {sender}, *pair.send, note_text(*pair.send, code)),
                     side_of(evidence_, {receiver}, *pair.recv, note_text(*pair.recv, code))};
    finding.summary = fmt::format("{{who}} do not speak of one message: {} met {}.", finding.sides[0].call,
                                  finding.sides[1].call);
    findings.push_back(std::move(finding));
  }

  const Evidence& evidence_;
  const HistoryStore& store_;
  std::map<CollectiveName, Contents> contents_;
  std::map<MessageName, Message> messages_;
  std::vector<std::pair<RankId, const Record*>> kept_elsewhere_;
};

}  // namespace

void find_unlike_notes(Scene& scene, Findings& findings) {
  if (scene.evidence.histories().store.has_notes()) NotedCalls(scene.evidence).find(findings);
}

std::vector<Diagnosis> find_other_devices(const Evidence& evidence) {
  std::vector<Diagnosis> warnings;
  const Histories& histories = evidence.histories();
  if (!histories.store.has_notes()) return warnings;
  // Ranks that say the same make one warning.
  std::map<std::array<std::string, 4>, Ranks> found;
  for (const RankId rank : ranks_with(evidence, [](const Record& record) { return record.notes >= 0; })) {
    const RankId own = histories.ranks_per_node > 0 ? rank % histories.ranks_per_node : rank;
    for (const Record* call : histories.store.records(evidence.last_node(rank))) {
      const std::int32_t device = histories.store.notes(*call).device;
      if (call->kind != RecordKind::call || call->rejected || device < 0 || device == own) continue;
      found[{short_call_text(evidence, rank, *call), std::to_string(device), label_text(evidence, *call),
             place_text(evidence, *call)}]
          .push_back(rank);
      break;
    }
  }
  for (const auto& [said, ranks] : found) {
    const auto& [call, device, label, place] = said;
    Diagnosis warning;
    warning.code = Code::DEVICE_UNBOUND;
    warning.severity = Severity::warning;
    warning.blame = {RankSet(ranks), Relation::owner, {}};
    warning.first_divergence = {
        {warning.blame.ranks, fmt::format("{}, on GPU {}", call, device), label, place}};
    warning.summary = fmt::format("{} of {} runs on GPU {} of the host, which is not its own.", call,
                                  ranks_text(warning.blame.ranks), device);
    warning.summary[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(warning.summary[0])));
    warning.hint = code_info(warning.code).fix;
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace gridlock
