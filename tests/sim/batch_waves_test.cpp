#include "sim/batch_waves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridlock::sim {
namespace {

using ::testing::ElementsAre;

BatchMessage message(CallKind kind, GroupRank self, GroupRank peer, GroupRank size) {
  return {kind, InstanceId::world, self, peer, size};
}

TEST(BatchWaves, PeersAreServedByTheirDistanceAndNotByTheOrderOfTheBatch) {
  const std::vector<BatchMessage> batch = {message(CallKind::send, 0, 3, 4), message(CallKind::send, 0, 1, 4),
                                           message(CallKind::send, 0, 2, 4)};
  EXPECT_THAT(batch_waves(batch, 1), ElementsAre(2, 0, 1));
  EXPECT_THAT(batch_waves(batch, 2), ElementsAre(1, 0, 0));
}

TEST(BatchWaves, ASendAheadAndARecvFromBehindAreOneWork) {
  // Rank 1 of 4: ahead 2, behind 0.
  const std::vector<BatchMessage> ring = {message(CallKind::send, 1, 2, 4), message(CallKind::recv, 1, 0, 4),
                                          message(CallKind::recv, 1, 2, 4)};
  EXPECT_THAT(batch_waves(ring, 1), ElementsAre(0, 0, 1));
}

TEST(BatchWaves, TheSecondMessageToAPeerComesAfterTheFirstOfAll) {
  const std::vector<BatchMessage> batch = {message(CallKind::send, 0, 1, 3), message(CallKind::send, 0, 1, 3),
                                           message(CallKind::send, 0, 2, 3)};
  EXPECT_THAT(batch_waves(batch, 1), ElementsAre(0, 2, 1));
}

// Both ends of every message of a full exchange are in the same part, whatever the part's size: no two ranks
// wait for each other's parts.
TEST(BatchWaves, AFullExchangeIsCutAtTheSamePlacesOnAllRanks) {
  for (const GroupRank size : {2, 3, 8, 13}) {
    for (const std::int64_t works : {1, 2, 8}) {
      std::vector<std::vector<std::uint16_t>> sent(static_cast<std::size_t>(size));
      std::vector<std::vector<std::uint16_t>> received(static_cast<std::size_t>(size));
      for (GroupRank self = 0; self < size; ++self) {
        std::vector<BatchMessage> batch;
        for (GroupRank peer = 0; peer < size; ++peer) {
          batch.push_back(message(CallKind::send, self, peer, size));
          batch.push_back(message(CallKind::recv, self, peer, size));
        }
        const std::vector<std::uint16_t> waves = batch_waves(batch, works);
        for (std::size_t i = 0; i < waves.size(); ++i)
          (i % 2 == 0 ? sent : received)[static_cast<std::size_t>(self)].push_back(waves[i]);
      }
      for (std::size_t from = 0; from < sent.size(); ++from) {
        for (std::size_t to = 0; to < sent.size(); ++to) EXPECT_EQ(sent[from][to], received[to][from]);
      }
    }
  }
}

}  // namespace
}  // namespace gridlock::sim
