#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "core/data/operation.h"
#include "harness/histories/history_line.h"
#include "harness/histories/history_words.h"
#include "harness/histories/recorded_run.h"

namespace gridlock {
namespace {

using Words = std::set<std::string>;

nlohmann::json definitions() {
  std::ifstream file(std::string(GRIDLOCK_SOURCE_DIR) + "/scenarios/schema/history_line.schema.json");
  return nlohmann::json::parse(file).at("definitions");
}

Words words(std::span<const std::string_view> list) { return {list.begin(), list.end()}; }

TEST(HistorySchema, KnowsTheWordsOfTheReader) {
  EXPECT_EQ(definitions()["history"]["properties"]["state"]["enum"].get<Words>(), words(host_state_words()));
  EXPECT_EQ(definitions()["header"]["properties"]["end"]["enum"].get<Words>(), words(run_end_words()));
  Words operations;
  for (const OperationInfo& info : all_operations()) operations.emplace(info.name);
  EXPECT_EQ(definitions()["operation"]["enum"].get<Words>(), operations);
  Words kinds = words(record_kind_words());
  kinds.erase("call");
  kinds.erase("planned");
  EXPECT_EQ(definitions()["record"]["properties"]["do"]["anyOf"][1]["enum"].get<Words>(), kinds);
  Words unknown;
  for (const UnknownWord& word : unknown_words()) unknown.emplace(word.word);
  EXPECT_EQ(definitions()["unknown"]["items"]["enum"].get<Words>(), unknown);
}

template <typename Line>
void expect_keys(const std::string& definition) {
  const nlohmann::json properties = definitions()[definition]["properties"];
  Words keys;
  for (const auto& [key, value] : properties.items()) keys.insert(key);
  const std::vector<std::string>& known = history_line_keys<Line>();
  EXPECT_EQ(keys, Words(known.begin(), known.end())) << definition;
}

TEST(HistorySchema, HasTheKeysThatAreReadAndWritten) {
  expect_keys<HeaderLine>("header");
  expect_keys<RanksLine>("history");
  expect_keys<RecordLine>("record");
  expect_keys<GroupLine>("group");
  expect_keys<ConnectionLine>("connection");
  expect_keys<SilentMismatchLine>("silent_mismatch");
  expect_keys<UnreceivedLine>("unreceived");
  expect_keys<BufferRaceLine>("buffer_race");
  expect_keys<ComplaintLine>("complaint");
}

TEST(HistorySchema, KnowsTheBoundsOfTheReader) {
  const nlohmann::json header = definitions()["header"]["properties"];
  EXPECT_EQ(header["gridlock_history"]["minimum"], 1);
  EXPECT_EQ(header["gridlock_history"]["maximum"], kHistoryVersion);
  EXPECT_EQ(header["world_size"]["maximum"], kRecordedWorldMax);
}

}  // namespace
}  // namespace gridlock
