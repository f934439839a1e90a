#include "core/history/history.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <utility>

namespace gridlock {
namespace {

Record numbered(std::int64_t number) {
  Record record;
  record.count = number;
  return record;
}

TEST(HistoryTest, AnEmptyHistoryHasNoRecords) {
  const HistoryStore store;
  EXPECT_EQ(store.length(HistoryNode::empty), 0);
  EXPECT_TRUE(store.records(HistoryNode::empty).empty());
}

TEST(HistoryTest, TheSameRecordAfterTheSamePastIsTheSameNodeAndCostsNoMemory) {
  HistoryStore store;
  const HistoryNode first = store.append(HistoryNode::empty, numbered(1));
  const std::size_t count = store.node_count();
  EXPECT_EQ(store.append(HistoryNode::empty, numbered(1)), first);
  EXPECT_EQ(store.node_count(), count);
}

TEST(HistoryTest, TheSameRecordAfterAnotherPastIsAnotherNode) {
  HistoryStore store;
  const HistoryNode first = store.append(HistoryNode::empty, numbered(1));
  const HistoryNode again = store.append(first, numbered(1));
  EXPECT_NE(again, first);
  EXPECT_EQ(store.past(again), first);
  EXPECT_EQ(store.length(again), 2);
}

TEST(HistoryTest, RecordsComeOldestFirst) {
  HistoryStore store;
  HistoryNode node = HistoryNode::empty;
  for (int i = 0; i < 5; ++i) node = store.append(node, numbered(i));
  std::vector<std::int64_t> counts;
  for (const Record* record : store.records(node)) counts.push_back(record->count);
  EXPECT_EQ(counts, (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
}

/// One record per field, each differing from the default in that field only.
std::vector<Record> one_difference_each() {
  std::vector<Record> records(16);
  records[1].kind = RecordKind::planned;
  records[2].call = CallKind::send;
  records[3].dtype = DType::int8;
  records[4].op = ReduceOp::max;
  records[5].unknown = kUnknownPeer;
  records[6].rejected = true;
  records[7].group = GroupHandle::world;
  records[8].stream = static_cast<StreamId>(1);
  records[9].peer = 0;
  records[10].sequence = 1;
  records[11].ticket = 0;
  records[12].count = 1;
  records[13].scalar = 2.0;
  records[14].detail = 0;
  records[15].label.site = static_cast<SiteId>(1);
  records.emplace_back().label.turns[0] = 0;
  records.emplace_back().label.turns[1] = 0;
  return records;
}

TEST(HistoryTest, EveryFieldOfARecordTellsNodesApart) {
  HistoryStore store;
  std::set<HistoryNode> nodes;
  const std::vector<Record> records = one_difference_each();
  for (const Record& record : records) {
    const HistoryNode node = store.append(HistoryNode::empty, record);
    nodes.insert(node);
    EXPECT_EQ(store.record(node), record);
  }
  EXPECT_EQ(nodes.size(), records.size());
}

TEST(HistoryTest, ARandomForestAgreesWithAMapOfPastAndRecord) {
  HistoryStore store;
  std::map<std::pair<HistoryNode, std::int64_t>, HistoryNode> reference;
  std::vector<HistoryNode> nodes{HistoryNode::empty};
  std::mt19937_64 random(7);
  for (int i = 0; i < 50'000; ++i) {
    const HistoryNode past = nodes[random() % nodes.size()];
    const auto number = static_cast<std::int64_t>(random() % 3);
    const HistoryNode node = store.append(past, numbered(number));
    const auto [entry, added] = reference.try_emplace({past, number}, node);
    ASSERT_EQ(entry->second, node);
    if (added) nodes.push_back(node);
  }
  EXPECT_EQ(store.node_count(), nodes.size());
}

TEST(HistoryTest, EqualDetailsGetEqualIndexes) {
  HistoryStore store;
  const std::vector<std::int64_t> counts{1, 2};
  const GroupSpec spec{.members = Members::range(0, 4), .name = "a"};
  GroupSpec other = spec;
  other.name = "b";
  EXPECT_EQ(store.add_counts(counts), store.add_counts(counts));
  EXPECT_EQ(store.add_spec(spec), store.add_spec(spec));
  EXPECT_NE(store.add_spec(spec), store.add_spec(other));
  EXPECT_NE(store.add_name("left"), store.add_name("right"));
  EXPECT_EQ(store.name(store.add_name("right")), "right");
  EXPECT_EQ(store.counts(store.add_counts(counts)), counts);
  EXPECT_EQ(store.spec(store.add_spec(other)).name, "b");
}

}  // namespace
}  // namespace gridlock
