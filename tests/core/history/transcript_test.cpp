#include "core/history/transcript.h"

#include <gtest/gtest.h>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

HistoryBuilder pair_program(std::int64_t count) {
  HistoryBuilder world(3);
  for (RankId rank = 0; rank < 3; ++rank) {
    world.rank(rank).new_group("pair", {0, 2});
    if (rank != 1) world.rank(rank).all_reduce("pair", count);
  }
  return world;
}

TEST(TranscriptTest, EqualRunsHaveEqualTranscripts) {
  HistoryBuilder a = pair_program(4);
  HistoryBuilder b = pair_program(4);
  EXPECT_EQ(make_transcript(a.histories()).ranks, make_transcript(b.histories()).ranks);
  EXPECT_EQ(make_transcript(a.histories()).hash, make_transcript(b.histories()).hash);
}

TEST(TranscriptTest, AnotherCountShowsOnTheRanksThatUseItOnly) {
  HistoryBuilder a = pair_program(4);
  HistoryBuilder b = pair_program(5);
  const Transcript one = make_transcript(a.histories());
  const Transcript other = make_transcript(b.histories());
  EXPECT_NE(one.ranks[0], other.ranks[0]);
  EXPECT_EQ(one.ranks[1], other.ranks[1]);
  EXPECT_NE(one.hash, other.hash);
}

TEST(TranscriptTest, ResultsArePartOfIt) {
  HistoryBuilder a = pair_program(4);
  Histories changed(3);
  changed.ranks[1].results = 7;
  EXPECT_NE(make_transcript(changed).ranks[1], make_transcript(Histories(3)).ranks[1]);
  EXPECT_EQ(make_transcript(changed).ranks[0], make_transcript(Histories(3)).ranks[0]);
}

TEST(TranscriptTest, LabelsAndLooksAtTicketsAreNoPartOfIt) {
  Histories plain(1);
  Histories looked(1);
  looked.ranks[0].node = looked.store.append(HistoryNode::empty, {.kind = RecordKind::test, .ticket = 0});
  EXPECT_EQ(make_transcript(plain).hash, make_transcript(looked).hash);
}

TEST(TranscriptTest, LinesNameTheGroupByItsKeyAndMembers) {
  HistoryBuilder world = pair_program(4);
  const Histories& histories = world.histories();
  const std::string key = to_string(histories.groups.instance(static_cast<InstanceId>(1)).key);
  const std::vector<std::string> expected{
      "new_group #0 name='pair' members=[0, 2] backend=nccl timeout_ns=7200000000000",
      "all_reduce #0 stream=0 ticket=0 count=4 dtype=float32 op=sum group=" + key + " members=[0, 2] rank=1",
      "wait ticket=0",
      "results 0000000000000000",
  };
  EXPECT_EQ(transcript_lines(histories, 2), expected);
}

}  // namespace
}  // namespace gridlock
