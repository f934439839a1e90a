#include "core/data/reduce_op.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace gridlock {
namespace {

TEST(ReduceOpTable, NamesLeadBackToTheirOperations) {
  std::vector<std::string> names;
  for (const ReduceOpInfo& info : all_reduce_ops()) {
    EXPECT_EQ(reduce_op_from_name(info.name), info.op);
    names.emplace_back(reduce_op_name(info.op));
  }
  EXPECT_EQ(names, (std::vector<std::string>{"sum", "prod", "max", "min", "avg", "premul_sum"}));
}

TEST(ReduceOpTable, NcclCountsItsFiveOperationsFromZeroAndMakesPremulSumAtRunTime) {
  std::vector<std::optional<int>> numbers;
  for (const ReduceOpInfo& info : all_reduce_ops()) numbers.push_back(info.nccl_number);
  EXPECT_EQ(numbers, (std::vector<std::optional<int>>{0, 1, 2, 3, 4, std::nullopt}));
}

TEST(ReduceOpTable, OtherSpellingsAreNoOperations) {
  for (const char* name : {"", "SUM", "product", "mean", "premul"})
    EXPECT_EQ(reduce_op_from_name(name), std::nullopt);
}

}  // namespace
}  // namespace gridlock
