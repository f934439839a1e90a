#include <gtest/gtest.h>

#include "core/history/transcript.h"
#include "sim/sim_world.h"
#include "tests/sim/random_machine.h"

namespace gridlock {
namespace {

struct Trace {
  Outcome outcome;
  std::uint64_t digest;
  std::uint64_t transcript;
  Nanos time;
  std::vector<HistoryNode> nodes;
  std::vector<std::uint64_t> results;

  bool operator==(const Trace&) const = default;
};

Trace run(std::uint64_t seed, Hosting hosting, Payload payload = Payload::data) {
  RunOptions options;
  options.hosting = hosting;
  options.payload = payload;
  options.semantics.send_capacity_bytes = seed % 2 == 0 ? 0 : 20;
  const RunResult result = simulate(options, random_program(seed, 2 + static_cast<RankId>(seed % 7), 40));
  Trace run{result.verdict.outcome,
            result.digest,
            make_transcript(*result.histories).hash,
            result.virtual_time,
            {},
            {}};
  for (const RankEnd& end : result.histories->ranks) {
    run.nodes.push_back(end.node);
    run.results.push_back(end.results);
  }
  return run;
}

TEST(Determinism, TheSameProgramRunsTheSameWayTwice) {
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    EXPECT_EQ(run(seed, Hosting::stackless), run(seed, Hosting::stackless)) << seed;
}

TEST(Determinism, WhoHostsAStepMachineDoesNotShow) {
  int stalls = 0;
  for (std::uint64_t seed = 0; seed < 120; ++seed) {
    const Trace without_stack = run(seed, Hosting::stackless);
    EXPECT_EQ(without_stack, run(seed, Hosting::fiber)) << seed;
    if (without_stack.outcome == Outcome::stall || without_stack.outcome == Outcome::mismatch) ++stalls;
  }
  EXPECT_GT(stalls, 10) << "runs that hang are part of the comparison";
  EXPECT_LT(stalls, 60) << "so are runs that do not";
}

TEST(Determinism, ShapeModeHasTheSameEventsAndNoResults) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const Trace with_data = run(seed, Hosting::stackless);
    const Trace shape = run(seed, Hosting::stackless, Payload::shape);
    EXPECT_EQ(shape.digest, with_data.digest) << seed;
    EXPECT_EQ(shape.nodes, with_data.nodes) << seed;
    EXPECT_EQ(shape.results, std::vector<std::uint64_t>(shape.results.size(), 0));
  }
}

TEST(Determinism, OtherProgramsHaveOtherDigests) {
  EXPECT_NE(run(1, Hosting::stackless).digest, run(2, Hosting::stackless).digest);
}

TEST(Determinism, TheDigestTellsWhenThingsHappened) {
  const auto digest = [](std::int64_t duration) {
    return simulate({}, 1, [=](Rank& rank) { (void)rank.compute(Nanos{duration}); }).digest;
  };
  EXPECT_EQ(digest(5), digest(5));
  EXPECT_NE(digest(5), digest(6));
}

}  // namespace
}  // namespace gridlock
