#include "core/diagnosis/finding.h"

#include <fmt/format.h>

#include "core/diagnosis/describe.h"

namespace gridlock {

const Head& head_of(const Scene& scene, const Transfer& transfer) {
  return scene.waits.heads[static_cast<std::size_t>(transfer.head)];
}

FoundSide side_of(const Evidence& evidence, RankId rank, const Record& call) {
  return {{rank}, call_text(evidence, rank, call), label_text(evidence, call), place_text(evidence, call)};
}

std::string transfer_shape(const Evidence& evidence, RankId rank, const Record& call) {
  const GroupRank place = evidence.members(evidence.instance(call, rank)).index_of(rank);
  return fmt::format("{} {} {} {} {} {} {}", static_cast<int>(call.group), static_cast<int>(call.call), place,
                     call.peer, call.sequence, label_text(evidence, call), place_text(evidence, call));
}

}  // namespace gridlock
