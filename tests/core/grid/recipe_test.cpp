#include "core/grid/recipe.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::Random;

struct Asked {
  std::vector<RankId> ranks;
  BackendKind backend;
  bool operator==(const Asked&) const = default;
};

std::vector<Asked> requests_of(const ProcessTopology& topology, const Recipe& recipe) {
  const RankId size = topology.world_size();
  const Plan plan({topology, recipe, RankMapping::identity(size)}, size);
  std::vector<Asked> requests;
  for (std::int64_t i = 0; i < plan.request_count(); ++i) {
    requests.push_back({plan.request(i).members.to_vector(), plan.request(i).backend});
  }
  return requests;
}

std::vector<std::vector<RankId>> comm_lists(const ProcessTopology& topology, const std::string& axis) {
  return topology.get_axis_comm_lists(axis).to_vectors();
}

constexpr BackendKind kNccl = BackendKind::nccl;
constexpr BackendKind kGloo = BackendKind::gloo;

// The loops of AReaL's ParallelGrid.__init__, statement by statement.
std::vector<Asked> areal_loops(const ProcessTopology& topology) {
  std::vector<Asked> asked;
  const auto with_twin = [&](const std::vector<RankId>& ranks) {
    asked.push_back({ranks, kNccl});
    asked.push_back({ranks, kGloo});
  };
  for (RankId dp = 0; dp < topology.get_dim("data"); ++dp)
    with_twin(topology.get_axis_list("data", dp).to_vector());
  for (const auto& ranks : comm_lists(topology, "data")) with_twin(ranks);
  for (const auto& ranks : comm_lists(topology, "pipe")) {
    with_twin(ranks);
    const bool has_ends = ranks.size() > 1;
    asked.push_back({has_ends ? std::vector{ranks.front(), ranks.back()} : ranks, kNccl});
    asked.push_back({{ranks.front()}, kNccl});
  }
  for (const auto& ranks : comm_lists(topology, "tensor")) with_twin(ranks);
  for (RankId pp = 0; pp < topology.get_dim("pipe"); ++pp) {
    asked.push_back({topology.get_axis_list("pipe", pp).to_vector(), kNccl});
  }
  return asked;
}

// The loops of DeepSpeed's PipelineParallelGrid.__init__, its short cut for one slice included.
std::vector<Asked> deepspeed_loops(const ProcessTopology& topology) {
  std::vector<Asked> asked;
  for (RankId dp = 0; dp < topology.get_dim("data"); ++dp) {
    asked.push_back({topology.get_axis_list("data", dp).to_vector(), kNccl});
  }
  for (const auto& ranks : comm_lists(topology, "data")) asked.push_back({ranks, kNccl});
  for (const auto& ranks : comm_lists(topology, "pipe")) asked.push_back({ranks, kNccl});
  if (std::max(topology.get_dim("model"), 1) == 1) {
    for (RankId rank = 0; rank < topology.world_size(); ++rank) asked.push_back({{rank}, kNccl});
  } else {
    for (const auto& ranks : comm_lists(topology, "model")) asked.push_back({ranks, kNccl});
  }
  return asked;
}

ParallelSizes random_sizes(Random& random) {
  return {1 + random.below(4), 1 + random.below(4), 1 + random.below(4)};
}

TEST(Recipe, areal_requests_are_those_of_the_reference_s_loops) {
  Random random(1);
  for (int i = 0; i < 60; ++i) {
    const ParallelSizes sizes = random_sizes(random);
    for (const ProcessTopology& topology : {pipe_data_tensor(sizes), data_pipe_tensor(sizes)}) {
      EXPECT_EQ(requests_of(topology, areal_recipe()), areal_loops(topology));
    }
  }
}

TEST(Recipe, deepspeed_requests_are_those_of_the_reference_s_loops) {
  Random random(2);
  for (int i = 0; i < 60; ++i) {
    ParallelSizes sizes = random_sizes(random);
    EXPECT_EQ(requests_of(pipe_data_model(sizes), deepspeed_recipe()),
              deepspeed_loops(pipe_data_model(sizes)));
    sizes.tensor = 1;
    EXPECT_EQ(requests_of(pipe_data(sizes), deepspeed_recipe()), deepspeed_loops(pipe_data(sizes)));
  }
}

TEST(Recipe, a_sequence_axis_adds_its_two_families_after_all_others) {
  const ProcessTopology topology({"pipe", "data", "sequence", "tensor"}, {1, 2, 2, 1});
  const Plan plan({topology, deepspeed_recipe(), RankMapping::identity(4)}, 4);
  std::vector<std::string> names;
  for (const PlanFamily& family : plan.families()) names.push_back(family.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"model", "data", "pipe", "tensor", "sequence", "sequence_data"}));
  EXPECT_EQ(plan.members_of(*plan.family_group("sequence", 2)).to_vector(), (std::vector<RankId>{2, 3}));
  EXPECT_EQ(plan.members_of(*plan.family_group("sequence_data", 2)).to_vector(),
            (std::vector<RankId>{0, 1, 2, 3}));
}

TEST(Recipe, recipes_are_found_by_name_and_misspelt_names_get_a_hint) {
  for (const std::string& name : recipe_names()) EXPECT_EQ(recipe_by_name(name).name, name);
  try {
    recipe_by_name("deepsped");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "recipe: there is no recipe 'deepsped'\n  hint: did you mean 'deepspeed'?");
  }
}

}  // namespace
}  // namespace gridlock
