#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/diagnosis/alignment.h"
#include "core/diagnosis/finding.h"

namespace gridlock {

/// How the calls of `odd` on the group of the meeting depart from those of `usual`. Alignment::index is a
/// place in the group's order of calls, also where the histories start in the middle of it.
std::optional<Alignment> align_members(Evidence& evidence, const Meeting& meeting, RankId usual, RankId odd);

/// Whether two members' calls on the group of the meeting, made and planned, differ at any place that both
/// have, and there, at the first one, in arguments and not in the operation.
bool arguments_part(Evidence& evidence, const Meeting& meeting, RankId a, RankId b);

/// What `ranks` do at a place in the order of the meeting's group, in the words of the first of them.
/// Requires: not empty.
FoundSide side_at(Evidence& evidence, const Meeting& meeting, const std::vector<RankId>& ranks,
                  std::size_t sequence);

}  // namespace gridlock
