#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/diagnosis/argument.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/member_calls.h"
#include "core/diagnosis/programs.h"
#include "core/diagnosis/vote.h"

namespace gridlock {
namespace {

using Ranks = std::vector<RankId>;

/// Members of a meeting that gave one argument the same value.
struct Party {
  /// Those that made the call.
  Ranks ranks;
  const Record* call = nullptr;
  /// Those that have not come to it and intend it so.
  Ranks intending = {};

  Ranks all() const {
    Ranks list = ranks;
    list.insert(list.end(), intending.begin(), intending.end());
    std::sort(list.begin(), list.end());
    return list;
  }
};

std::optional<Argument> difference(const Meeting& meeting) {
  std::vector<const Record*> distinct;
  for (const MemberCall& member : meeting.members) {
    const Record* call = member.record;
    if (call == nullptr || (!distinct.empty() && distinct.back() == call)) continue;
    distinct.push_back(call);
  }
  return first_difference(distinct);
}

std::vector<Party> parties(Evidence& evidence, const Meeting& meeting, Argument argument) {
  std::map<std::int64_t, Party> by_value;
  for (const MemberCall& member : meeting.members) {
    if (member.record == nullptr) continue;
    const std::optional<std::int64_t> value = argument_value(*member.record, argument);
    if (!value) continue;
    Party& party = by_value[*value];
    party.ranks.push_back(member.rank);
    if (party.call == nullptr) party.call = member.record;
  }
  for (const MemberCall& member : meeting.members) {
    if (member.record != nullptr || member.presence != Presence::absent) continue;
    const Record* planned = evidence.collectives(member.rank, meeting.instance).find(meeting.sequence, true);
    if (planned == nullptr) continue;
    const auto party = by_value.find(argument_value(*planned, argument).value_or(-1));
    if (party != by_value.end()) party->second.intending.push_back(member.rank);
  }
  std::vector<Party> list;
  for (auto& [value, party] : by_value) list.push_back(std::move(party));
  std::sort(list.begin(), list.end(),
            [](const Party& a, const Party& b) { return a.ranks.front() < b.ranks.front(); });
  return list;
}

/// Members that could stand on any side: no history tells what they called or would call.
std::size_t count_unknown(const Evidence& evidence, const Meeting& meeting) {
  return static_cast<std::size_t>(
      std::count_if(meeting.members.begin(), meeting.members.end(), [&](const MemberCall& member) {
        const bool could_come = member.record == nullptr && member.presence == Presence::absent &&
                                is_waiting(evidence.state(member.rank)) &&
                                !evidence.has_whole_plan(member.rank);
        return member.presence == Presence::unknown || could_come;
      }));
}

std::string group_name(const Evidence& evidence, const Party& party) {
  return evidence.histories().groups.name(party.call->group);
}

Finding about_meeting(const Meeting& meeting, Cause cause) {
  Finding finding;
  finding.cause = cause;
  finding.nodes = {meeting.node};
  finding.sequence = meeting.sequence;
  return finding;
}

/// Fills relation, blame, alternatives and the order of the parties from a vote.
void blame_by_vote(Finding& finding, std::vector<Party>& list, std::size_t unknown) {
  std::vector<std::size_t> sizes;
  for (const Party& party : list) sizes.push_back(party.ranks.size() + party.intending.size());
  const Vote result = vote(sizes, unknown);
  finding.relation = result.relation;
  finding.certainty = result.certainty;
  std::vector<Party> ordered;
  for (const std::size_t i : result.order) ordered.push_back(std::move(list[i]));
  list = std::move(ordered);
  for (std::size_t i = 0; i < result.blamed; ++i) {
    const Ranks ranks = list[i].all();
    finding.blamed.insert(finding.blamed.end(), ranks.begin(), ranks.end());
    if (result.relation == Relation::tie) finding.alternatives.push_back(ranks);
  }
}

/// Without a majority in the group, ranks outside that made the same calls so far are witnesses of what was
/// meant: the side that has more of them is taken to be right.
void break_tie(Scene& scene, const Meeting& meeting, Argument argument, Finding& finding,
               std::vector<Party>& list) {
  if (finding.relation != Relation::tie) return;
  Programs programs(scene.evidence);
  const Members& members = scene.evidence.members(meeting.instance);
  std::vector<std::size_t> witnesses;
  for (const Party& party : list) {
    const Ranks like =
        programs.like(party.ranks.front(), *party.call, Programs::Calls::collectives, argument);
    const auto inside =
        std::count_if(like.begin(), like.end(), [&](RankId rank) { return members.contains(rank); });
    witnesses.push_back(like.size() - static_cast<std::size_t>(inside));
  }
  const auto most = std::max_element(witnesses.begin(), witnesses.end());
  const auto right = static_cast<std::size_t>(most - witnesses.begin());
  const std::size_t sum = std::accumulate(witnesses.begin(), witnesses.end(), std::size_t{0});
  if (*most * 2 <= sum) return;
  std::rotate(list.begin() + static_cast<std::ptrdiff_t>(right),
              list.begin() + static_cast<std::ptrdiff_t>(right) + 1, list.end());
  finding.relation = Relation::minority;
  finding.certainty = Certainty::likely;
  finding.blamed.clear();
  for (std::size_t i = 0; i + 1 < list.size(); ++i) {
    const Ranks ranks = list[i].all();
    finding.blamed.insert(finding.blamed.end(), ranks.begin(), ranks.end());
  }
  finding.alternatives = {list.back().all()};
}

std::string times_text(std::size_t count) { return count == 1 ? "one call" : fmt::format("{} calls", count); }

void describe_shift(Scene& scene, const Meeting& meeting, Finding& finding, std::vector<Party>& list,
                    const Alignment& alignment, Argument argument) {
  // Another operation meets nobody: the ranks stop there, and one call is simply missing. The same operation
  // on other data is taken for the missing one, and everything after it is shifted.
  const bool is_stopped = argument == Argument::kind;
  finding.code = is_stopped ? Code::COLL_MISSING_RANK : Code::COLL_SEQUENCE_SHIFT;
  bool left_out = alignment.departure == Departure::skipped;
  if (finding.relation == Relation::tie && list.size() == 2) {
    // One left out a call or the other made one too many: the rank that has fewer is the one that others wait
    // for.
    if (!left_out) std::swap(list[0], list[1]);
    left_out = true;
    finding.relation = Relation::edge;
    finding.certainty = std::max(finding.certainty, Certainty::likely);
    finding.blamed = list[0].all();
    finding.alternatives = {list[1].all()};
  }
  const std::size_t at = alignment.index;
  finding.sides = {side_at(scene.evidence, meeting, list[0].all(), at),
                   side_at(scene.evidence, meeting, list.back().all(), at)};
  std::string mine = call_text(scene.evidence, list[0].ranks.front(), *list[0].call);
  std::string theirs = call_text(scene.evidence, list.back().ranks.front(), *list.back().call);
  if (mine == theirs) {
    mine += fmt::format(" ({})", label_text(scene.evidence, *list[0].call));
    theirs += fmt::format(" ({})", label_text(scene.evidence, *list.back().call));
  }
  finding.summary = fmt::format("{{who}} {} {} on {} at #{}; {}{} met {} there.",
                                left_out ? "left out" : "made additionally", times_text(alignment.length),
                                group_name(scene.evidence, list[0]), at + 1,
                                is_stopped ? "" : "everything after is shifted, and ", mine, theirs);
}

void describe_reorder(Scene& scene, const Meeting& meeting, Finding& finding, const std::vector<Party>& list,
                      const Alignment& alignment) {
  finding.code = Code::COLL_ORDER_MISMATCH;
  for (const Party& party : list)
    finding.sides.push_back(side_at(scene.evidence, meeting, party.all(), alignment.index));
  const Party& one = list.front();
  const Party& other = list.back();
  std::string batch;
  if (one.call->batched != other.call->batched) {
    batch = fmt::format("; {} made them in one batch, whose calls the library runs in an order of its own",
                        ranks_text(one.call->batched ? one.all() : other.all()));
    finding.hint = "Make the calls in one batch on every rank, or one by one on every rank.";
  }
  finding.summary =
      fmt::format("{{who}} made the calls #{}-#{} on {} in another order{}{}.", alignment.index + 1,
                  alignment.index + alignment.length, group_name(scene.evidence, one),
                  finding.relation == Relation::tie ? " than each other; it is a tie" : "", batch);
}

/// The first element in which two lists of counts differ; nothing where they are not lists.
std::optional<std::size_t> first_uneven(const HistoryStore& store, const Record& a, const Record& b) {
  const bool are_lists =
      operation(a.call).count == CountMeaning::per_rank && a.call == b.call && a.detail >= 0 && b.detail >= 0;
  if (!are_lists) return std::nullopt;
  const std::vector<std::int64_t>& x = store.counts(a.detail);
  const std::vector<std::int64_t>& y = store.counts(b.detail);
  const auto [here, there] = std::mismatch(x.begin(), x.end(), y.begin(), y.end());
  if (here == x.end() || there == y.end()) return std::nullopt;
  return static_cast<std::size_t>(here - x.begin());
}

/// Sides that differ in one element of a list of counts say which one.
void name_uneven_counts(Scene& scene, Finding& finding, const std::vector<Party>& list) {
  const HistoryStore& store = scene.evidence.histories().store;
  const auto place = first_uneven(store, *list.front().call, *list.back().call);
  if (!place) return;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::vector<std::int64_t>& counts = store.counts(list[i].call->detail);
    if (*place < counts.size())
      finding.sides[i].call += fmt::format(", counts[{}] = {}", *place, counts[*place]);
  }
}

bool is_empty_call(const Party& party) {
  return party.call->count == 0 && operation(party.call->call).count != CountMeaning::per_rank;
}

/// Whether one side names the other side's root by its rank in the world.
bool is_other_rank_space(const Evidence& evidence, const Party& a, const Party& b) {
  const InstanceId instance = evidence.instance(*a.call, a.ranks.front());
  if (instance == InstanceId::none) return false;
  const Members& members = evidence.members(instance);
  const auto names = [&](GroupRank root, GroupRank world_rank) {
    return root >= 0 && root < members.size() && members[root] == world_rank && root != world_rank;
  };
  return names(a.call->peer, b.call->peer) || names(b.call->peer, a.call->peer);
}

void describe_argument(Scene& scene, Finding& finding, const std::vector<Party>& list, Argument argument) {
  finding.code = mismatch_code(argument);
  const bool is_dropped = argument == Argument::count && std::any_of(list.begin(), list.end(), is_empty_call);
  if (is_dropped) finding.code = Code::ZERO_SIZE_ASYMMETRY;
  for (const Party& party : list) {
    finding.sides.push_back({party.all(), call_text(scene.evidence, party.ranks.front(), *party.call),
                             label_text(scene.evidence, *party.call),
                             place_text(scene.evidence, *party.call)});
  }
  if (argument == Argument::count) name_uneven_counts(scene, finding, list);
  const bool is_tie = finding.relation == Relation::tie;
  finding.summary =
      fmt::format("{{who}} {} the {} of call #{} on {}{}.",
                  is_tie ? "disagreed on" : "differed from the other members in", argument_name(argument),
                  list[0].call->sequence + 1, group_name(scene.evidence, list[0]),
                  is_tie ? "; no side has a majority: it is a tie" : "");
  if (argument == Argument::root && is_other_rank_space(scene.evidence, list.front(), list.back())) {
    finding.hint =
        "The two roots are one rank, once as a rank of the world and once as a place in the group: translate "
        "one of them, with get_global_rank in torch.";
  }
  const bool is_kernel = operation(list.front().call->call).made_of == MadeOf::kernel;
  if (is_dropped && is_kernel)
    finding.summary += " A call without elements is dropped on its rank, and the others wait.";
}

void report_mismatch(Scene& scene, const Meeting& meeting, Argument argument, Findings& findings) {
  std::vector<Party> list = parties(scene.evidence, meeting, argument);
  Finding finding = about_meeting(meeting, Cause::argument);
  const bool all_done = std::all_of(meeting.members.begin(), meeting.members.end(),
                                    [](const MemberCall& m) { return m.presence == Presence::done; });
  if (meeting.is_silent && all_done) finding.severity = Severity::silent_wrong_result;
  blame_by_vote(finding, list, count_unknown(scene.evidence, meeting));
  break_tie(scene, meeting, argument, finding, list);
  const auto alignment =
      align_members(scene.evidence, meeting, list.back().ranks.front(), list.front().ranks.front());
  const Departure departure = alignment ? alignment->departure : Departure::substituted;
  if (departure == Departure::skipped || departure == Departure::inserted) {
    describe_shift(scene, meeting, finding, list, *alignment, argument);
  } else if (departure == Departure::reordered) {
    describe_reorder(scene, meeting, finding, list, *alignment);
  } else {
    describe_argument(scene, finding, list, argument);
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Party& next = list[(i + 1) % list.size()];
    if (i + 1 == list.size()) break;
    finding.edges.push_back(
        {next.ranks, list[i].ranks, "in " + short_call_text(scene.evidence, next.ranks.front(), *next.call)});
  }
  findings.push_back(std::move(finding));
}

/// One member sends another so many elements, which expects another number.
struct UnevenPair {
  const MemberCall* from;
  const MemberCall* to;
  std::int64_t sent;
  std::int64_t expected;
};

std::vector<UnevenPair> uneven_pairs(const HistoryStore& store, const Meeting& meeting) {
  std::vector<const Record*> calls;
  for (const MemberCall& member : meeting.members) calls.push_back(member.record);
  std::vector<UnevenPair> pairs;
  for (const UnevenCounts& uneven : uneven_counts(store, calls)) {
    pairs.push_back(
        {&meeting.members[uneven.from], &meeting.members[uneven.to], uneven.sent, uneven.expected});
  }
  return pairs;
}

/// The one member that is in every uneven pair, where it has more than one partner there.
const MemberCall* common_end(const std::vector<UnevenPair>& pairs) {
  const auto is_in = [](const UnevenPair& pair, const MemberCall* member) {
    return pair.from == member || pair.to == member;
  };
  const auto is_common = [&](const MemberCall* member) {
    return std::all_of(pairs.begin(), pairs.end(),
                       [&](const UnevenPair& pair) { return is_in(pair, member); });
  };
  const UnevenPair& first = pairs.front();
  const bool from = is_common(first.from);
  const bool to = is_common(first.to);
  if (from == to) return nullptr;
  return from ? first.from : first.to;
}

/// The members as two camps that agree inside and of which no two across do, the smaller one first. Empty
/// where they are no camps.
std::vector<Ranks> camps_of(const Meeting& meeting, const std::vector<UnevenPair>& pairs) {
  std::set<std::pair<RankId, RankId>> uneven;
  for (const UnevenPair& pair : pairs) uneven.insert(std::minmax(pair.from->rank, pair.to->rank));
  const RankId first = meeting.members.front().rank;
  std::vector<Ranks> camps(2);
  for (const MemberCall& member : meeting.members) {
    const bool is_other = uneven.count(std::minmax(first, member.rank)) > 0;
    camps[is_other ? 1 : 0].push_back(member.rank);
  }
  const auto is_across = [&](const std::pair<RankId, RankId>& pair) {
    const auto is_other = [&](RankId rank) {
      return std::find(camps[1].begin(), camps[1].end(), rank) != camps[1].end();
    };
    return is_other(pair.first) != is_other(pair.second);
  };
  const bool are_camps = uneven.size() == camps[0].size() * camps[1].size() &&
                         std::all_of(uneven.begin(), uneven.end(), is_across);
  if (!are_camps) return {};
  if (camps[1].size() < camps[0].size()) std::swap(camps[0], camps[1]);
  return camps;
}

FoundSide side_in_pair(const Evidence& evidence, const MemberCall& member, const std::string& text) {
  const std::string call = short_call_text(evidence, member.rank, *member.record);
  return {{member.rank},
          fmt::format("{}: {}", call, text),
          label_text(evidence, *member.record),
          place_text(evidence, *member.record)};
}

void describe_uneven_pair(Scene& scene, Finding& finding, const UnevenPair& pair) {
  finding.code = Code::P2P_SIZE_MISMATCH;
  const RankId from = pair.from->rank;
  const RankId to = pair.to->rank;
  finding.sides = {
      side_in_pair(scene.evidence, *pair.from, fmt::format("sends {} to rank {}", pair.sent, to)),
      side_in_pair(scene.evidence, *pair.to, fmt::format("expects {} from rank {}", pair.expected, from))};
  const std::string call = short_call_text(scene.evidence, from, *pair.from->record);
  if (finding.relation == Relation::tie) {
    finding.summary =
        fmt::format("{{who}} disagreed on what rank {} sends to rank {} in {}: {} sent, {} expected.", from,
                    to, call, pair.sent, pair.expected);
    return;
  }
  const bool is_odd_to = std::find(finding.blamed.begin(), finding.blamed.end(), to) != finding.blamed.end();
  if (is_odd_to) std::swap(finding.sides[0], finding.sides[1]);
  finding.summary = fmt::format(
      "{{who}} disagreed with several members on what they exchange in {}, and those agree with each other: "
      "rank {} sends {} to rank {}, which expects {}, for one.",
      call, from, pair.sent, to, pair.expected);
}

/// Members of an all-to-all whose calls are alike but for the counts of their pairs.
void find_pair_counts(Scene& scene, const Meeting& meeting, Findings& findings) {
  const std::vector<UnevenPair> pairs = uneven_pairs(scene.evidence.histories().store, meeting);
  if (pairs.empty()) return;
  const UnevenPair& first = pairs.front();
  Finding finding = about_meeting(meeting, Cause::argument);
  finding.relation = Relation::tie;
  finding.alternatives = {{first.from->rank}, {first.to->rank}};
  const MemberCall* common = common_end(pairs);
  const std::vector<Ranks> camps = common != nullptr ? std::vector<Ranks>{} : camps_of(meeting, pairs);
  if (!camps.empty() && camps[0].size() == camps[1].size()) finding.alternatives = camps;
  for (const Ranks& side : finding.alternatives)
    finding.blamed.insert(finding.blamed.end(), side.begin(), side.end());
  const bool has_smaller = !camps.empty() && camps[0].size() < camps[1].size();
  const Ranks odd = common != nullptr ? Ranks{common->rank} : has_smaller ? camps[0] : Ranks{};
  if (odd.empty()) {
    describe_uneven_pair(scene, finding, first);
    findings.push_back(std::move(finding));
    return;
  }
  finding.relation = Relation::minority;
  finding.blamed = odd;
  finding.alternatives.clear();
  std::vector<Party> list(2);
  for (const MemberCall& member : meeting.members) {
    const bool is_odd = std::find(odd.begin(), odd.end(), member.rank) != odd.end();
    Party& party = is_odd ? list.front() : list.back();
    party.ranks.push_back(member.rank);
    party.call = member.record;
  }
  const auto alignment = align_members(scene.evidence, meeting, list.back().ranks.front(), odd.front());
  const bool is_shift = alignment && (alignment->departure == Departure::skipped ||
                                      alignment->departure == Departure::inserted);
  if (is_shift) {
    describe_shift(scene, meeting, finding, list, *alignment, Argument::count);
  } else {
    describe_uneven_pair(scene, finding, first);
  }
  finding.edges = {{list.back().ranks, odd,
                    "in " + short_call_text(scene.evidence, list.back().ranks.front(), *list.back().call)}};
  findings.push_back(std::move(finding));
}

}  // namespace

void find_argument_mismatches(Scene& scene, Findings& findings) {
  for (const Meeting& meeting : scene.waits.meetings) {
    if (const auto argument = difference(meeting)) {
      report_mismatch(scene, meeting, *argument, findings);
    } else {
      find_pair_counts(scene, meeting, findings);
    }
  }
}

}  // namespace gridlock
