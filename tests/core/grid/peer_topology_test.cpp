// Every case of the peers' recordings is answered here.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/core/grid/peer_cases.h"
#include "tests/core/grid/sha256.h"

namespace gridlock::testing {
namespace {

/// A rank sets this variable of its process and reads it back: no grid logic, and the one case that is not
/// answered here.
bool is_left_out(const Json& peer_case) {
  return peer_case.at("call") == "set then get_virtual_pipeline_model_parallel_rank";
}

std::vector<RecordedCase> cases_to_answer() {
  std::vector<RecordedCase> cases;
  for (const Json& file : recorded_files("peer_topology_cases")) {
    for (const Json& peer_case : file) {
      if (!is_left_out(peer_case)) cases.push_back({peer_case});
    }
  }
  return cases;
}

Json answer(const Json& peer_case) {
  for (const auto& handler :
       {answer_topology_case, answer_deepspeed_grid_case, answer_areal_layout_case,
        answer_megatron_enumeration_case, answer_deepspeed_expert_case, answer_megatron_state_case}) {
    const Json answered = handler(peer_case);
    if (answered != kNotHandled) return answered;
  }
  return kNotHandled;
}

// Long lists were recorded as their size, both ends and a hash of the whole.
Json in_recorded_shape(const Json& lists, const Json& expected) {
  if (!expected.is_object() || !expected.contains("sha256_16_of_compact_json")) return lists;
  const std::vector<RankId> first = lists.front();
  const std::vector<RankId> last = lists.back();
  const auto shown = static_cast<std::ptrdiff_t>(std::min<std::size_t>(first.size(), 8));
  return {{"groups", lists.size()},
          {"group_size", first.size()},
          {"first", std::vector<RankId>(first.begin(), first.begin() + shown)},
          {"last", std::vector<RankId>(last.end() - shown, last.end())},
          {"sha256_16_of_compact_json", sha256(lists.dump()).substr(0, 16)}};
}

class PeerCases : public ::testing::TestWithParam<RecordedCase> {};

TEST_P(PeerCases, the_recorded_case_is_answered_as_the_peer_answers_it) {
  const Json& expected = GetParam().content.at("expect");
  const Json answered = answer(GetParam().content);
  if (expected.is_string() && expected.get<std::string>().rfind('!', 0) == 0) {
    ASSERT_TRUE(answered.is_string());
    EXPECT_EQ(answered.get<std::string>().front(), '!') << "the peer refuses this with " << expected;
  } else {
    EXPECT_EQ(in_recorded_shape(answered, expected), expected);
  }
}

INSTANTIATE_TEST_SUITE_P(recorded, PeerCases, ::testing::ValuesIn(cases_to_answer()),
                         [](const auto& peer_case) { return as_test_name(peer_case.param.id()); });

TEST(PeerTopology, every_case_but_one_is_answered) {
  const std::vector<Json> files = recorded_files("peer_topology_cases");
  EXPECT_EQ(files.front().size(), 288U);
  EXPECT_EQ(cases_to_answer().size(), 287U);
}

}  // namespace
}  // namespace gridlock::testing
