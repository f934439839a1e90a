// Every case of the peers' recordings is answered here or named as belonging to a later capability.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/core/grid/peer_cases.h"
#include "tests/core/grid/sha256.h"

namespace gridlock::testing {
namespace {

// Calls that need a capability this project does not have yet, by capability.
const std::map<std::string, std::set<std::string>>& later_capabilities() {
  static const std::map<std::string, std::set<std::string>> kCalls = {
      {"expert groups of DeepSpeed",
       {"_get_expert_parallel_ranks", "expected_folding_group_tables.dense_dp_groups",
        "expected_folding_group_tables.edp_groups", "expected_folding_group_tables.tp_groups",
        "expected_folding_group_tables.ep_groups", "local_folding_ranks", "build_folding_spec",
        "build_folding_spec -> dp_size, edp_size"}},
      {"tensor groups of DeepSpeed AutoTP",
       {"_init_tp_groups_with_new_group: [new_group calls, own data group, own tensor group]"}},
      {"recipe of Megatron",
       {"initialize_model_parallel", "get_data_parallel_src_rank", "get_pipeline_model_parallel_prev_rank",
        "set then get_virtual_pipeline_model_parallel_rank", "get_tensor_model_parallel_world_size",
        "get_expert_tensor_parallel_world_size", "get_expert_tensor_parallel_rank",
        "get_data_parallel_world_size", "get_data_parallel_rank", "is_pipeline_last_stage",
        "state of every rank is the same for order tp-ep-dp-pp and tp-pp-ep-dp",
        "equality of each group between order tp-ep-dp-pp and tp-pp-ep-dp",
        "initialize_model_parallel: new_group calls in order [ranks, backend, group_desc]"}},
      {"views of Megatron's HyperCommGrid", {"register_view", "__init__ in a world of 8"}},
  };
  return kCalls;
}

/// The capability that a case waits for, or "" for a case that must be answered now.
std::string capability_of(const Json& peer_case) {
  // The calls of Megatron's parallel state are named like DeepSpeed's accessors; its cases have sizes instead
  // of axes.
  if (peer_case.at("topology").is_object() && peer_case.at("topology").contains("axes")) return "";
  for (const auto& [capability, calls] : later_capabilities()) {
    if (calls.count(peer_case.at("call")) > 0) return capability;
  }
  return "";
}

std::vector<RecordedCase> cases_to_answer() {
  std::vector<RecordedCase> cases;
  for (const Json& file : recorded_files("peer_topology_cases")) {
    for (const Json& peer_case : file) {
      if (capability_of(peer_case).empty()) cases.push_back({peer_case});
    }
  }
  return cases;
}

Json answer(const Json& peer_case) {
  for (const auto& handler : {answer_topology_case, answer_deepspeed_grid_case, answer_areal_layout_case,
                              answer_megatron_enumeration_case}) {
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

TEST(PeerTopology, the_cases_left_to_later_capabilities_are_exactly_these_many) {
  std::map<std::string, int> left;
  const std::vector<Json> files = recorded_files("peer_topology_cases");
  for (const Json& peer_case : files.front()) {
    const std::string capability = capability_of(peer_case);
    if (!capability.empty()) ++left[capability];
  }
  const std::map<std::string, int> expected = {{"expert groups of DeepSpeed", 14},
                                               {"tensor groups of DeepSpeed AutoTP", 3},
                                               {"recipe of Megatron", 21},
                                               {"views of Megatron's HyperCommGrid", 2}};
  EXPECT_EQ(left, expected);
}

}  // namespace
}  // namespace gridlock::testing
