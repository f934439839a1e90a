// What workloads stand for, against formulas: how often each operation is called and how much it moves.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "core/data/operation.h"
#include "harness/read/workloads.h"
#include "tests/harness/scenario_folder.h"
#include "tests/harness/step_walker.h"

namespace gridlock {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

struct Sum {
  std::int64_t calls = 0;
  std::int64_t elements = 0;
  bool operator==(const Sum&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Sum& sum) {
  return out << sum.calls << " calls of " << sum.elements << " elements";
}
using Sums = std::map<std::string, Sum>;

/// Calls and counts of a rank, by operation.
Sums sums_of(const Scenario& scenario, RankId rank) {
  Sums sums;
  StepWalker walker(scenario, rank);
  walker.walk([&](const Step& step) {
    const auto* submit = std::get_if<SubmitAction>(&step.action);
    if (submit == nullptr) return;
    for (const Operation& operation : submit->operations) {
      Sum& sum = sums[std::string(call_kind_name(operation.kind))];
      ++sum.calls;
      sum.elements += walker.value(operation.count);
      for (std::size_t i = 0; i < operation.counts.size() / 2; ++i)
        sum.elements += walker.value(operation.counts[i]);
    }
  });
  return sums;
}

constexpr const char* kGrid =
    R"("trainer": {"recipe": "megatron", "topology": {"pipe": 1, "data": 4, "context": 3, "tensor": 1},
"views": {"expert": {"pipe": 1, "expert_data": 3, "expert": 4, "expert_tensor": 1}}})";

std::string text_of(const std::string& workload) {
  return fmt::format(R"({{"grids": {{{}}}, "programs": [{{"ranks": "all", "steps": [
{{"workload": {}}}]}}]}})",
                     kGrid, workload);
}
Scenario scenario_of(const std::string& workload) { return scenario_from(text_of(workload)); }

// L layers, M micro-batches of c elements each: L x M gathers forward, as many backward unless weights are
// kept, and L x M scatters of gradients.
TEST(Workloads, fsdp_gathers_each_layer_for_each_pass_whatever_is_prefetched) {
  for (const bool prefetch : {true, false}) {
    for (const bool keep : {true, false}) {
      for (const std::int64_t layers : {1, 2, 5}) {
        const Sums sums = sums_of(
            scenario_of(fmt::format(
                R"("fsdp", "grid": "trainer", "layers": {}, "count": 7, "micro_batches": 3, "prefetch": {}, "keep_weights": {})",
                layers, prefetch, keep)),
            5);
        const std::int64_t gathers = layers * 3 * (keep ? 1 : 2);
        EXPECT_THAT(sums, ElementsAre(Pair("all_gather", Sum{gathers, gathers * 7}),
                                      Pair("reduce_scatter", Sum{layers * 3, layers * 3 * 7})));
      }
    }
  }
}

TEST(Workloads, zero1_reduces_once_however_many_micro_batches_there_are) {
  const Sums sums = sums_of(
      scenario_of(
          R"("zero1", "grid": "trainer", "buckets": 4, "count": 9, "micro_batches": 6, "overflow_check": true)"),
      0);
  EXPECT_THAT(sums, ElementsAre(Pair("all_gather", Sum{4, 36}), Pair("all_reduce", Sum{1, 1}),
                                Pair("reduce_scatter", Sum{4, 36})));
}

// Forward and backward: n - 1 turns of one message, n - 1 of two, and one that brings gradients home.
TEST(Workloads, context_ring_passes_every_key_once_around) {
  for (const char* p2p : {"batched", "even_odd"}) {
    const Sums sums = sums_of(
        scenario_of(fmt::format(
            R"("context_ring", "grid": "trainer", "layers": 2, "count": 5, "micro_batches": 2, "p2p": "{}")",
            p2p)),
        4);
    const std::int64_t messages = 2 * 2 * (2 + 2 * 2 + 1);
    EXPECT_THAT(sums, ElementsAre(Pair("recv", Sum{messages, messages * 5}),
                                  Pair("send", Sum{messages, messages * 5})));
  }
}

TEST(Workloads, context_ring_of_one_rank_sends_nothing) {
  EXPECT_TRUE(
      sums_of(
          scenario_of(R"("context_ring", "grid": "trainer", "family": "tensor", "layers": 2, "count": 5)"), 0)
          .empty());
}

