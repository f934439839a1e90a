#pragma once

#include <optional>

#include "core/diagnosis/evidence.h"

namespace gridlock {

/// Which end of a pair departs from what other ranks do, when one waits for a message that the other end
/// never calls.
enum class OddEnd : std::uint8_t {
  untold,
  waiting,  ///< it makes more calls than the repeated pattern has
  peer,     ///< it makes fewer
};

/// The answer, and what it rests on.
struct OddEndAnswer {
  OddEnd end = OddEnd::untold;
  /// Calls that the two ends make.
  std::size_t waiting_calls = 0;
  std::size_t peer_calls = 0;
  /// What decided it: the replicas of the pair, or that the odd end disagrees with its other partners too;
  /// else the pattern of its neighbours.
  bool by_replicas = false;
  bool by_other_partners = false;
  bool by_labels = false;
};

/// Compares how many messages the two ends of a pair want to exchange, planned ones included, with how many
/// go between the same places of the replicas of their group, with whether the two ends agree with their
/// other partners, with how many they exchange with those, and with what their labels count. `wanted` is the
/// end that is missing for a call of `waiting`. Untold unless all that both programs intend is known.
OddEndAnswer find_odd_end(Evidence& evidence, RankId waiting, const TransferEnd& wanted);

/// Whether the two ends of a pair intend unlike numbers of messages, either way, on the group of a transfer
/// of `rank`. False where not all that both programs intend is known.
bool counts_differ(const Evidence& evidence, RankId rank, const TransferEnd& wanted);

/// Two calls of one transfer have unlike sizes: the rank whose size departs from that of the replicas of the
/// pair at that place in the order or, where these do not tell, from that of the pair's other messages from
/// the same place of the sender's program. Nothing where neither tells. `mine` is the end of `my_call`, with
/// its sequence.
std::optional<RankId> find_odd_size(const Evidence& evidence, const TransferEnd& mine, const Record& my_call,
                                    const Record& their_call);

}  // namespace gridlock
