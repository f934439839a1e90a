#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "core/data/element_value.h"
#include "core/diagnosis/describe.h"
#include "core/diagnosis/finding.h"
#include "core/rank/call_check.h"

namespace gridlock {
namespace {

/// What tells more than a history about a host that stands still.
constexpr const char* kLookAtHost =
    "Look at the stack of that process (py-spy dump, gdb) and at its log: what holds it is no call of a "
    "group.";

bool needs_host(const Scene& scene, int host) { return scene.is_awaited[static_cast<std::size_t>(host)]; }

Finding about_host(const Scene& scene, Code code, Cause cause, int host) {
  Finding finding;
  finding.code = code;
  finding.cause = cause;
  finding.relation = Relation::owner;
  finding.blamed = {scene.evidence.rank_of(host)};
  finding.nodes = {host};
  return finding;
}

FoundSide side_at_last(const Scene& scene, int host, const std::string& call) {
  FoundSide side{{scene.evidence.rank_of(host)}, call, "", ""};
  const Record* last = scene.evidence.host_last(host);
  if (last != nullptr) {
    side.label = label_text(scene.evidence, *last);
    side.place = place_text(scene.evidence, *last);
  }
  return side;
}

std::string seconds_text(Nanos time) {
  return fmt::format("{:g} s", static_cast<double>(time.count()) / 1e9);
}

std::string last_text(const Scene& scene, int host) {
  const Record* last = scene.evidence.host_last(host);
  if (last == nullptr) return "its start";
  return last->kind == RecordKind::call ? short_call_text(scene.evidence, scene.evidence.rank_of(host), *last)
                                        : "its last request";
}

void report_suspended(Scene& scene, RankId rank, Findings& findings) {
  Finding finding = about_host(scene, Code::HOST_BLOCKED, Cause::failed_rank, rank);
  const std::string position = position_text(scene.evidence, rank);
  finding.hint =
      "Continue that process (kill -CONT PID) or detach the debugger, and find out who suspended it: a batch "
      "system, a debugger, a Ctrl-Z.";
  finding.summary =
      fmt::format("{{who}}: suspended from outside at {}, and not continued{}.", position,
                  needs_host(scene, rank) ? "; others wait for what could only come from there" : "");
  finding.sides = {side_at_last(scene, rank, "suspended at " + position)};
  findings.push_back(std::move(finding));
}

/// Nothing shows whether a rank that made no further call is late, stuck elsewhere or gone.
void find_unseen_rank(Scene& scene, RankId rank, Findings& findings) {
  Finding finding = about_host(scene, Code::SLOW_RANK_TIMEOUT, Cause::timeout, rank);
  finding.certainty = Certainty::undecided;
  finding.relation = Relation::edge;
  const std::string position = position_text(scene.evidence, rank);
  finding.summary =
      "{who} made no further call, and others wait for it: it is late, waits outside of these calls, or has "
      "ended; the histories do not tell.";
  finding.sides = {side_at_last(scene, rank, "nothing more, in " + position)};
  findings.push_back(std::move(finding));
}

/// "" of a main thread.
std::string in_thread(const Evidence& evidence, int host) {
  const std::string name = evidence.thread_name(host);
  return name.empty() ? "" : fmt::format(" in thread '{}'", name);
}

void find_slow_rank(Scene& scene, int host, Findings& findings) {
  Finding finding = about_host(scene, Code::SLOW_RANK_TIMEOUT, Cause::timeout, host);
  finding.certainty = Certainty::likely;
  finding.summary = "{who} had not come out of work outside any call when the run was ended; others wait.";
  finding.sides = {side_at_last(scene, host, "still running")};
  const Histories& histories = scene.evidence.histories();
  const Nanos busy_until = scene.evidence.busy_until(host);
  const Label& label = scene.evidence.work_label(host);
  const std::string thread = in_thread(scene.evidence, host);
  if (label.site != SiteId::none) {
    finding.sides.front().label = histories.sites.text(label) + thread;
    finding.sides.front().place = histories.sites.site(label.site).place;
  }
  if (busy_until == kNever) {
    finding.code = Code::HOST_BLOCKED;
    finding.cause = Cause::missing;
    finding.hint = kLookAtHost;
    finding.summary = fmt::format(
        "{{who}} hangs outside any call{}; others wait for what only that rank could do.", thread);
    finding.sides.front().call = "hangs after " + last_text(scene, host);
  } else if (busy_until > Nanos{0}) {
    finding.certainty = Certainty::certain;
    finding.summary = fmt::format(
        "{{who}} was still at work{} when the timeout of those who wait passed at {}; it would have come out "
        "of it {} later.",
        finding.sides.front().label.empty() ? "" : " in " + finding.sides.front().label,
        seconds_text(histories.time), seconds_text(busy_until - histories.time));
  }
  findings.push_back(std::move(finding));
}

bool is_group_known(const Evidence& evidence, const Record& call) {
  return call.group != GroupHandle::none &&
         static_cast<std::size_t>(call.group) < evidence.histories().groups.handle_count();
}

/// A call that is refused for where its data is.
std::optional<Code> code_of_device(const Evidence& evidence, RankId rank, const Record& call,
                                   InstanceId instance) {
  const Histories& histories = evidence.histories();
  const CallNotes& notes = histories.store.notes(call);
  if (notes.device == kOwnDevice) return std::nullopt;
  const BackendKind backend = histories.groups.instance(instance).spec.backend;
  Call named;
  named.kind = call.call;
  named.notes = &notes;
  if (!reaches_data(named, backend)) return Code::BACKEND_DEVICE_MISMATCH;
  const RankId own = histories.ranks_per_node > 0 ? rank % histories.ranks_per_node : rank;
  const bool is_other_gpu = backend == BackendKind::nccl && notes.device >= 0 && notes.device != own;
  return is_other_gpu ? std::optional(Code::DEVICE_CONFLICT) : std::nullopt;
}

Code code_of_refusal(const Evidence& evidence, RankId rank, const Record& call) {
  if (!is_group_known(evidence, call)) return Code::INVALID_CALL;
  const InstanceId instance = evidence.instance(call, rank);
  if (instance == InstanceId::none) return Code::NOT_A_MEMBER;
  if (const auto of_device = code_of_device(evidence, rank, call, instance)) return *of_device;
  const OperationInfo& what = operation(call.call);
  const Members& group = evidence.members(instance);
  const bool names_a_rank = what.is_p2p || what.has_root;
  const bool is_outside = call.peer < 0 || call.peer >= group.size();
  // kNoRank: a rank of the world was named that has no place in the group.
  const bool is_of_world =
      group.contains(call.peer) || (call.peer == kNoRank && group.size() < evidence.world_size());
  return names_a_rank && is_outside && is_of_world ? Code::RANK_SPACE_CONFUSION : Code::INVALID_CALL;
}

/// Whether the rank had destroyed or aborted the group of a refused call before.
bool is_gone_group(const Evidence& evidence, RankId rank, const Record& call) {
  const HistoryStore& store = evidence.histories().store;
  HistoryNode node = evidence.last_node(rank);
  while (node != HistoryNode::empty && &store.record(node) != &call) node = store.past(node);
  for (; node != HistoryNode::empty; node = store.past(node)) {
    const Record& record = store.record(node);
    const bool is_end = record.kind == RecordKind::destroy_group || record.kind == RecordKind::abort;
    if (is_end && !record.rejected && record.group == call.group) return true;
  }
  return false;
}

std::string cause_in_counts(const HistoryStore& store, const Record& call, GroupRank size) {
  const std::vector<std::int64_t>& counts = store.counts(call.detail);
  const std::size_t expected = static_cast<std::size_t>(size) * (call.call == CallKind::all_to_all_v ? 2 : 1);
  if (counts.size() != expected)
    return fmt::format("counts: expected {} numbers, got {}", expected, counts.size());
  const auto negative =
      std::find_if(counts.begin(), counts.end(), [](std::int64_t count) { return count < 0; });
  if (negative == counts.end()) return "";
  return fmt::format("counts[{}]: expected 0 or more, got {}", negative - counts.begin(), *negative);
}

/// What buffers the call needs: what it got is not in its record.
std::string cause_in_buffers(const Record& call, GroupRank self, GroupRank size) {
  const std::string type(dtype_name(call.dtype));
  const std::string rest =
      "; one is missing, smaller or of another type, or both are the same in a form that the operation does "
      "not have";
  if (operation(call.call).count == CountMeaning::per_rank)
    return fmt::format("buffers: expected {} as its counts say{}", type, rest);
  return fmt::format("buffers: expected {} x {} to read and {} x {} to write{}",
                     input_count(call.call, call.count, size, self, call.peer), type,
                     output_count(call.call, call.count, size, self, call.peer), type, rest);
}

/// Which argument of a refused call is wrong, what was expected and what it was.
std::string cause_of_refusal(const Evidence& evidence, RankId rank, const Record& call) {
  const Members& members = evidence.members(evidence.instance(call, rank));
  const GroupRank size = members.size();
  const OperationInfo& what = operation(call.call);
  if (is_gone_group(evidence, rank, call))
    return "group: expected a live one, got one that the rank had destroyed";
  const char* peer = what.is_p2p ? "peer" : "root";
  if ((what.is_p2p || what.has_root) && (call.peer < 0 || call.peer >= size))
    return fmt::format("{}: expected 0 to {}, got {}", peer, size - 1, call.peer);
  if (what.is_p2p && call.peer == members.index_of(rank))
    return fmt::format(
        "peer: expected another rank, got {}, the rank itself, which works only as a send and a "
        "recv inside one batch",
        call.peer);
  constexpr std::int64_t kCountMax = std::int64_t{1} << 56;
  if (call.count < 0 || call.count > kCountMax / size)
    return fmt::format("count: expected 0 to {}, got {}", kCountMax / size, call.count);
  if (what.count == CountMeaning::per_rank && call.detail >= 0) {
    std::string counts = cause_in_counts(evidence.histories().store, call, size);
    if (!counts.empty()) return counts;
  }
  if (what.reduces && call.op == ReduceOp::premul_sum && !holds_value(call.dtype, call.scalar))
    return fmt::format("scalar: expected a value of {}, got {}", dtype_name(call.dtype), call.scalar);
  return cause_in_buffers(call, members.index_of(rank), size);
}

std::string summary_of_refusal(const Evidence& evidence, RankId rank, const Record& call, Code code) {
  if (!is_group_known(evidence, call)) {
    return fmt::format("{{who}} called {} on a group that it had not created.", call_kind_name(call.call));
  }
  const std::string text = short_call_text(evidence, rank, call);
  if (code == Code::NOT_A_MEMBER) {
    return fmt::format("{{who}} called {}, but {} has no such rank.", text,
                       evidence.histories().groups.name(call.group));
  }
  const CallNotes& notes = evidence.histories().store.notes(call);
  if (code == Code::DEVICE_CONFLICT) {
    return fmt::format("{} of {{who}} was refused: it names GPU {} of its host, which another member uses.",
                       text, notes.device);
  }
  if (code == Code::BACKEND_DEVICE_MISMATCH) {
    const InstanceId instance = evidence.instance(call, rank);
    return fmt::format(
        "{} of {{who}} was refused: its data is {}, where {} has no path for it.", text,
        notes.device == kHostMemory ? "in the memory of the host" : fmt::format("on GPU {}", notes.device),
        backend_name(evidence.histories().groups.instance(instance).spec.backend));
  }
  if (code == Code::RANK_SPACE_CONFUSION && call.peer == kNoRank) {
    return fmt::format("{{who}} named a rank in {} that is no member of the group.", text);
  }
  if (code == Code::RANK_SPACE_CONFUSION) {
    return fmt::format(
        "{{who}} passed {} in {}: that is a rank of the world, where a place inside the group is meant.",
        call.peer, text);
  }
  return fmt::format("{} of {{who}} was refused: {}.", text, cause_of_refusal(evidence, rank, call));
}

/// Where every member of a group was refused the same call, nobody is unlike the others.
void mark_same_everywhere(Scene& scene, std::span<Finding> refusals) {
  std::map<std::pair<InstanceId, const Record*>, std::vector<Finding*>> same;
  for (Finding& finding : refusals) {
    const RankId rank = finding.blamed.front();
    const Record* call = scene.evidence.first_rejected(rank);
    const InstanceId instance =
        is_group_known(scene.evidence, *call) ? scene.evidence.instance(*call, rank) : InstanceId::none;
    if (instance != InstanceId::none) same[{instance, call}].push_back(&finding);
  }
  for (const auto& [call, list] : same) {
    const auto size = static_cast<std::size_t>(scene.evidence.members(call.first).size());
    if (size < 2 || list.size() < size) continue;
    for (Finding* finding : list) finding->relation = Relation::all;
  }
}

void report_unexplained(Scene& scene, int host, Findings& findings) {
  Finding finding = about_host(scene, Code::HOST_BLOCKED, Cause::blocked, host);
  finding.certainty = Certainty::undecided;
  finding.hint = kLookAtHost;
  finding.summary = fmt::format("{{who}} did not end, at {}{}, and the histories do not tell why.",
                                position_text(scene.evidence, host), in_thread(scene.evidence, host));
  finding.sides = {side_at_last(scene, host, position_text(scene.evidence, host))};
  findings.push_back(std::move(finding));
}

}  // namespace

void find_gone_ranks(Scene& scene, Findings& findings) {
  bool let_others_down = false;
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    let_others_down = let_others_down || scene.evidence.was_let_down(rank);
  }
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (!scene.evidence.is_gone(rank)) continue;
    const bool died = scene.evidence.state(rank) == HostState::crashed;
    const bool is_needed = needs_host(scene, rank) || (died && let_others_down);
    if (!died && !is_needed) continue;
    // Who leaves because its own wait ended in vain is not where it began.
    if (scene.evidence.was_let_down(rank)) continue;
    // Who leaves because a call was refused is named for the call.
    const Record* last = scene.evidence.last(rank);
    if (!died && last != nullptr && last->rejected) continue;
    Finding finding = about_host(scene, died && is_needed ? Code::RANK_FAILED_PEERS_WAIT : Code::RANK_EXITED,
                                 died ? Cause::failed_rank : Cause::exited_rank, rank);
    finding.summary =
        fmt::format("{{who}} {}; {}.",
                    last == nullptr && died
                        ? "died at its start, or never came"
                        : fmt::format("{} after {}", died ? "died" : "left before the end of the program",
                                      position_text(scene.evidence, rank)),
                    is_needed ? "others wait for what only that rank could do" : "nobody waits for it");
    finding.sides = {side_at_last(
        scene, rank, (died ? "died after " : "left after ") + position_text(scene.evidence, rank))};
    findings.push_back(std::move(finding));
  }
}