TEST(Workloads, ulysses_exchanges_four_tensors_each_way) {
  const Sums sums =
      sums_of(scenario_of(R"("ulysses", "grid": "trainer", "layers": 5, "count": 3, "micro_batches": 2)"), 0);
  EXPECT_THAT(sums, ElementsAre(Pair("all_to_all", Sum{2 * 4 * 5 * 2, 2 * 4 * 5 * 2 * 3})));
}

// What is sent to the experts comes back: a rank of expert place p sends its row of the matrix, and later its
// column, in each of the two passes.
TEST(Workloads, moe_sends_rows_and_returns_columns) {
  const std::vector<std::vector<std::int64_t>> tokens = {
      {5, 0, 3, 1}, {0, 0, 0, 0}, {2, 2, 2, 2}, {9, 0, 0, 4}};
  const Scenario scenario = scenario_of(
      R"("moe", "grid": "trainer", "layers": 3, "tokens": [[5, 0, 3, 1], [0, 0, 0, 0], [2, 2, 2, 2], [9, 0, 0, 4]])");
  for (RankId rank = 0; rank < scenario.world_size; ++rank) {
    const auto place = static_cast<std::size_t>(rank % 4);
    std::int64_t both = std::accumulate(tokens[place].begin(), tokens[place].end(), std::int64_t{0});
    for (const auto& row : tokens) both += row[place];
    EXPECT_THAT(sums_of(scenario, rank), ElementsAre(Pair("all_to_all", Sum{3, 3}),
                                                     Pair("all_to_all_v", Sum{3 * 2 * 2, 3 * 2 * both})))
        << rank;
  }
}

TEST(Workloads, weight_sync_broadcasts_whole_buckets_to_the_servers_alone) {
  const Scenario scenario = scenario_from(
      R"({"grids": {"t": {"recipe": "areal", "topology": {"pipe": 1, "data": 4, "tensor": 1}},
"r": {"recipe": "areal", "topology": {"pipe": 1, "data": 2, "tensor": 1}, "ranks": {"offset": 4}}},
"programs": [{"ranks": "all", "steps": [
{"workload": "weight_sync", "from": "t", "to": "r", "buckets": 3, "count": 10}]}]})");
  EXPECT_THAT(sums_of(scenario, 0), ElementsAre(Pair("all_gather", Sum{3, 30}), Pair("barrier", Sum{1, 0}),
                                                Pair("broadcast", Sum{3, 3 * 4 * 10})));
  EXPECT_THAT(sums_of(scenario, 2), ElementsAre(Pair("all_gather", Sum{3, 30})));
  EXPECT_THAT(sums_of(scenario, 5),
              ElementsAre(Pair("barrier", Sum{1, 0}), Pair("broadcast", Sum{3, 3 * 4 * 10})));
}

std::string error_of(const std::string& workload) { return error_for(text_of(workload)); }

TEST(Workloads, their_own_errors_are_named_with_the_nearest_name) {
  const std::string place = "s.json:3:";
  const auto told = [&](const std::string& workload) {
    const std::string error = error_of(workload);
    return error.substr(error.find(": ", error.find('/')) + 2);
  };
  EXPECT_EQ(told(R"("fspd")"), "there is no workload 'fspd'\n  hint: did you mean 'fsdp'?");
  EXPECT_EQ(told(R"("fsdp", "grid": "trainer", "count": 1)"), "the key 'layers' is missing");
  EXPECT_EQ(told(R"("fsdp", "grid": "trainer", "layer": 1, "count": 1)"),
            "unknown key 'layer'\n  hint: did you mean 'layers'?");
  EXPECT_EQ(told(R"("fsdp", "grid": "trainer", "layers": 0, "count": 1)"),
            "expected an integer from 1 to 1000000000, got 0");
  EXPECT_EQ(told(R"("fsdp", "grid": "trainr", "layers": 1, "count": 1)"),
            "there is no grid 'trainr'\n  hint: did you mean 'trainer'?");
  EXPECT_EQ(told(R"("ulysses", "grid": "trainer", "family": "contxt", "layers": 1, "count": 1)"),
            "there is no family of all the grid's ranks 'contxt'\n  hint: did you mean 'context'?");
  EXPECT_EQ(told(R"("moe", "grid": "trainer", "layers": 1)"), "the key 'count' is missing");
  EXPECT_EQ(told(R"("moe", "grid": "trainer", "layers": 1, "tokens": [1, 2])"),
            "expected 4 numbers, one for each member of a group, got 2");
  EXPECT_EQ(told(R"("checkpoint", "grid": "trainer", "mode": "sharde", "count": 1)"),
            "there is no mode 'sharde'\n  hint: did you mean 'sharded'?");
  EXPECT_EQ(told(R"("weight_sync", "from": "trainer", "to": "trainer", "count": 1)"),
            "rank 0 is in both grids\n  hint: a trainer sends its weights to other ranks");
}

