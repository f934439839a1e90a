#include "harness/histories/history_words.h"

#include <algorithm>
#include <array>

#include "core/history/intention.h"

namespace gridlock {
namespace {

constexpr std::array<std::string_view, 13> kHostStates{
    "unknown", "running", "submitting", "waiting",    "awaiting", "creating", "returned",
    "exited",  "crashed", "connecting", "destroying", "unseen",   "joining"};
static_assert(kHostStates.size() == static_cast<std::size_t>(HostState::joining) + 1);

constexpr std::array<std::string_view, 7> kRunEnds{"returned", "quiescent",     "step_limit", "interrupted",
                                                   "stopped",  "backend_error", "deadline"};
static_assert(kRunEnds.size() == static_cast<std::size_t>(RunEnd::deadline) + 1);

constexpr std::array<std::string_view, 18> kRecordKinds{
    "call",  "wait",    "test",      "stream_wait", "event_record",  "synchronize",
    "post",  "await",   "new_group", "create_grid", "destroy_group", "planned",
    "fault", "timeout", "split",     "shrink",      "abort",         "parallel"};
static_assert(kRecordKinds.size() == static_cast<std::size_t>(RecordKind::parallel) + 1);

constexpr std::array<UnknownWord, 7> kUnknown{{{kUnknownOp, "op"},
                                               {kUnknownPeer, "peer"},
                                               {kUnknownCount, "count"},
                                               {kUnknownDType, "dtype"},
                                               {kUnknownStream, "stream"},
                                               {kUnknownGroup, "group"},
                                               {kUnknownKind, "kind"}}};

}  // namespace

std::span<const std::string_view> host_state_words() { return kHostStates; }
std::span<const std::string_view> run_end_words() { return kRunEnds; }
std::span<const std::string_view> record_kind_words() { return kRecordKinds; }

std::string_view planned_rest_word(bool is_cut) { return is_cut ? "more than is listed" : "nothing more"; }

bool is_planned_rest(const Record& record) {
  return record.kind == RecordKind::planned && (record.unknown & kUnknownGroup) != 0 &&
         !is_planned_post(record);
}

std::span<const UnknownWord> unknown_words() { return kUnknown; }

std::optional<std::size_t> find_word(std::span<const std::string_view> words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

}  // namespace gridlock
