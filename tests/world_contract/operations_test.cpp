#include <map>

#include "core/grid/group_table.h"
#include "tests/world_contract/contract.h"

namespace gridlock {
namespace {

using OperationContract = Contract;

/// A call of that kind which every rank of the world group can make; messages go round a ring.
std::vector<Call> calls_of(CallKind kind, const Rank& rank, std::int64_t count,
                           std::vector<std::int64_t>& counts) {
  const RankId size = rank.world_size();
  Call call;
  call.kind = kind;
  call.count = count;
  const OperationInfo& info = operation(kind);
  if (info.has_root) call.peer = size - 1;
  if (kind == CallKind::all_gather_v) {
    for (RankId i = 0; i < size; ++i) counts.push_back(count + i);
  }
  if (kind == CallKind::all_to_all_v) {
    for (RankId i = 0; i < size; ++i) counts.push_back(count + rank.id() + 2 * i);
    for (RankId i = 0; i < size; ++i) counts.push_back(count + i + 2 * rank.id());
  }
  if (!counts.empty()) call.count = 0;
  call.counts = counts;
  return {call};
}

TEST_P(OperationContract, EveryOperationDeliversWhatItsPatternSays) {
  for (const CallKind kind : GetParam().operations) {
    if (operation(kind).is_p2p) continue;
    for (const std::int64_t count : {0, 1, 7, 1000}) {
      expect_passed(run_ranks(3, [kind, count](Rank& rank) {
        std::vector<std::int64_t> counts;
        for (const Call& call : calls_of(kind, rank, count, counts)) run_checked(rank, call);
      }));
    }
  }
}

TEST_P(OperationContract, MessagesOfAPairArriveInOrder) {
  if (!GetParam().carries(CallKind::send)) return;
  expect_passed(run_ranks(2, [](Rank& rank) {
    for (const std::int64_t count : {1, 1000, 3}) {
      Call call;
      call.kind = rank.id() == 0 ? CallKind::send : CallKind::recv;
      call.peer = 1 - rank.id();
      call.count = count;
      run_checked(rank, call);
    }
  }));
}

TEST_P(OperationContract, ManyCallsInARowKeepTheirOrder) {
  expect_passed(run_ranks(4, [](Rank& rank) {
    for (std::int64_t count = 1; count <= 50; ++count) {
      Call call;
      call.kind = CallKind::all_reduce;
      call.count = count;
      run_checked(rank, call);
    }
  }));
}

TEST_P(OperationContract, ARootOutOfRangeIsRefusedAndNothingIsEnqueued) {
  const RunResult result = run_ranks(2, [](Rank& rank) {
    Call call;
    call.kind = CallKind::broadcast;
    call.count = 1;
    call.peer = 2;
    call.input = call.output = rank.allocate(1, DType::float32);
    const Reply reply = rank.submit(call);
    expect(rank, reply.status.code() == StatusCode::invalid_argument, "root 2 of 2 ranks");
    expect(rank, reply.ticket == Ticket::none, "no ticket for a refused call");
    call.peer = 0;
    expect(rank, rank.run(call).ok(), "the next call is not disturbed");
  });
  EXPECT_TRUE(result.complaints.empty());
  EXPECT_EQ(result.end, RunEnd::returned);
}

TEST_P(OperationContract, WaitingForATicketThatWasNeverGivenIsRefused) {
  const RunResult result = run_ranks(1, [](Rank& rank) {
    expect(rank, rank.wait(static_cast<Ticket>(7)).code() == StatusCode::invalid_argument, "ticket 7");
  });
  EXPECT_TRUE(result.complaints.empty());
}

INSTANTIATE_TEST_SUITE_P(Worlds, OperationContract, testing::ValuesIn(all_worlds()),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace gridlock
