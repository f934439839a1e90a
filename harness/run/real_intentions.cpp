#include "harness/run/real_intentions.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/data/operation.h"
#include "core/diagnosis/judge.h"
#include "core/history/intention.h"

namespace gridlock {
namespace {

/// The calls and posts that a rank made and intended, in their order.
struct Program {
  std::vector<const Record*> calls;
  /// There may be more.
  bool is_cut = false;
  /// Its history says what it intended: it came out of its last call when its run had ended.
  bool tells_plan = false;
};

bool is_post(const Record& record) { return record.kind == RecordKind::post || is_planned_post(record); }

bool takes_part(const Record& record) {
  if (is_post(record)) return true;
  const bool is_call = record.kind == RecordKind::call || record.kind == RecordKind::planned;
  return is_call && !record.rejected && (record.unknown & kUnknownGroup) == 0;
}

Program program_of(const Histories& histories, RankId rank) {
  const RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
  Program program;
  program.is_cut = end.state != HostState::returned;
  for (const Record* record : histories.store.records(end.node)) {
    program.tells_plan = program.tells_plan || record->kind == RecordKind::planned;
    if (takes_part(*record)) program.calls.push_back(record);
    // The mark behind the last call says whether it is.
    if (record->kind == RecordKind::planned && !takes_part(*record)) program.is_cut = is_planned_cut(*record);
  }
  return program;
}

GroupKey key_of(const Histories& histories, RankId rank, const Record& call) {
  const InstanceId instance = histories.groups.resolve(call.group, rank);
  return instance == InstanceId::none ? GroupKey{} : histories.groups.instance(instance).key;
}

class Intentions {
 public:
  Intentions(Histories& real, const Histories& simulated) : real_(real), simulated_(simulated) {}

  /// False: nothing was added, as the two programs are not one.
  bool add() {
    std::vector<std::pair<RankId, Program>> rests;
    for (RankId rank = 0; rank < static_cast<RankId>(real_.ranks.size()); ++rank) {
      const Program made = program_of(real_, rank);
      if (made.tells_plan) continue;
      std::optional<Program> rest = rest_of(rank, made);
      if (!rest) return false;
      rests.emplace_back(rank, std::move(*rest));
    }
    for (const auto& [rank, rest] : rests) note(rank, rest);
    return true;
  }

 private:
  /// What the simulator's rank did after the calls that the real one made; nothing where it began with
  /// others.
  std::optional<Program> rest_of(RankId rank, const Program& made) const {
    Program whole = program_of(simulated_, rank);
    if (made.calls.size() > whole.calls.size()) return std::nullopt;
    for (std::size_t i = 0; i < made.calls.size(); ++i) {
      if (!is_same(rank, *made.calls[i], *whole.calls[i])) return std::nullopt;
    }
    whole.calls.erase(whole.calls.begin(),
                      whole.calls.begin() + static_cast<std::ptrdiff_t>(made.calls.size()));
    return whole;
  }

  bool is_same(RankId rank, const Record& made, const Record& simulated) const {
    if (is_post(made) || is_post(simulated)) {
      return is_post(made) && is_post(simulated) &&
             real_.store.name(made.detail) == simulated_.store.name(simulated.detail);
    }
    const bool knows_count = ((made.unknown | simulated.unknown) & kUnknownCount) == 0;
    return made.call == simulated.call && made.peer == simulated.peer && made.dtype == simulated.dtype &&
           made.op == simulated.op && (!knows_count || made.count == simulated.count) &&
           key_of(real_, rank, made) == key_of(simulated_, rank, simulated);
  }

  void note(RankId rank, const Program& rest) {
    std::map<GroupKey, GroupHandle> handles;
    for (std::size_t i = 0; i < real_.groups.handle_count(); ++i) {
      const auto handle = static_cast<GroupHandle>(i);
      const InstanceId instance = real_.groups.resolve(handle, rank);
      if (instance != InstanceId::none) handles.try_emplace(real_.groups.instance(instance).key, handle);
    }
    HistoryNode& node = real_.ranks[static_cast<std::size_t>(rank)].node;
    for (const Record* call : rest.calls) {
      if (is_post(*call)) {
        const std::int32_t name = real_.store.add_name(simulated_.store.name(call->detail));
        node = real_.store.append(node, planned_post(name, label_in_real(call->label)));
        continue;
      }
      const auto handle = handles.find(key_of(simulated_, rank, *call));
      // Calls on groups that are not created yet are left out, as everywhere.
      if (handle == handles.end()) continue;
      node = real_.store.append(node, planned(*call, handle->second));
    }
    node = real_.store.append(node, planned_rest(rest.is_cut));
  }

  Label label_in_real(Label label) {
    if (label.site != SiteId::none) label.site = real_.sites.intern(simulated_.sites.site(label.site));
    return label;
  }

  Record planned(const Record& call, GroupHandle handle) {
    Record record = call;
    record.kind = RecordKind::planned;
    record.group = handle;
    record.ticket = Record{}.ticket;
    record.detail = Record{}.detail;
    if (operation(call.call).count == CountMeaning::per_rank) record.unknown |= kUnknownCount;
    record.label = label_in_real(call.label);
    if (call.notes >= 0) record.notes = real_.store.add_notes(simulated_.store.notes(call));
    return record;
  }

  Histories& real_;
  const Histories& simulated_;
};

}  // namespace

bool wants_intentions(const RunResult& real) {
  return real.end == RunEnd::quiescent || real.end == RunEnd::backend_error;
}

RunOptions options_for_intentions(const RunResult& real, RunOptions options) {
  options.payload = Payload::shape;
  const auto ranks = static_cast<RankId>(real.histories->ranks.size());
  const auto asked = static_cast<std::int64_t>(intended_calls_max(ranks)) * ranks;
  // In the simulator some ranks may be ahead of where they were.
  options.step_max = std::min(options.step_max, 2 * real.request_count + asked);
  return options;
}

void add_intentions(RunResult& real, const RunResult& simulated) {
  if (real.end == RunEnd::returned || simulated.histories->ranks.size() != real.histories->ranks.size())
    return;
  const auto histories = std::make_shared<Histories>(*real.histories);
  if (!Intentions(*histories, *simulated.histories).add()) return;
  real.verdict = judge(*histories, real.end, real.complaints);
  real.histories = histories;
}

}  // namespace gridlock
