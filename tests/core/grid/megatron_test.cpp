#include "core/grid/megatron.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>

#include "core/base/input_error.h"
#include "tests/core/grid/random_case.h"

namespace gridlock {
namespace {

using testing::Random;
using Ranks = std::vector<RankId>;

struct Asked {
  Ranks ranks;
  BackendKind backend;
  bool operator==(const Asked&) const = default;
};

constexpr BackendKind kNccl = BackendKind::nccl;
constexpr BackendKind kGloo = BackendKind::gloo;

// Megatron's RankGenerator: groups of the ranks that differ on the axes of a token, found by looking at every
// rank, with no arithmetic of strides.
class Generator {
 public:
  Generator(std::vector<std::string> order, std::map<std::string, int> sizes)
      : order_(std::move(order)), sizes_(std::move(sizes)) {}

  std::vector<Ranks> groups(const std::vector<std::string>& token) const {
    int world = 1;
    for (const std::string& axis : order_) world *= sizes_.at(axis);
    std::map<std::vector<int>, Ranks> by_place;
    for (int rank = 0; rank < world; ++rank) {
      std::vector<int> outside;
      int rest = rank;
      for (const std::string& axis : order_) {
        if (std::find(token.begin(), token.end(), axis) == token.end())
          outside.insert(outside.begin(), rest % sizes_.at(axis));
        rest /= sizes_.at(axis);
      }
      by_place[outside].push_back(rank);
    }
    std::vector<Ranks> groups;
    for (const auto& [place, ranks] : by_place) groups.push_back(ranks);
    return groups;
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, int> sizes_;
};

// create_hierarchical_groups: einops "(l s u) -> (l u) s" of a group, level by level.
std::vector<Ranks> hierarchical(const Ranks& group, const std::vector<std::int64_t>& levels) {
  std::vector<Ranks> parts;
  std::size_t below = 1;
  for (const std::int64_t level : levels) {
    const auto size = static_cast<std::size_t>(level);
    for (std::size_t l = 0; l < group.size() / size / below; ++l) {
      for (std::size_t u = 0; u < below; ++u) {
        Ranks part;
        for (std::size_t s = 0; s < size; ++s) part.push_back(group[(l * size + s) * below + u]);
        parts.push_back(part);
      }
    }
    below *= size;
  }
  return parts;
}

// The loops of initialize_model_parallel.
std::vector<Asked> megatron_loops(const Generator& dense, const Generator& expert,
                                  const std::vector<std::int64_t>& levels) {
  std::vector<Asked> asked;
  const auto all = [&](const Generator& generator, const std::vector<std::string>& token, bool twin = false) {
    for (const Ranks& ranks : generator.groups(token)) {
      asked.push_back({ranks, kNccl});
      if (twin) asked.push_back({ranks, kGloo});
    }
  };
  all(dense, {});
  all(dense, {"dp", "cp"}, true);
  all(dense, {"dp"}, true);
  for (const Ranks& ranks : dense.groups({"cp"})) {
    asked.push_back({ranks, kNccl});
    for (const Ranks& part : hierarchical(ranks, levels)) asked.push_back({part, kNccl});
  }
  all(dense, {"tp", "pp"});
  all(dense, {"tp"});
  for (const Ranks& ranks : dense.groups({"pp"})) {
    asked.push_back({ranks, kNccl});
    asked.push_back({ranks.size() == 1 ? ranks : Ranks{ranks.front(), ranks.back()}, kNccl});
    asked.push_back({{ranks.front()}, kNccl});
  }
  all(dense, {"tp", "dp", "cp"});
  all(dense, {"tp", "dp"});
  all(dense, {"tp", "cp"});
  all(expert, {});
  all(expert, {"ep"});
  all(expert, {"tp"});
  all(expert, {"tp", "ep"});
  all(expert, {"tp", "ep", "pp"});
  all(expert, {"tp", "ep", "pp"});
  all(expert, {"dp"}, true);
  all(expert, {"tp", "cp", "ep", "dp", "pp"});
  return asked;
}

std::vector<Asked> requests_of(const MegatronSizes& sizes, RankId world_size) {
  GridLayout layout = megatron_layout(sizes, world_size);
  GridSpec spec{std::move(layout.topology), megatron_recipe(), RankMapping::identity(world_size)};
  spec.views = std::move(layout.views);
  const Plan plan(std::move(spec), world_size);
  std::vector<Asked> requests;
  for (std::int64_t i = 0; i < plan.request_count(); ++i)
    requests.push_back({plan.request(i).members.to_vector(), plan.request(i).backend});
  return requests;
}

std::string joined(const std::vector<std::string>& order) {
  std::string text;
  for (const std::string& axis : order) text += (text.empty() ? "" : "-") + axis;
  return text;
}

std::string refusal(const std::function<void()>& ask) {
  try {
    ask();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

// Sizes of the dense and of the expert part of a world that both fill.
struct Parts {
  int tp, cp, dp, pp, etp, ep, edp;
};

void expect_same(const Parts& p, const std::vector<std::string>& order,
                 std::vector<std::int64_t> levels = {}) {
  MegatronSizes sizes;
  sizes.tensor = p.tp;
  sizes.pipe = p.pp;
  sizes.context = p.cp;
  sizes.expert = p.ep;
  sizes.expert_tensor = p.etp;
  sizes.context_levels = levels;
  sizes.order = joined(order);
  const Generator dense(order, {{"tp", p.tp}, {"cp", p.cp}, {"ep", 1}, {"dp", p.dp}, {"pp", p.pp}});
  const Generator expert(order, {{"tp", p.etp}, {"cp", 1}, {"ep", p.ep}, {"dp", p.edp}, {"pp", p.pp}});
  const RankId world_size = p.tp * p.cp * p.dp * p.pp;
  EXPECT_EQ(requests_of(sizes, world_size), megatron_loops(dense, expert, levels)) << sizes.order;
}

TEST(Megatron, creations_in_every_order_that_ends_with_pp_are_those_of_the_reference_s_loops) {
  std::vector<std::string> order = {"cp", "dp", "ep", "tp", "pp"};
  do {
    expect_same({2, 1, 4, 2, 2, 1, 4}, order);
    expect_same({2, 2, 2, 2, 1, 4, 2}, order);
    expect_same({2, 2, 3, 1, 4, 3, 1}, order);
    expect_same({1, 4, 1, 3, 1, 2, 2}, order);
  } while (std::next_permutation(order.begin(), order.end() - 1));
}

// Elsewhere Megatron wants equal data sizes, and pipe groups that are the same in both parts.
TEST(Megatron, every_other_order_is_laid_out_as_the_reference_does_or_refused_as_it_does) {
  std::vector<std::string> order = {"cp", "dp", "ep", "pp", "tp"};
  int laid_out = 0;
  int refused = 0;
  do {
    if (order.back() == "pp") continue;
    for (const Parts& p :
         {Parts{2, 1, 4, 2, 2, 1, 4}, Parts{2, 1, 2, 3, 1, 2, 2}, Parts{2, 2, 2, 2, 1, 4, 2}}) {
      const Generator dense(order, {{"tp", p.tp}, {"cp", p.cp}, {"ep", 1}, {"dp", p.dp}, {"pp", p.pp}});
      const Generator expert(order, {{"tp", p.etp}, {"cp", 1}, {"ep", p.ep}, {"dp", p.edp}, {"pp", p.pp}});
      if (dense.groups({"pp"}) == expert.groups({"pp"})) {
        expect_same(p, order);
        ++laid_out;
      } else {
        const MegatronSizes sizes{p.tp, p.pp, p.cp, p.ep, p.etp, {}, joined(order)};
        const std::string text = refusal([&] { requests_of(sizes, p.tp * p.cp * p.dp * p.pp); });
        EXPECT_EQ(text.rfind("views: axis 'pipe' of view 'expert' puts rank ", 0), 0U) << sizes.order << text;
        ++refused;
      }
    }
  } while (std::next_permutation(order.begin(), order.end()));
  EXPECT_GT(laid_out, 96);
  EXPECT_GT(refused, 20);
}

TEST(Megatron, hierarchical_context_groups_follow_their_context_group) {
  expect_same({2, 8, 2, 2, 2, 1, 16}, {"tp", "cp", "ep", "dp", "pp"}, {2, 4});
  expect_same({1, 16, 1, 2, 1, 2, 8}, {"cp", "tp", "ep", "dp", "pp"}, {2, 2, 4});
  expect_same({1, 6, 2, 1, 2, 1, 6}, {"tp", "dp", "cp", "ep", "pp"}, {3, 2});
}

TEST(Megatron, an_axis_of_size_1_can_be_left_out_of_the_order) {
  MegatronSizes sizes{2, 2, 1, 1, 0, {}, "tp-dp-pp"};
  MegatronSizes whole = sizes;
  whole.order = "tp-cp-ep-dp-pp";
  EXPECT_EQ(requests_of(sizes, 16), requests_of(whole, 16));
}

TEST(Megatron, without_gloo_twins_no_request_is_for_gloo_and_the_others_stay) {
  const Recipe recipe = without_gloo_twins(megatron_recipe());
  std::size_t left = 0;
  for (const RecipeBlock& block : recipe.blocks) {
    for (const RecipeEntry& entry : block.entries) {
      EXPECT_EQ(entry.backend, BackendChoice::grid_default);
      ++left;
    }
  }
  std::size_t before = 0;
  for (const RecipeBlock& block : megatron_recipe().blocks) before += block.entries.size();
  EXPECT_EQ(before - left, 3U);
}

std::string refusal_of(const MegatronSizes& sizes, std::int64_t world_size) {
  return refusal([&] { megatron_layout(sizes, world_size); });
}

TEST(Megatron, sizes_that_do_not_divide_the_world_are_refused) {
  EXPECT_EQ(refusal_of({8, 8}, 8),
            "megatron: the world size 8 is not divisible by tensor x pipeline x context = 64\n"
            "  hint: 8 is divisible by 8; 64 divides 64");
  EXPECT_EQ(refusal_of({2, 2, 1, 3}, 8),
            "megatron: the world size 8 is not divisible by expert-tensor x expert x pipeline = 12\n"
            "  hint: 8 is divisible by 8; 12 divides 12");
  EXPECT_EQ(refusal_of({0}, 8), "megatron: the tensor-model-parallel size must be at least 1, got 0");
  EXPECT_EQ(refusal_of({1}, 0), "megatron: a world has at least one rank, got 0");
  EXPECT_EQ(
      refusal_of({1, 1, 4, 1, 0, {2, 3}}, 8),
      "megatron: the hierarchical context-parallel sizes [2, 3] must multiply to the context-parallel size "
      "4, in at most 4 levels");
}

TEST(Megatron, orders_that_say_nothing_or_too_little_are_refused) {
  const auto with_order = [](const char* order) { return MegatronSizes{2, 2, 1, 1, 0, {}, order}; };
  EXPECT_EQ(refusal_of(with_order("tp-xp-pp"), 8),
            "megatron: the order 'tp-xp-pp' names an axis 'xp'\n"
            "  hint: axes are tp, cp, ep, dp and pp, the fastest first, e.g. tp-cp-ep-dp-pp");
  EXPECT_EQ(refusal_of(with_order("tp-pp-tp"), 8),
            "megatron: the order 'tp-pp-tp' names the axis 'tp' twice");
  EXPECT_EQ(refusal_of(with_order("tp-dp"), 8),
            "megatron: the size of pp is 2, but the order 'tp-dp' lacks it");
  // 24 ranks: no data ranks in the dense part (4 x 6), 6 in that of the experts (1 x 4).
  EXPECT_EQ(refusal_of({4, 1, 6, 4, 1, {}, "tp-ep-cp-pp"}, 24),
            "megatron: the size of dp in the expert part is 6, but the order 'tp-ep-cp-pp' lacks it");
  EXPECT_EQ(refusal_of({1, 1, 2, 1, 2, {}, "cp-ep-dp-pp"}, 8),
            "megatron: the size of tp in the expert part is 2, but the order 'cp-ep-dp-pp' lacks it");
  EXPECT_EQ(refusal_of({4, 1, 1, 6, 4, {}, "tp-ep-dp-pp"}, 24), "accepted");
  MegatronSizes uneven = with_order("tp-pp-ep-dp");
  uneven.expert = 2;
  EXPECT_EQ(refusal_of(uneven, 8),
            "megatron: with the order 'tp-pp-ep-dp' the data-parallel sizes of dense and expert part must be "
            "equal, they are 2 and 1\n  hint: end the order with pp");
}

}  // namespace
}  // namespace gridlock
