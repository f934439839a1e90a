#include "harness/read/selection_reader.h"

#include <gtest/gtest.h>

#include <functional>

#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

/// Eight ranks; a is pipe 2, data 2, tensor 2 on all of them, b is pipe 2, data 2 on ranks 7, 5, 3, 1.
Scenario with_ranks(const std::string& ranks) {
  return scenario_from(
      R"({"grids": {"a": {"recipe": "areal", "topology": {"pipe": 2, "data": 2, "tensor": 2}},
"b": {"recipe": "deepspeed", "topology": {"pipe": 2, "data": 2}, "ranks": [7, 5, 3, 1]}},
"programs": [{"ranks": )" +
      ranks + R"(, "steps": []}]})");
}

std::vector<RankId> selected(const std::string& ranks) {
  const Scenario scenario = with_ranks(ranks);
  std::vector<RankId> found;
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    const auto index = [&](const AxisRef& axis) { return axis_index(scenario, axis, rank); };
    const auto loop = [](LoopDepth) { return 0; };
    if (scenario.programs[0].ranks.matches(rank, loop, index)) found.push_back(rank);
  }
  return found;
}

std::vector<RankId> where(const std::function<bool(RankId)>& holds) {
  std::vector<RankId> found;
  for (RankId rank = 0; rank < 8; ++rank) {
    if (holds(rank)) found.push_back(rank);
  }
  return found;
}

using Ranks = std::vector<RankId>;

TEST(SelectionReader, RanksAreANumberAListARangeOrAll) {
  EXPECT_EQ(selected("3"), (Ranks{3}));
  EXPECT_EQ(selected("[5, 0, 5]"), (Ranks{0, 5}));
  EXPECT_EQ(selected("\"2-4\""), (Ranks{2, 3, 4}));
  EXPECT_EQ(selected("\"0, 3-7 step 2\""), (Ranks{0, 3, 5, 7}));
  EXPECT_EQ(selected("[0, \"6-7\"]"), (Ranks{0, 6, 7}));
  EXPECT_EQ(selected("\"all\""), where([](RankId) { return true; }));
}

TEST(SelectionReader, CoordinatesSelectByArithmetic) {
  // Row-major: rank = 4 pipe + 2 data + tensor.
  EXPECT_EQ(selected(R"({"grid": "a", "pipe": 1})"), where([](RankId r) { return r / 4 == 1; }));
  EXPECT_EQ(selected(R"({"grid": "a", "data": 1, "tensor": [0, 1]})"),
            where([](RankId r) { return r / 2 % 2 == 1; }));
  EXPECT_EQ(selected(R"({"a.tensor": 0, "a.pipe": "0-1", "rank": [0, 1, 2]})"),
            where([](RankId r) { return r % 2 == 0 && r < 3; }));
}

TEST(SelectionReader, CoordinatesFollowTheMappingOfTheirGrid) {
  // Model ranks 0 to 3 of b are world ranks 7, 5, 3, 1; pipe is the slow axis.
  EXPECT_EQ(selected(R"({"grid": "b"})"), (Ranks{1, 3, 5, 7}));
  EXPECT_EQ(selected(R"({"grid": "b", "pipe": 0})"), (Ranks{5, 7}));
  EXPECT_EQ(selected(R"({"b.data": 1, "a.pipe": 0})"), (Ranks{1}));
}

TEST(SelectionReader, ARangeReadsBackAsReportsPrintIt) {
  for (const RankSet& ranks : {RankSet{0}, RankSet{0, 1, 2, 3}, RankSet{0, 2, 4, 7}, RankSet{1, 4, 7, 6}}) {
    EXPECT_EQ(selected('"' + ranks.to_string() + '"'), ranks.to_vector()) << ranks.to_string();
  }
}

std::string error_at(const std::string& ranks) {
  return error_for(
      R"({"grids": {"a": {"recipe": "areal", "topology": {"pipe": 2, "data": 2, "tensor": 2}}}, "programs": [
{"ranks": )" +
      ranks + R"(, "steps": []}]})");
}

TEST(SelectionReader, RanksAndIndexesThatDoNotExistAreRefused) {
  EXPECT_EQ(error_at("[0, 8]"), "s.json:2:15: /programs/0/ranks/1: rank 8 does not exist; there are 0 to 7");
  EXPECT_EQ(error_at("\"4-9\""), "s.json:2:11: /programs/0/ranks: rank 9 does not exist; there are 0 to 7");
  EXPECT_EQ(error_at("\"5-4\""), "s.json:2:11: /programs/0/ranks: the range '5-4' is empty");
  EXPECT_EQ(
      error_at("\"al\""),
      "s.json:2:11: /programs/0/ranks: 'al' is no rank\n  hint: write 3, [0, 3], \"0-3\" or \"0-6 step 2\"");
  EXPECT_EQ(error_at(R"({"grid": "a", "pipe": 2})"),
            "s.json:2:33: /programs/0/ranks/pipe: index on pipe: 2 does not exist; there are 0 to 1");
}

TEST(SelectionReader, UnknownNamesAreRefused) {
  EXPECT_EQ(error_at(R"({"grid": "b"})"),
            "s.json:2:20: /programs/0/ranks/grid: there is no grid 'b'\n  hint: did you mean 'a'?");
  EXPECT_EQ(error_at(R"({"grid": "a", "tenser": 0})"),
            "s.json:2:25: /programs/0/ranks/tenser: there is no axis or loop variable 'tenser'\n"
            "  hint: did you mean 'tensor'?");
  EXPECT_EQ(error_at(R"({"a.tenser": 0})"),
            "s.json:2:12: /programs/0/ranks/a.tenser: there is no axis or loop variable 'a.tenser'\n"
            "  hint: did you mean 'a.tensor'?");
  EXPECT_EQ(error_at("{}"),
            "s.json:2:11: /programs/0/ranks: a selection without conditions\n"
            "  hint: write \"all\" for every rank");
}

TEST(SelectionReader, AGuardComparesLoopVariables) {
  const Scenario scenario = scenario_from(with_steps(
      R"({"repeat": 4, "as": "m", "steps": [{"post": "a", "only": {"m": [1, 2]}, "except": {"rank": 3, "m": 2}}]})"));
  const Guard& guard = std::get<RepeatAction>(scenario.programs[0].steps[0].action).steps[0].guard;
  const auto index = [](const AxisRef&) { return -1; };
  for (RankId rank = 0; rank < 8; ++rank) {
    for (std::int64_t m = 0; m < 4; ++m) {
      const bool expected = (m == 1 || m == 2) && !(rank == 3 && m == 2);
      EXPECT_EQ(guard.admits(
                    rank, [&](LoopDepth) { return m; }, index),
                expected)
          << rank << " " << m;
    }
  }
}

}  // namespace
}  // namespace gridlock