void find_suspended_ranks(Scene& scene, Findings& findings) {
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (scene.evidence.is_suspended(rank) && needs_host(scene, rank)) report_suspended(scene, rank, findings);
  }
}

void find_refused_calls(Scene& scene, Findings& findings) {
  const std::size_t first = findings.size();
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    const Record* call = scene.evidence.first_rejected(rank);
    if (call == nullptr || call->kind != RecordKind::call) continue;
    const Code code = code_of_refusal(scene.evidence, rank, *call);
    Finding finding = about_host(scene, code, Cause::argument, rank);
    finding.sequence = call->sequence;
    finding.summary = summary_of_refusal(scene.evidence, rank, *call, code);
    const bool is_known = is_group_known(scene.evidence, *call);
    finding.sides = {
        {{rank},
         is_known ? call_text(scene.evidence, rank, *call) : std::string(call_kind_name(call->call)),
         label_text(scene.evidence, *call),
         place_text(scene.evidence, *call)}};
    findings.push_back(std::move(finding));
  }
  mark_same_everywhere(scene, std::span(findings).subspan(first));
}

void find_blocked_hosts(Scene& scene, Findings& findings) {
  find_awaited_names(scene, findings);
  for (int host = 0; host < scene.evidence.host_count(); ++host) {
    if (!needs_host(scene, host) || scene.evidence.is_suspended(scene.evidence.rank_of(host))) continue;
    if (scene.evidence.host_state(host) == HostState::running) find_slow_rank(scene, host, findings);
    if (scene.evidence.host_state(host) == HostState::unseen) find_unseen_rank(scene, host, findings);
  }
}

