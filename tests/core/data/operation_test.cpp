#include "core/data/operation.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

namespace gridlock {
namespace {

using K = CallKind;

std::set<K> kinds_where(bool (*holds)(const OperationInfo&)) {
  std::set<K> kinds;
  for (const OperationInfo& info : all_operations()) {
    if (holds(info)) kinds.insert(info.kind);
  }
  return kinds;
}

TEST(OperationTable, NamesLeadBackToTheirKinds) {
  EXPECT_EQ(all_operations().size(), 13u);
  for (const OperationInfo& info : all_operations()) {
    EXPECT_EQ(call_kind_from_name(info.name), info.kind);
    EXPECT_EQ(call_kind_name(info.kind), info.name);
  }
  EXPECT_EQ(call_kind_from_name("allreduce"), std::nullopt);
}

// The argument lists of nccl.h: ncclReduce, ncclAllReduce and ncclReduceScatter take an op; ncclReduce,
// ncclBroadcast, ncclGather and ncclScatter a root; ncclSend and ncclRecv a peer.
TEST(OperationTable, ReductionsRootsAndPeersAreThoseOfNcclsFunctions) {
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.reduces; }),
            (std::set<K>{K::all_reduce, K::reduce, K::reduce_scatter}));
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.has_root; }),
            (std::set<K>{K::reduce, K::broadcast, K::gather, K::scatter}));
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.is_p2p; }),
            (std::set<K>{K::send, K::recv}));
}

TEST(OperationTable, OnlyAllToAllGatherAndScatterNeedNccl2283) {
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.nccl_version_min >= 22800; }),
            (std::set<K>{K::all_to_all, K::gather, K::scatter}));
}

TEST(OperationTable, WhatHasNoNcclKernelIsMadeOfOperationsThatHaveOne) {
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.made_of == MadeOf::send_recv; }),
            (std::set<K>{K::all_to_all, K::gather, K::scatter, K::all_to_all_v}));
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.made_of == MadeOf::broadcast; }),
            (std::set<K>{K::all_gather_v}));
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.made_of == MadeOf::all_reduce; }),
            (std::set<K>{K::barrier}));
}

/// Elements in a group of 4 whose call says 10; root is rank 2.
struct BufferCase {
  K kind;
  std::int64_t input_root, input_other, output_root, output_other;
};

// NCCL user guide, api/colls and api/p2p: sendcount and recvcount of each function.
constexpr BufferCase kBuffers[] = {
    {K::all_reduce, 10, 10, 10, 10},
    {K::reduce, 10, 10, 10, 0},
    {K::broadcast, 10, 0, 10, 10},
    {K::all_gather, 10, 10, 40, 40},
    {K::reduce_scatter, 40, 40, 10, 10},
    {K::all_to_all, 40, 40, 40, 40},
    {K::gather, 10, 10, 40, 0},
    {K::scatter, 40, 0, 10, 10},
    {K::send, 10, 10, 0, 0},
    {K::recv, 0, 0, 10, 10},
    {K::barrier, 0, 0, 0, 0},
    {K::all_gather_v, 10, 10, 40, 40},
    {K::all_to_all_v, 40, 40, 40, 40},
};

TEST(OperationTable, BufferSizesAreThoseOfTheNcclGuide) {
  for (const BufferCase& expected : kBuffers) {
    SCOPED_TRACE(call_kind_name(expected.kind));
    EXPECT_EQ(input_count(expected.kind, 10, 4, 2, 2), expected.input_root);
    EXPECT_EQ(input_count(expected.kind, 10, 4, 1, 2), expected.input_other);
    EXPECT_EQ(output_count(expected.kind, 10, 4, 2, 2), expected.output_root);
    EXPECT_EQ(output_count(expected.kind, 10, 4, 1, 2), expected.output_other);
  }
}

TEST(OperationTable, InAGroupOfOneEveryBufferHoldsOneShare) {
  for (const OperationInfo& info : all_operations()) {
    SCOPED_TRACE(info.name);
    EXPECT_EQ(input_count(info.kind, 7, 1, 0, 0), info.input == Extent::nothing ? 0 : 7);
    EXPECT_EQ(output_count(info.kind, 7, 1, 0, 0), info.output == Extent::nothing ? 0 : 7);
  }
}

// NCCL user guide, usage/inplace.
TEST(OperationTable, InPlaceRulesAreThoseOfTheNcclGuide) {
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.in_place == InPlace::same; }),
            (std::set<K>{K::all_reduce, K::reduce, K::broadcast}));
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.in_place == InPlace::input_share; }),
            (std::set<K>{K::all_gather, K::gather, K::all_gather_v}));
  EXPECT_EQ(kinds_where([](const OperationInfo& info) { return info.in_place == InPlace::output_share; }),
            (std::set<K>{K::reduce_scatter, K::scatter}));
}

}  // namespace
}  // namespace gridlock