// Rank 2 leaves out, changes, or moves one call of layer 1; the others and its other turns do not change.
TEST(Workloads, mistakes_hit_the_ranks_and_turns_that_they_name) {
  const auto with = [](const std::string& mistake) {
    return scenario_of(
        R"("ulysses", "grid": "trainer", "layers": 3, "count": 4, "tensors": 1, "mistakes": [)" + mistake +
        "]");
  };
  const Scenario skipped = with(R"({"at": "to sequence", "only": {"rank": 2, "layer": 1}})");
  EXPECT_THAT(sums_of(skipped, 2), ElementsAre(Pair("all_to_all", Sum{11, 44})));
  EXPECT_THAT(sums_of(skipped, 1), ElementsAre(Pair("all_to_all", Sum{12, 48})));
  const Scenario other_size = with(R"({"at": "to sequence", "only": {"rank": 2, "layer": 1}, "count": 0})");
  EXPECT_THAT(sums_of(other_size, 2), ElementsAre(Pair("all_to_all", Sum{12, 44})));
}

std::vector<std::string> labels_of(const Scenario& scenario, RankId rank) {
  std::vector<std::string> labels;
  StepWalker(scenario, rank).walk([&](const Step& step) { labels.push_back(step.site.text); });
  return labels;
}

TEST(Workloads, a_phase_stands_before_all_labels) {
  EXPECT_THAT(
      labels_of(scenario_of(R"("zero1", "grid": "trainer", "buckets": 1, "count": 9, "phase": "critic")"), 0),
      ElementsAre("critic: gradients", "critic: weights"));
}

TEST(Workloads, a_mistake_in_the_order_moves_a_call_behind_a_later_one) {
  const Scenario scenario = scenario_of(
      R"("fsdp", "grid": "trainer", "layers": 2, "count": 4, "prefetch": false, "mistakes": [
{"at": "backward weights", "only": {"rank": 2, "from_last": 1}, "after": "gradients"}])");
  EXPECT_THAT(labels_of(scenario, 1), ElementsAre("forward weights", "forward weights", "backward weights",
                                                  "gradients", "backward weights", "gradients"));
  EXPECT_THAT(labels_of(scenario, 2), ElementsAre("forward weights", "forward weights", "backward weights",
                                                  "gradients", "gradients", "backward weights"));
  EXPECT_EQ(
      error_of(
          R"("zero1", "grid": "trainer", "buckets": 2, "count": 4, "mistakes": [{"at": "gradients", "only": [2],
"after": "weights"}])"),
      "s.json:4:10: /programs/0/steps/0/mistakes/0/after: no step 'weights' comes after 'gradients' in the "
      "same "
      "list of steps or inside of it");
}

TEST(Workloads, mistakes_without_a_step_are_refused) {
  const auto told = [](const std::string& mistake) {
    const std::string error = error_of(
        R"("checkpoint", "grid": "trainer", "mode": "rank0", "count": 4, "mistakes": [)" + mistake + "]");
    return error.substr(error.find(": ", error.find('/')) + 2);
  };
  EXPECT_EQ(told(R"({"at": "shard", "only": [1]})"),
            "there is no step of this workload labelled 'shard'\n  hint: did you mean 'shards'?");
  EXPECT_EQ(told(R"({"at": "written", "only": [1], "count": 0})"), "the step 'written' has no count");
  EXPECT_EQ(told(R"({"at": "written"})"), "the key 'only' is missing");
  EXPECT_EQ(told(R"({"at": "written", "only": [1], "before": "x"})").substr(0, 20), "unknown key 'before'");
}

