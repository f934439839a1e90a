// What programs note of their calls: where the data is, tags, who keeps a result, and what the data is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/programs.h"

namespace gridlock {
namespace {

RunOptions connected() {
  RunOptions options = shape_options();
  options.semantics.send_capacity_bytes = 1 << 20;
  return options;
}

Call with(Call call, const CallNotes& notes) {
  call.notes = &notes;
  return call;
}

std::vector<std::string> codes_of(const RunResult& result) {
  std::vector<std::string> codes;
  for (const Diagnosis& diagnosis : result.verdict.diagnoses) codes.emplace_back(code_name(diagnosis.code));
  return codes;
}

const Diagnosis& first(const RunResult& result) { return result.verdict.diagnoses.at(0); }

/// Every rank makes one call of the world and says what its data is.
RunResult run_contents(CallKind kind, const std::vector<std::string>& contents) {
  return simulate(connected(), static_cast<RankId>(contents.size()), [&](Rank& rank) {
    const CallNotes notes{.content = contents[static_cast<std::size_t>(rank.id())]};
    Call call = all_reduce(4);
    call.kind = kind;
    if (operation(kind).has_root) call.peer = 0;
    (void)rank.run(with(call, notes));
  });
}

TEST(CallNotes, OtherContentOnOneMemberIsASilentWrongResult) {
  const RunResult result = run_contents(CallKind::all_reduce, {"w1", "w1", "w2"});
  EXPECT_THAT(codes_of(result), ::testing::ElementsAre("SEMANTIC_LAYOUT_MISMATCH"));
  EXPECT_EQ(first(result).blame.ranks, RankSet({2}));
  EXPECT_EQ(first(result).blame.relation, Relation::minority);
  EXPECT_EQ(first(result).severity, Severity::silent_wrong_result);
  EXPECT_EQ(first(result).summary,
            "Rank 2 had other data than the rest in all_reduce #1 on world: 'w2' against 'w1'.");
}

TEST(CallNotes, EqualContentsAndMembersThatSayNothingAreQuiet) {
  EXPECT_THAT(codes_of(run_contents(CallKind::all_reduce, {"w1", "w1", ""})), ::testing::IsEmpty());
  EXPECT_THAT(codes_of(run_contents(CallKind::broadcast, {"w1", "w1", "w1"})), ::testing::IsEmpty());
}

TEST(CallNotes, SharesOfAGatherMayHaveOtherNames) {
  EXPECT_THAT(codes_of(run_contents(CallKind::all_gather, {"part 0", "part 1"})), ::testing::IsEmpty());
}

/// Rank 0 sends two messages that rank 1 receives; each end has notes.
RunResult run_messages(const std::vector<CallNotes>& sent, const std::vector<CallNotes>& received,
                       BackendKind backend = BackendKind::nccl) {
  return simulate(connected(), 2, [&](Rank& rank) {
    const GroupSpec spec{Members::range(0, 2), backend, kGroupTimeoutDefault, "g"};
    const GroupHandle group = rank.new_group(spec).group;
    std::vector<Call> calls;
    for (const CallNotes& notes : rank.id() == 0 ? sent : received) {
      calls.push_back(with(rank.id() == 0 ? send(1) : recv(0), notes));
      calls.back().group = group;
    }
    (void)rank.wait(rank.submit(calls).ticket);
  });
}

TEST(CallNotes, ATagThatIsReceivedAsAnotherOneIsATie) {
  const RunResult result = run_messages({{.tag = 1}, {.tag = 2}}, {{.tag = 2}, {.tag = 1}});
  EXPECT_THAT(codes_of(result), ::testing::ElementsAre("P2P_TAG_REORDER"));
  EXPECT_EQ(first(result).blame.relation, Relation::tie);
  EXPECT_EQ(first(result).first_divergence.at(1).call, "recv #1 from rank 0 on g, 1 x float32, tag 2");
}

TEST(CallNotes, ATagOnOneEndOnlyIsAnotherTag) {
  EXPECT_THAT(codes_of(run_messages({{.tag = 1}}, {{}})), ::testing::ElementsAre("P2P_TAG_REORDER"));
  EXPECT_THAT(codes_of(run_messages({{.tag = 1}}, {{.tag = 1}})), ::testing::IsEmpty());
}

TEST(CallNotes, GlooMatchesMessagesByTag) {
  const std::vector<CallNotes> turned{{.tag = 2}, {.tag = 1}};
  EXPECT_THAT(codes_of(run_messages({{.tag = 1}, {.tag = 2}}, turned, BackendKind::gloo)),
              ::testing::IsEmpty());
  const RunResult lost = run_messages({{.tag = 1}}, {{.tag = 2}}, BackendKind::gloo);
  EXPECT_EQ(outcome_of(lost), "stall");
  EXPECT_THAT(codes_of(lost), ::testing::Contains(::testing::StartsWith("P2P_UNMATCHED")));
}

TEST(CallNotes, AMessageTakenForAnotherOneIsInTheWrongOrder) {
  const RunResult result =
      run_messages({{.content = "grad"}, {.content = "act"}}, {{.content = "act"}, {.content = "grad"}});
  EXPECT_THAT(codes_of(result), ::testing::ElementsAre("P2P_PEER_ORDER_MISMATCH"));
  EXPECT_EQ(first(result).severity, Severity::silent_wrong_result);
}

/// A reduce to the member at place 1 of {1, 3}, whose result is looked for at `kept_by`.
RunResult run_reduce(GroupRank kept_by) {
  return simulate(connected(), 4, [&](Rank& rank) {
    const GroupSpec spec{Members::list({1, 3}), BackendKind::nccl, kGroupTimeoutDefault, "g"};
    const GroupHandle group = rank.new_group(spec).group;
    if (group == GroupHandle::none || !spec.members.contains(rank.id())) return;
    const CallNotes notes{.kept_by = kept_by};
    Call call = all_reduce(4, StreamId::main, group);
    call.kind = CallKind::reduce;
    call.peer = 1;
    (void)rank.run(with(call, notes));
  });
}

TEST(CallNotes, AResultThatIsKeptWhereTheRootIsNotIsLost) {
  const RunResult result = run_reduce(3);
  EXPECT_THAT(codes_of(result), ::testing::ElementsAre("RANK_SPACE_CONFUSION"));
  EXPECT_EQ(first(result).blame.ranks, RankSet({1, 3}));
  EXPECT_EQ(
      first(result).summary,
      "Ranks 1, 3 kept the result of reduce #1 on g where the group rank is 3, but the root is group rank 1, "
      "which is rank 3 of the world: nobody has the result.");
  EXPECT_THAT(codes_of(run_reduce(1)), ::testing::IsEmpty());
}

/// Ranks 0 to 3 on two hosts of two GPUs reduce on the GPUs that are named.
RunResult run_on(const std::vector<std::int32_t>& devices, CallKind kind = CallKind::all_reduce) {
  RunOptions options = connected();
  options.ranks_per_node = 2;
  return simulate(options, 4, [&](Rank& rank) {
    const CallNotes notes{.device = devices[static_cast<std::size_t>(rank.id())]};
    Call call = all_reduce(4);
    call.kind = kind;
    (void)rank.run(with(call, notes));
  });
}

TEST(CallNotes, TheGpuOfAnotherMemberIsRefused) {
  const RunResult result = run_on({0, 1, 0, 0});
  EXPECT_THAT(codes_of(result), ::testing::ElementsAre("DEVICE_CONFLICT"));
  EXPECT_EQ(first(result).blame.ranks, RankSet({3}));
  EXPECT_EQ(
      first(result).summary,
      "All_reduce #1 on world of rank 3 was refused: it names GPU 0 of its host, which another member uses.");
  EXPECT_THAT(codes_of(run_on({0, 1, 0, 1})), ::testing::IsEmpty());
}

TEST(CallNotes, ABarrierOnAGuessedGpuIsAWarning) {
  const RunResult result = run_on({0, 0, 0, 0}, CallKind::barrier);
  EXPECT_EQ(outcome_of(result), "passed");
  EXPECT_THAT(codes_of(result), ::testing::ElementsAre("DEVICE_UNBOUND"));
  EXPECT_EQ(first(result).blame.ranks, RankSet({1, 3}));
}

TEST(CallNotes, AGpuThatNobodyOwnsIsTakenByOneRank) {
  EXPECT_THAT(codes_of(run_on({0, 7, 0, 7})), ::testing::ElementsAre("DEVICE_UNBOUND"));
  EXPECT_THAT(codes_of(run_on({7, 7, 0, 1})), ::testing::Contains("DEVICE_CONFLICT"));
}

TEST(CallNotes, NcclCannotReachTheMemoryOfTheHost) {
  const RunResult result = run_on({kHostMemory, kHostMemory, kHostMemory, kHostMemory});
  EXPECT_EQ(outcome_of(result), "mismatch");
  EXPECT_EQ(first(result).code, Code::BACKEND_DEVICE_MISMATCH);
  EXPECT_EQ(first(result).blame.relation, Relation::all);
  EXPECT_EQ(first(result).summary,
            "All_reduce #1 on world of ranks 0-3 was refused: its data is in the memory of the host, where "
            "nccl has "
            "no path for it.");
}

/// Members of {1, 2, 3} broadcast; rank 3 names the root by its rank in the world.
TEST(RankSpaces, ARootThatOneMemberNamesByItsRankInTheWorldIsExplained) {
  const RunResult result = simulate(connected(), 4, [](Rank& rank) {
    const GroupSpec spec{Members::list({1, 2, 3}), BackendKind::nccl, kGroupTimeoutDefault, "g"};
    const GroupHandle group = rank.new_group(spec).group;
    if (!spec.members.contains(rank.id())) return;
    Call call = all_reduce(4, StreamId::main, group);
    call.kind = CallKind::broadcast;
    call.peer = rank.id() == 3 ? 1 : 0;
    (void)rank.run(call);
  });
  EXPECT_EQ(first(result).code, Code::COLL_ROOT_MISMATCH);
  EXPECT_EQ(first(result).blame.ranks, RankSet({3}));
  EXPECT_THAT(first(result).hint, ::testing::StartsWith("The two roots are one rank"));
}

}  // namespace
}  // namespace gridlock
