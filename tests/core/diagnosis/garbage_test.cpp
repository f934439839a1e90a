#include <gtest/gtest.h>

#include <random>

#include "core/diagnosis/judge.h"
#include "core/diagnosis/render.h"

namespace gridlock {
namespace {

/// Fields from everywhere in and around their ranges: what a foreign or damaged history may hold.
class Garbage {
 public:
  explicit Garbage(std::uint64_t seed) : random_(seed) {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low + 1));
  }

  Record record() {
    Record result;
    result.kind = static_cast<RecordKind>(between(0, static_cast<int>(RecordKind::fault)));
    result.call = static_cast<CallKind>(between(0, static_cast<int>(CallKind::all_to_all_v)));
    result.unknown = static_cast<std::uint16_t>(between(0, 3) == 0 ? between(0, 127) : 0);
    result.rejected = between(0, 9) == 0;
    result.group = static_cast<GroupHandle>(between(-1, 3));
    result.stream = static_cast<StreamId>(between(0, 1));
    result.peer = static_cast<GroupRank>(between(-1, 4));
    result.sequence = static_cast<std::int32_t>(between(0, 3));
    result.ticket = between(-1, 6);
    result.count = between(0, 2);
    // A detail is an index into a table of the store; readers of files check it where they read it.
    result.detail = 0;
    return result;
  }

  Histories histories() {
    Histories result(static_cast<RankId>(between(1, 5)));
    const GroupSpec spec{.members = Members::list({0, result.groups.world_size() - 1}), .name = "g"};
    result.groups.add(0, spec);
    result.store.add_spec(spec);
    result.store.add_name("name");
    result.store.add_counts(std::vector<std::int64_t>(4, 1));
    for (RankEnd& end : result.ranks) {
      for (std::int64_t i = between(0, 8); i > 0; --i)
        end.node = result.store.append(end.node, sane(record()));
      end.state = static_cast<HostState>(between(0, static_cast<int>(HostState::unseen)));
      end.starts_late = between(0, 3) == 0;
      for (int stream = 0; stream < between(0, 2); ++stream) {
        end.open.push_back({static_cast<StreamId>(stream), static_cast<Ticket>(between(0, 6))});
      }
    }
    return result;
  }

 private:
  /// There is no plan in the store, so no record may name one.
  static Record sane(Record record) {
    if (record.kind == RecordKind::create_grid) record.kind = RecordKind::new_group;
    return record;
  }

  std::mt19937_64 random_;
};

TEST(GarbageTest, AnyHistoryIsJudgedAndRenderedWithoutACrashAndAStallIsNeverWithoutAWord) {
  for (std::uint64_t seed = 0; seed < 3'000; ++seed) {
    Garbage garbage(seed);
    const Histories histories = garbage.histories();
    const Verdict verdict = judge(histories, RunEnd::quiescent, {});
    bool all_returned = true;
    for (const RankEnd& end : histories.ranks)
      all_returned = all_returned && end.state == HostState::returned;
    ASSERT_TRUE(all_returned || !verdict.diagnoses.empty()) << "seed " << seed;
    for (const Diagnosis& diagnosis : verdict.diagnoses) ASSERT_FALSE(render(diagnosis, histories).empty());
    judge(histories, RunEnd::returned, {});
  }
}

}  // namespace
}  // namespace gridlock
