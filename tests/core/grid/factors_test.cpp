#include "core/grid/factors.h"

#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "core/base/input_error.h"
#include "core/grid/named_topology.h"

namespace gridlock {
namespace {

std::string refusal(const std::function<void()>& ask) {
  try {
    ask();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Factors, prime_factors_are_primes_in_order_whose_product_is_n) {
  for (std::int64_t n = 1; n <= 2000; ++n) {
    std::int64_t product = 1;
    std::int64_t before = 2;
    for (const std::int64_t prime : prime_factors(n)) {
      EXPECT_GE(prime, before);
      for (std::int64_t d = 2; d * d <= prime; ++d) EXPECT_NE(prime % d, 0);
      product *= prime;
      before = prime;
    }
    EXPECT_EQ(product, n);
  }
  EXPECT_EQ(prime_factors(2147483647), std::vector<std::int64_t>{2147483647});
}

TEST(Factors, a_share_that_is_not_whole_is_refused_with_the_sizes_that_are) {
  EXPECT_EQ(exact_share("here", "world size", 12, "pipe =", 4), 3);
  const auto refused = [](std::int64_t whole, std::int64_t part) {
    return refusal([&] { exact_share("here", "world size", whole, "the part", part); });
  };
  EXPECT_EQ(refused(12, 5),
            "here: the world size 12 is not divisible by the part 5\n"
            "  hint: 12 is divisible by 4 and 6; 5 divides 10 and 15");
  EXPECT_EQ(refused(7, 9),
            "here: the world size 7 is not divisible by the part 9\n"
            "  hint: 7 is divisible by 7; 9 divides 9");
  EXPECT_EQ(refused(7, 0), "here: the world size 7 is not divisible by the part 0");
}

TEST(Factors, the_triples_of_n_are_all_that_three_loops_find) {
  for (std::int64_t n = 1; n <= 96; ++n) {
    std::vector<std::array<std::int64_t, 3>> found;
    for (std::int64_t a = 1; a <= n; ++a) {
      for (std::int64_t b = 1; b <= n; ++b) {
        if (n % (a * b) == 0) found.push_back({a, b, n / (a * b)});
      }
    }
    EXPECT_EQ(decompose_to_three_factors(n), found);
  }
}

TEST(Factors, zero_has_no_triples_and_what_has_no_factors_is_refused) {
  EXPECT_TRUE(decompose_to_three_factors(0).empty());
  EXPECT_EQ(refusal([] { prime_factors(0); }), "n: only numbers from 1 on have factors, got 0");
  EXPECT_EQ(refusal([] { decompose_to_three_factors(-8); }),
            "n: only numbers from 1 on have factors, got -8");
}

TEST(Factors, named_topologies_have_the_axes_of_their_names) {
  const ParallelSizes sizes{2, 3, 4};
  EXPECT_EQ(pipe_data_tensor(sizes), ProcessTopology({"pipe", "data", "tensor"}, {2, 3, 4}));
  EXPECT_EQ(data_pipe_tensor(sizes), ProcessTopology({"data", "pipe", "tensor"}, {3, 2, 4}));
  EXPECT_EQ(pipe_data_model(sizes), ProcessTopology({"pipe", "data", "model"}, {2, 3, 4}));
  EXPECT_EQ(pipe_data({2, 3, 1}), ProcessTopology({"pipe", "data"}, {2, 3}));
  EXPECT_EQ(refusal([&] { pipe_data(sizes); }),
            "topology: pipe and data are the only axes here, got tensor size 4\n  hint: use pipe_data_model");
}

}  // namespace
}  // namespace gridlock