void find_unexplained(Scene& scene, const std::vector<bool>& explained, Findings& findings) {
  for (int host = 0; host < scene.evidence.host_count(); ++host) {
    const HostState state = scene.evidence.host_state(host);
    // What holds a rank's threads holds the one that waits for them.
    if (state == HostState::joining && scene.evidence.has_threads(host)) continue;
    const bool is_left = is_waiting(state) && !explained[static_cast<std::size_t>(host)];
    if (is_left && !scene.evidence.is_suspended(scene.evidence.rank_of(host)))
      report_unexplained(scene, host, findings);
  }
  // Those that nobody waits for, and that would not have ended by themselves.
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (scene.evidence.is_suspended(rank) && !needs_host(scene, rank))
      report_suspended(scene, rank, findings);
  }
  if (!findings.empty()) return;
  std::vector<RankId> left;
  for (RankId rank = 0; rank < scene.evidence.world_size(); ++rank) {
    if (scene.evidence.state(rank) != HostState::returned) left.push_back(rank);
  }
  if (left.empty()) return;
  report_unexplained(scene, left.front(), findings);
  if (left.size() == 1) return;
  findings.back().relation = Relation::all;
  findings.back().sides.front().ranks = left;
  findings.back().blamed = std::move(left);
}

}  // namespace gridlock
