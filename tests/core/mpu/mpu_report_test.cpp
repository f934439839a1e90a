#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "core/mpu/accessor_report.h"
#include "core/mpu/value_summary.h"
#include "tests/core/mpu/mpu_contract.h"
#include "tests/core/mpu/mpu_grids.h"
#include "tests/golden.h"

namespace gridlock {
namespace {

AccessorReport report_of(const std::vector<ParallelGrid>& grids) {
  return make_accessor_report(
      [&](RankId rank) -> const Mpu& { return grids[static_cast<std::size_t>(rank)]; },
      static_cast<RankId>(grids.size()));
}

const AccessorRow& row_of(const AccessorClass& part, Accessor accessor) {
  return part.accessors[static_cast<std::size_t>(accessor)];
}

TEST(AccessorReport, PrintsASmallModelBesideRanksThatAreNotInIt) {
  expect_golden("accessors_pp2_dp1_tp2_at_1.txt", to_text(report_of(test::areal_world(2, 1, 2, 1, 6))));
}

TEST(AccessorReport, APlainModelOf512RanksIsOneClassThatFitsAPage) {
  const AccessorReport report = report_of(test::areal_world(8, 8, 8, 0, 512));
  ASSERT_EQ(report.classes.size(), 1u);
  EXPECT_EQ(report.classes[0].ranks.to_string(), "0-511");
  const std::string text = to_text(report);
  EXPECT_LT(std::count(text.begin(), text.end(), '\n'), 200);
  EXPECT_LT(text.size(), 20'000u);
}

TEST(AccessorReport, SummarisesTheAnswersOfAClass) {
  const AccessorReport report = report_of(test::areal_world(8, 8, 8, 0, 512));
  const AccessorClass& part = report.classes.at(0);
  EXPECT_EQ(row_of(part, Accessor::get_pipe_parallel_world_size).value, "8");
  EXPECT_EQ(row_of(part, Accessor::get_stage_id).value, "0..7");
  EXPECT_EQ(row_of(part, Accessor::get_tensor_model_parallel_group).value,
            "64 groups of 8, the first [0, 1, 2, 3, 4, 5, 6, 7]");
  EXPECT_TRUE(row_of(part, Accessor::get_sequence_parallel_rank).missing);
}

TEST(AccessorReport, MembersAndOthersAreDifferentClasses) {
  const AccessorReport report = report_of(test::areal_world(2, 2, 2, 8, 16));
  ASSERT_EQ(report.classes.size(), 2u);
  EXPECT_EQ(report.classes[0].ranks.to_string(), "0-7");
  EXPECT_EQ(report.classes[1].ranks.to_string(), "8-15");
  EXPECT_EQ(row_of(report.classes[0], Accessor::get_data_parallel_group).value, "None");
  EXPECT_TRUE(report.consistent());
}

/// The names in the recorded AttributeErrors of a reference grid.
std::set<std::string> recorded_missing(const char* run) {
  std::set<std::string> names;
  const std::string error = "!AttributeError ";
  for (const auto& [function, value] : test::mpu_contract()["run_of_deepspeed_functions"][run].items()) {
    if (!value.is_string() || value.get<std::string>().rfind(error, 0) != 0) continue;
    names.insert(value.get<std::string>().substr(error.size()));
  }
  return names;
}

TEST(AccessorReport, TellsWhichNamesOfOtherObjectsWouldBeMissedAsTheReferencesFailed) {
  const AccessorReport report = report_of(test::areal_world(2, 2, 2, 0, 8));
  std::vector<std::set<std::string>> missing(3);
  for (std::size_t i = 0; i < 3; ++i) {
    for (Accessor name : report.gaps.at(i).missing) missing[i].insert(std::string(accessor_name(name)));
  }
  EXPECT_EQ(missing[0], recorded_missing("areal_rank5"));
  EXPECT_EQ(missing[1], recorded_missing("deepspeed_grid_rank5"));
  EXPECT_TRUE(missing[2].count("get_model_parallel_world_size"));
}

TEST(ValueSummary, SaysEqualValuesOnceAndTheRangeOfOthers) {
  ValueSummary same, range, list;
  for (std::int64_t i : {3, 1, 2}) {
    same.add(7);
    range.add(i);
    list.add(ProbeValue::list({i, Members::range(static_cast<RankId>(4 * i), 2)}));
  }
  EXPECT_EQ(same.to_string(), "7");
  EXPECT_EQ(range.to_string(), "1..3");
  EXPECT_EQ(list.to_string(), "[1..3, 3 groups of 2, the first [12, 13]]");
}

}  // namespace
}  // namespace gridlock
