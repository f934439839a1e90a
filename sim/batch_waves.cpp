#include "sim/batch_waves.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace gridlock::sim {

std::vector<std::uint16_t> batch_waves(std::span<const BatchMessage> messages, std::int64_t works_max) {
  // A work is one turn of one round of one group: its send and its recv.
  using WorkKey = std::tuple<std::int32_t, GroupRank, InstanceId>;
  std::map<std::tuple<InstanceId, CallKind, GroupRank>, std::int32_t> turns;
  std::vector<WorkKey> work_of;
  for (const BatchMessage& message : messages) {
    const GroupRank ahead =
        message.kind == CallKind::send ? message.peer - message.self : message.self - message.peer;
    const GroupRank round = (ahead + message.group_size) % message.group_size;
    const std::int32_t turn = turns[{message.instance, message.kind, message.peer}]++;
    work_of.emplace_back(turn, round, message.instance);
  }
  std::vector<WorkKey> order = work_of;
  std::sort(order.begin(), order.end());
  order.erase(std::unique(order.begin(), order.end()), order.end());
  std::vector<std::uint16_t> waves;
  for (const WorkKey& work : work_of) {
    const auto place = std::lower_bound(order.begin(), order.end(), work) - order.begin();
    waves.push_back(static_cast<std::uint16_t>(place / works_max));
  }
  return waves;
}

}  // namespace gridlock::sim