// Durations are "none" where they are not given; the calls are the same.
TEST(Workloads, a_step_of_reinforcement_learning_trains_with_and_without_durations) {
  const auto calls = [](const char* more, RankId rank) {
    return sums_of(scenario_from(fmt::format(
                       R"({{"world": {{"ranks": 4}}, "grids": {{
"t": {{"recipe": "areal", "topology": {{"pipe": 2, "data": 1, "tensor": 1}}}},
"r": {{"recipe": "areal", "topology": {{"pipe": 1, "data": 2, "tensor": 1}}, "ranks": {{"offset": 2}}}}}},
"programs": [{{"ranks": "all", "steps": [{{"create_grid": "t"}}, {{"create_grid": "r"}},
{{"workload": "rl_step", "rollout": "r", "trainer": "t", "steps": 2, "count": 8, "micro_batches": 3{}}}]}}]}})",
                       more)),
                   rank);
  };
  const Sums none = calls("", 0);
  // In each of two steps rewards and gradients are reduced once, and for each of three micro-batches two
  // tensors forward and two backward; an activation goes and a gradient comes.
  EXPECT_EQ(none.at("all_reduce"), (Sum{2 * (1 + 1 + 3 * 4), 2 * (3 + 8 + 3 * 4 * 8)}));
  EXPECT_EQ(none.at("send"), (Sum{6, 48}));
  EXPECT_EQ(none.at("recv"), (Sum{6, 48}));
  EXPECT_EQ(calls(R"(, "forward": "10us", "backward": "20us")", 0), none);
}

std::string pipeline_error(const std::string& more) {
  return error_for(fmt::format(
      R"({{"world": {{"ranks": 8}}, "grids": {{"g": {{"recipe": "areal",
"topology": {{"pipe": 3, "data": 2, "tensor": 1}}}}}}, "programs": [{{"ranks": "all", "steps": [{{"create_grid": "g"}},
{{"workload": "pipeline", "grid": "g", "schedule": "1f1b", "micro_batches": 4, "count": 4, "tied_embedding": 4, {}}}]}}]}})",
      more));
}

TEST(Workloads, mistakes_that_hit_nothing_are_refused) {
  const auto told = [](const std::string& mistake) {
    const std::string error = pipeline_error("\n\"mistakes\": [" + mistake + "]");
    return error.substr(0, error.find("\n"));
  };
  const auto forward = [&](const std::string& only) {
    return told(R"({"at": "forward", "only": )" + only + "}");
  };
  const std::string nobody =
      "s.json:4:40: /programs/0/steps/1/mistakes/0/only: no such rank comes to the step 'forward' in such a "
      "turn";
  EXPECT_EQ(forward(R"({"rank": 2, "m": 3})"), "");
  EXPECT_EQ(forward(R"({"rank": 2, "m": 4})"), nobody);
  EXPECT_EQ(forward(R"({"m": [3, 9]})"), "");
  EXPECT_EQ(forward(R"({"m": "4-9"})"), nobody);
  EXPECT_EQ(forward("[2, 6]"), "");
  EXPECT_EQ(forward("[6, 7]"), nobody) << "ranks 6 and 7 are in no grid";
  const auto embedding = [&](const std::string& only) {
    return told(R"({"at": "embedding", "only": )" + only + "}");
  };
  EXPECT_EQ(embedding(R"({"g.pipe": [1, 2]})"), "");
  EXPECT_EQ(embedding(R"({"g.pipe": 1})"),
            "s.json:4:42: /programs/0/steps/1/mistakes/0/only: no such rank comes to the step 'embedding' in "
            "such a turn");
}

TEST(Workloads, a_mistake_that_another_one_has_taken_away_is_refused) {
  const std::string once = R"({"at": "embedding", "only": {"g.pipe": 0}})";
  EXPECT_EQ(pipeline_error(R"("mistakes": [)" + once + "]"), "");
  EXPECT_THAT(pipeline_error(R"("mistakes": [)" + once + ", " + once + "]"),
              HasSubstr("/mistakes/1/only: no such rank comes to the step 'embedding' in such a turn"));
}

TEST(Workloads, a_mistake_in_a_loop_around_the_workload_is_left_to_the_run) {
  const std::string text =
      R"({"world": {"ranks": 2}, "grids": {"g": {"recipe": "areal",
"topology": {"pipe": 2, "data": 1, "tensor": 1}}}, "programs": [{"ranks": "all", "steps": [{"create_grid": "g"},
{"repeat": 3, "as": "step", "steps": [{"workload": "pipeline", "grid": "g", "schedule": "gpipe", "micro_batches": 2,
"count": 4, "mistakes": [{"at": "forward", "only": {"step": 2}}]}]}]}]})";
  EXPECT_EQ(error_for(text), "");
}

}  // namespace
}  // namespace gridlock
