#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/rank_set.h"
#include "core/diagnosis/evidence.h"

namespace gridlock {

// Words of reports. Calls are counted from 1 in the order of their group (sends and receives: of their pair).

/// "all_reduce #3 on actor.tensor, 1024 x bfloat16, sum"; `rank` made it.
std::string call_text(const Evidence& evidence, RankId rank, const Record& call);
/// "all_reduce #3 on actor.tensor"
std::string short_call_text(const Evidence& evidence, RankId rank, const Record& call);
/// What a host of Evidence stands in: "recv #1 from rank 2 on world", "the creation of group 'g'", "the end
/// of its program".
std::string position_text(Evidence& evidence, int host);
/// "forward [m=2]", "forward [m=2] in thread 'checkpoint'"
std::string label_text(const Evidence& evidence, const Record& record);
std::string place_text(const Evidence& evidence, const Record& record);
/// "rank 3", "ranks 0-3, 8", "no rank". A set of many runs is cut and counted: "ranks 0, 3, ..., ... (37
/// ranks)".
std::string ranks_text(const RankSet& ranks);
std::string ranks_text(const std::vector<RankId>& ranks);
/// "new_group 'outer' of [0, 3], nccl"
std::string spec_text(const GroupSpec& spec);

}  // namespace gridlock
