#include "core/diagnosis/member_calls.h"

#include "core/diagnosis/argument.h"
#include "core/diagnosis/describe.h"

namespace gridlock {
namespace {

/// The list from its first call that the other one knows as well: histories may start in the middle.
CallList from_sequence(const CallList& list, std::int32_t first) {
  CallList part;
  for (std::size_t i = 0; i < list.calls.size(); ++i) {
    if (list.calls[i]->sequence < first) continue;
    part.calls.push_back(list.calls[i]);
    if (i < list.made) ++part.made;
  }
  return part;
}

bool knows_all_calls(const Evidence& evidence, RankId rank) {
  return evidence.has_whole_plan(rank) || evidence.state(rank) == HostState::returned;
}

}  // namespace

std::optional<Alignment> align_members(Evidence& evidence, const Meeting& meeting, RankId usual, RankId odd) {
  const CallList& a = evidence.collectives(usual, meeting.instance);
  const CallList& b = evidence.collectives(odd, meeting.instance);
  if (a.calls.empty() || b.calls.empty()) return std::nullopt;
  const std::int32_t first = std::max(a.calls.front()->sequence, b.calls.front()->sequence);
  const bool is_whole = knows_all_calls(evidence, usual) && knows_all_calls(evidence, odd);
  auto alignment =
      align(evidence.histories().sites, from_sequence(a, first), from_sequence(b, first), is_whole);
  if (alignment) alignment->index += static_cast<std::size_t>(first);
  return alignment;
}

bool arguments_part(Evidence& evidence, const Meeting& meeting, RankId a, RankId b) {
  const CallList& calls = evidence.collectives(a, meeting.instance);
  const CallList& others = evidence.collectives(b, meeting.instance);
  for (const Record* call : calls.calls) {
    const Record* other = others.find(call->sequence, true);
    if (other == nullptr) continue;
    if (const auto difference = first_difference(*call, *other)) return *difference != Argument::kind;
  }
  return false;
}

FoundSide side_at(Evidence& evidence, const Meeting& meeting, const std::vector<RankId>& ranks,
                  std::size_t sequence) {
  const RankId rank = ranks.front();
  const Record* call =
      evidence.collectives(rank, meeting.instance).find(static_cast<std::int32_t>(sequence), true);
  if (call != nullptr) {
    return {ranks, call_text(evidence, rank, *call), label_text(evidence, *call),
            place_text(evidence, *call)};
  }
  const CallList& calls = evidence.collectives(rank, meeting.instance);
  if (calls.calls.empty()) return {ranks, "no call on this group", "", ""};
  return {ranks, "nothing more on " + evidence.histories().groups.name(calls.calls.front()->group), "", ""};
}

}  // namespace gridlock
