#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <unordered_map>

#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/diagnosis/rank_search.h"

namespace gridlock {
namespace {

/// Of each thread, how many of its records come before a point of the program.
using Clock = std::map<std::int32_t, std::int64_t>;

void join(Clock& into, const Clock& other) {
  for (const auto& [thread, count] : other) into[thread] = std::max(into[thread], count);
}

/// Two calls of a rank on one group that nothing orders.
struct Pair {
  const Record* first = nullptr;
  const Record* second = nullptr;
};

/// Walks one rank's records and knows what is before what: the records of a thread are in order, a post is
/// before what the awaits of its name let follow, and a parallel step before and after its threads. The last
/// call of each thread on each group is enough: what is ordered behind it is behind the earlier ones too.
class ThreadOrder {
 public:
  ThreadOrder(const Evidence& evidence, RankId rank) : evidence_(evidence), rank_(rank) {}

  /// The first pair; null pointers where all is ordered.
  Pair find() {
    for (const Record* record : evidence_.histories().store.records(evidence_.last_node(rank_))) {
      const Pair found = take(*record);
      if (found.second != nullptr) return found;
    }
    return {};
  }

 private:
  struct LastCall {
    const Record* call;
    std::int64_t number;
  };

  Pair take(const Record& record) {
    if (record.kind == RecordKind::fault || record.kind == RecordKind::timeout) return {};
    if (record.thread < 0 && !side_.empty()) {
      // The main thread goes on when all others have ended.
      for (const auto& [thread, clock] : side_) join(main_, clock);
      side_.clear();
    }
    Clock& now = record.thread < 0 ? main_ : side_.try_emplace(record.thread, main_).first->second;
    if (record.kind == RecordKind::await) {
      if (const auto posted = posts_.find(record.detail); posted != posts_.end()) join(now, posted->second);
    }
    const std::int64_t number = ++now[record.thread];
    if (record.kind == RecordKind::post) posts_.try_emplace(record.detail, now);
    const bool is_use = (is_collective(record) || is_transfer(record)) && record.kind == RecordKind::call;
    return is_use ? use(record, now, number) : Pair{};
  }

  Pair use(const Record& call, const Clock& now, std::int64_t number) {
    const InstanceId instance = evidence_.instance(call, rank_);
    if (instance == InstanceId::none) return {};
    std::map<std::int32_t, LastCall>& last = calls_[instance];
    for (const auto& [thread, earlier] : last) {
      const auto known = now.find(thread);
      if (thread != call.thread && (known == now.end() || known->second < earlier.number))
        return {earlier.call, &call};
    }
    last[call.thread] = {&call, number};
    return {};
  }

  const Evidence& evidence_;
  RankId rank_;
  Clock main_;
  std::map<std::int32_t, Clock> side_;
  std::map<std::int32_t, Clock> posts_;
  std::map<InstanceId, std::map<std::int32_t, LastCall>> calls_;
};

}  // namespace

std::vector<Diagnosis> find_shared_groups(Evidence& evidence) {
  // Ranks that say the same make one warning; the places of the calls in the order of their group are what
  // differs.
  using Steps = std::array<std::array<std::string, 3>, 2>;
  struct Found {
    std::array<Divergence, 2> sides;
    std::vector<RankId> ranks;
  };
  std::map<Steps, Found> found;
  for (const RankId rank : ranks_with(evidence, [](const Record& record) { return record.thread >= 0; })) {
    const Pair pair = ThreadOrder(evidence, rank).find();
    if (pair.second == nullptr) continue;
    std::array<const Record*, 2> calls{pair.first, pair.second};
    // Which of the two came first differs as well.
    std::sort(calls.begin(), calls.end(), [&](const Record* a, const Record* b) {
      return evidence.histories().store.name(a->thread) < evidence.histories().store.name(b->thread);
    });
    Steps steps;
    std::array<Divergence, 2> sides;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      const Record& call = *calls[i];
      sides[i] = {
          {}, short_call_text(evidence, rank, call), label_text(evidence, call), place_text(evidence, call)};
      steps[i] = {std::string(call_kind_name(call.call)), sides[i].label, sides[i].place};
    }
    Found& same = found.try_emplace(steps, Found{sides, {}}).first->second;
    same.ranks.push_back(rank);
  }
  std::vector<Diagnosis> warnings;
  for (const auto& [steps, same] : found) {
    Diagnosis warning;
    warning.code = Code::THREADS_SHARE_GROUP;
    warning.severity = Severity::warning;
    warning.blame = {RankSet(same.ranks), Relation::owner, {}};
    warning.first_divergence.assign(same.sides.begin(), same.sides.end());
    for (Divergence& side : warning.first_divergence) side.ranks = warning.blame.ranks;
    warning.summary = fmt::format(
        "Two threads of {} make calls on one group, and nothing orders them: {} ({}) and {} ({}).",
        ranks_text(warning.blame.ranks), same.sides[0].call, same.sides[0].label, same.sides[1].call,
        same.sides[1].label);
    warning.hint = code_info(warning.code).fix;
    warnings.push_back(std::move(warning));
  }
  return warnings;
}

}  // namespace gridlock
