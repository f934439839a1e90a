#include "core/history/histories.h"
#include "core/history/transcript.h"
#include "sim/sim_world.h"
#include "tests/world_contract/contract.h"

namespace gridlock {
namespace {

using HistoryContract = Contract;

void two_steps(Rank& rank) {
  const Reply pair = rank.new_group({Members::range(0, 2), BackendKind::nccl, kGroupTimeoutDefault, "pair"});
  Call call;
  call.kind = CallKind::all_reduce;
  call.count = 4;
  run_checked(rank, call);
  call.group = pair.group;
  call.dtype = DType::int32;
  if (rank.id() < 2) run_checked(rank, call);
}

TEST_P(HistoryContract, EveryRankHasItsRecordsInProgramOrder) {
  const RunResult result = run_ranks(3, two_steps);
  const Histories& histories = *result.histories;
  for (RankId rank = 0; rank < 3; ++rank) {
    const RankEnd& end = histories.ranks[static_cast<std::size_t>(rank)];
    std::vector<RecordKind> kinds;
    for (const Record* record : histories.store.records(end.node)) kinds.push_back(record->kind);
    std::vector<RecordKind> expected{RecordKind::new_group, RecordKind::call, RecordKind::wait};
    if (rank < 2) expected.insert(expected.end(), {RecordKind::call, RecordKind::wait});
    EXPECT_EQ(kinds, expected) << "rank " << rank;
    EXPECT_EQ(end.state, HostState::returned);
    EXPECT_TRUE(end.open.empty());
  }
}

TEST_P(HistoryContract, RanksThatBehaveAlikeShareOneHistory) {
  const RunResult result = run_ranks(3, two_steps);
  const std::vector<RankEnd>& ranks = result.histories->ranks;
  EXPECT_EQ(ranks[0].node, ranks[1].node);
  EXPECT_NE(ranks[0].node, ranks[2].node);
}

TEST_P(HistoryContract, ACallRecordSaysWhatWasCalled) {
  const RunResult result = run_ranks(3, two_steps);
  const Histories& histories = *result.histories;
  const std::vector<const Record*> records = histories.store.records(histories.ranks[1].node);
  ASSERT_EQ(records.size(), 5u);
  const Record& call = *records[3];
  EXPECT_EQ(call.call, CallKind::all_reduce);
  EXPECT_EQ(call.dtype, DType::int32);
  EXPECT_EQ(call.count, 4);
  EXPECT_EQ(call.sequence, 0);
  EXPECT_EQ(call.ticket, 1);
  EXPECT_FALSE(call.rejected);
  EXPECT_EQ(histories.groups.name(call.group), "pair");
}

TEST_P(HistoryContract, TheTranscriptIsThatOfTheSimulator) {
  const RunResult here = run_ranks(3, two_steps);
  const RunResult simulated = simulate({}, 3, two_steps);
  const Transcript expected = make_transcript(*simulated.histories);
  const Transcript got = make_transcript(*here.histories);
  EXPECT_EQ(got.ranks, expected.ranks);
  EXPECT_EQ(got.hash, expected.hash);
}

INSTANTIATE_TEST_SUITE_P(Worlds, HistoryContract, testing::ValuesIn(all_worlds()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace gridlock
