#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "tests/core/history/history_builder.h"

namespace gridlock {
namespace {

/// One thing that some ranks do together, in an order that all of them follow: no such program can hang.
struct Event {
  std::string group;
  std::vector<RankId> members;
  bool is_transfer = false;
  GroupRank from = 0, to = 0;
  CallKind kind = CallKind::all_reduce;
  std::int64_t count = 1;
};

enum class Defect { none, skip, count, kind, drop_send, drop_recv, crash, swap_groups, swap_calls };

struct Program {
  RankId world_size = 2;
  std::vector<std::pair<std::string, std::vector<RankId>>> groups;
  std::vector<Event> events;
};

class Planter {
 public:
  explicit Planter(std::uint64_t seed) : random_(seed) {}

  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }

  Program program() {
    Program result;
    result.world_size = 3 + below(6);
    std::vector<RankId> all;
    for (RankId rank = 0; rank < result.world_size; ++rank) all.push_back(rank);
    result.groups.emplace_back("world", all);
    for (int i = 0; i < 3; ++i) {
      std::shuffle(all.begin(), all.end(), random_);
      std::vector<RankId> members(all.begin(), all.begin() + 2 + below(result.world_size - 1));
      std::sort(members.begin(), members.end());
      result.groups.emplace_back("g" + std::to_string(i), members);
    }
    const int event_count = 6 + below(10);
    for (int i = 0; i < event_count; ++i) result.events.push_back(event(result));
    return result;
  }

 private:
  Event event(const Program& program) {
    const auto& [name, members] =
        program.groups[static_cast<std::size_t>(below(static_cast<int>(program.groups.size())))];
    Event result{name, members};
    result.is_transfer = below(3) == 0;
    const auto size = static_cast<int>(members.size());
    result.from = below(size);
    result.to = (result.from + 1 + below(size - 1)) % size;
    if (!result.is_transfer) {
      result.kind = std::array{CallKind::all_reduce, CallKind::all_gather,
                               CallKind::barrier}[static_cast<std::size_t>(below(3))];
      result.count = 1 + below(3);
    }
    return result;
  }

  std::mt19937_64 random_;
};

void collective(RankScript& script, const Event& event, CallKind kind, std::int64_t count) {
  if (kind == CallKind::all_reduce) script.all_reduce(event.group, count);
  if (kind == CallKind::all_gather) script.all_gather(event.group, count);
  if (kind == CallKind::barrier) script.barrier(event.group);
}

void act(HistoryBuilder& world, RankId rank, const Event& event) {
  RankScript& script = world.rank(rank);
  if (!event.is_transfer) {
    if (std::count(event.members.begin(), event.members.end(), rank) > 0)
      collective(script, event, event.kind, event.count);
  } else if (event.members[static_cast<std::size_t>(event.from)] == rank) {
    script.send(event.group, event.to, 16);
  } else if (event.members[static_cast<std::size_t>(event.to)] == rank) {
    script.recv(event.group, event.from, 16);
  }
}

/// What was planted, and what a correct analyser has to say about it.
struct Planted {
  Defect defect = Defect::none;
  RankId rank = 0;
  std::size_t event = 0;
  Code expected = Code::HOST_BLOCKED;
};

bool uses(const Event& event, RankId rank) {
  return std::count(event.members.begin(), event.members.end(), rank) > 0;
}

bool same_arguments(const Event& a, const Event& b) {
  return a.kind == b.kind && (a.kind == CallKind::barrier || a.count == b.count);
}

std::vector<Event> collectives_on(const Program& program, const std::string& group, std::size_t without) {
  std::vector<Event> list;
  for (std::size_t i = 0; i < program.events.size(); ++i) {
    if (i != without && !program.events[i].is_transfer && program.events[i].group == group)
      list.push_back(program.events[i]);
  }
  return list;
}

/// Do the calls that are left meet the same operation on other data, or do they stop at another operation, or
/// pair up by accident until one is missing at the
/// end?
Code code_of_skip(const Program& program, std::size_t skipped) {
  const std::string& group = program.events[skipped].group;
  const std::vector<Event> all = collectives_on(program, group, program.events.size());
  const std::vector<Event> left = collectives_on(program, group, skipped);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (all[i].kind != left[i].kind) return Code::COLL_MISSING_RANK;
    if (!same_arguments(all[i], left[i])) return Code::COLL_SEQUENCE_SHIFT;
  }
  return Code::COLL_MISSING_RANK;
}

std::optional<Planted> plant(const Program& program, Defect defect, Planter& planter) {
  Planted planted{
      defect, 0, static_cast<std::size_t>(planter.below(static_cast<int>(program.events.size()))), {}};
  const Event& event = program.events[planted.event];
  planted.rank =
      event.members[static_cast<std::size_t>(planter.below(static_cast<int>(event.members.size())))];
  const bool has_majority = !event.is_transfer && event.members.size() >= 3;
  switch (defect) {
    case Defect::none:
      return planted;
    case Defect::skip:
      planted.expected = code_of_skip(program, planted.event);
      return has_majority ? std::optional(planted) : std::nullopt;
    case Defect::count:
      planted.expected = Code::COLL_COUNT_MISMATCH;
      return has_majority && event.kind != CallKind::barrier ? std::optional(planted) : std::nullopt;
    case Defect::kind:
      planted.expected = Code::COLL_TYPE_MISMATCH;
      return has_majority ? std::optional(planted) : std::nullopt;
    case Defect::drop_send:
      planted.expected = Code::P2P_UNMATCHED_RECV;
      planted.rank = event.members[static_cast<std::size_t>(event.from)];
      return event.is_transfer ? std::optional(planted) : std::nullopt;
    case Defect::drop_recv:
      planted.expected = Code::P2P_UNMATCHED_SEND;
      planted.rank = event.members[static_cast<std::size_t>(event.to)];
      return event.is_transfer ? std::optional(planted) : std::nullopt;
    case Defect::crash:
      planted.expected = Code::RANK_FAILED_PEERS_WAIT;
      return event.is_transfer ? std::nullopt : std::optional(planted);
    case Defect::swap_groups:
    case Defect::swap_calls: {
      if (planted.event + 1 == program.events.size()) return std::nullopt;
      const Event& next = program.events[planted.event + 1];
      if (event.is_transfer || next.is_transfer || !uses(next, planted.rank)) return std::nullopt;
      if (defect == Defect::swap_calls) {
        planted.expected = Code::COLL_ORDER_MISMATCH;
        const bool fits = event.group == next.group && has_majority && !same_arguments(event, next);
        return fits ? std::optional(planted) : std::nullopt;
      }
      planted.expected = Code::COMM_ORDER_CYCLE;
      const bool share_another = std::any_of(event.members.begin(), event.members.end(), [&](RankId other) {
        return other != planted.rank && uses(next, other);
      });
      return event.group != next.group && share_another ? std::optional(planted) : std::nullopt;
    }
  }
  return std::nullopt;
}

void act_wrongly(HistoryBuilder& world, const Planted& planted, const Program& program) {
  const Event& event = program.events[planted.event];
  RankScript& script = world.rank(planted.rank);
  if (planted.defect == Defect::count) collective(script, event, event.kind, event.count + 100);
  if (planted.defect == Defect::kind) script.broadcast(event.group, event.count, 0);
  if (planted.defect == Defect::crash) script.crash();
  if (planted.defect == Defect::swap_groups || planted.defect == Defect::swap_calls) {
    act(world, planted.rank, program.events[planted.event + 1]);
    act(world, planted.rank, event);
  }
}

HistoryBuilder build(const Program& program, const Planted& planted) {
  HistoryBuilder world(program.world_size);
  const bool is_swap = planted.defect == Defect::swap_groups || planted.defect == Defect::swap_calls;
  for (RankId rank = 0; rank < program.world_size; ++rank) {
    for (const auto& [name, members] : program.groups) {
      if (name != "world") world.rank(rank).new_group(name, members);
    }
    for (std::size_t i = 0; i < program.events.size(); ++i) {
      const bool is_wrong = planted.defect != Defect::none && rank == planted.rank;
      if (is_wrong && i == planted.event) {
        act_wrongly(world, planted, program);
        if (is_swap) ++i;
      } else {
        act(world, rank, program.events[i]);
      }
    }
  }
  return world;
}

class PlantedDefectTest : public testing::TestWithParam<Defect> {};

constexpr std::uint64_t kSeedCount = 600;

TEST_P(PlantedDefectTest, IsFoundByItsCodeAndBlamedOnItsRankAlone) {
  int planted_count = 0;
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    Planter planter(seed);
    const Program program = planter.program();
    const auto planted = plant(program, GetParam(), planter);
    if (!planted) continue;
    ++planted_count;
    HistoryBuilder world = build(program, *planted);
    const Verdict verdict = world.with_plans().verdict();
    ASSERT_EQ(verdict.diagnoses.size(), 1U) << "seed " << seed;
    const Diagnosis& found = verdict.diagnoses.front();
    ASSERT_EQ(code_name(found.code), code_name(planted->expected))
        << "seed " << seed << ": " << found.summary;
    if (GetParam() == Defect::swap_groups) {
      ASSERT_TRUE(found.blame.ranks.contains(planted->rank)) << "seed " << seed << ": " << found.summary;
    } else {
      ASSERT_EQ(found.blame.ranks, RankSet({planted->rank})) << "seed " << seed << ": " << found.summary;
    }
    ASSERT_EQ(verdict.outcome, code_info(planted->expected).outcome);
  }
  EXPECT_GT(planted_count, 25);
}

TEST_P(PlantedDefectTest, WithOneHistoryLostNoHealthyRankIsBlamedForCertain) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    Planter planter(seed);
    const Program program = planter.program();
    const auto planted = plant(program, GetParam(), planter);
    if (!planted) continue;
    HistoryBuilder world = build(program, *planted);
    if (planter.below(2) == 0) world.with_plans();
    world.forget(planter.below(program.world_size));
    for (const Diagnosis& found : world.verdict().diagnoses) {
      const bool blames_the_right_one = found.blame.ranks.contains(planted->rank);
      ASSERT_TRUE(found.certainty != Certainty::certain || blames_the_right_one)
          << "seed " << seed << ": " << found.summary;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Each, PlantedDefectTest,
                         testing::Values(Defect::skip, Defect::count, Defect::kind, Defect::drop_send,
                                         Defect::drop_recv, Defect::crash, Defect::swap_groups,
                                         Defect::swap_calls));

TEST(NoDefectTest, CorrectProgramsAreQuiet) {
  for (std::uint64_t seed = 0; seed < kSeedCount; ++seed) {
    const Program program = Planter(seed).program();
    HistoryBuilder world = build(program, {});
    const Verdict verdict = world.verdict();
    ASSERT_EQ(verdict.outcome, Outcome::passed) << "seed " << seed;
    ASSERT_TRUE(verdict.diagnoses.empty()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace gridlock
