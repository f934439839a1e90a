#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/histories/history_reader.h"
#include "harness/histories/run_files.h"
#include "tests/harness/scenario_folder.h"

namespace gridlock {
namespace {

const std::string kHeader = "{\"gridlock_history\":1,\"world_size\":2}\n";

std::string refusal(const std::string& text) {
  HistoryReader reader;
  try {
    reader.read(text, "h.jsonl");
  } catch (const InputError& error) {
    return error.place() + ": " + error.message();
  }
  return "";
}

struct Damage {
  const char* name;
  std::string text;
  std::string refusal;
};

class DamagedHistory : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedHistory, IsRefusedAtItsPlace) { EXPECT_EQ(refusal(GetParam().text), GetParam().refusal); }

INSTANTIATE_TEST_SUITE_P(
    Lines, DamagedHistory,
    ::testing::Values(
        Damage{"Empty", "", "h.jsonl:1: this file is empty"},
        Damage{"NoHeader", R"({"ranks":0,"state":"returned","records":0})",
               "h.jsonl:1:1: /: expected the first line of a history file"},
        Damage{"OtherVersion", R"({"gridlock_history":3,"world_size":2})",
               "h.jsonl:1:21: /gridlock_history: this is version 3 of the history format, and "
               "only versions 1 to 2 are known"},
        Damage{"UnknownKey", kHeader + R"({"ranks":0,"state":"returned","record":0})",
               "h.jsonl:2:31: /record: unknown key 'record'"},
        Damage{"UnknownConnection",
               kHeader + R"({"ranks":0,"state":"connecting","connection":4,"records":0})",
               "h.jsonl:2: connection 4 was not declared"},
        Damage{"OtherConnectionOfThatNumber",
               kHeader + R"({"connection":0,"group":"world","absent":0})" + "\n" +
                   R"({"connection":0,"group":"world","absent":1})",
               "h.jsonl:3: connection 0 was another one before"},
        Damage{"UndeclaredGroup", kHeader + R"({"connection":0,"group":"g","absent":0})",
               "h.jsonl:2: the group 'g' was not declared"},
        Damage{"GroupWithoutIdentity", kHeader + R"({"group":"g","members":"0-1"})",
               "h.jsonl:2:1: /: a group needs its number in the order of creation, or its key"},
        Damage{"KeyThatIsNone", kHeader + R"({"group":"g","members":"0-1","key":"12"})",
               "h.jsonl:2:36: /key: expected 32 hexadecimal digits"},
        Damage{"OrderedMembersTwice",
               kHeader + R"({"group":"g","members":[1,0,1],"ordered":true,"creation":0})",
               "h.jsonl:2:24: /members: a rank is named twice"},
        Damage{"PairOutsideItsGroup", kHeader + R"({"unreceived":0,"group":"world","from":0,"to":2})",
               "h.jsonl:2: from and to are group ranks of 'world': 0 to 1"},
        Damage{"RaceOfCallsThatWereNotMade",
               kHeader + R"({"buffer_race":0,"rank":1,"first_ticket":0,"second_ticket":1})",
               "h.jsonl:2: before this line, rank 1 has no call 0 of ticket 0"},
        Damage{"ShrinkToNobody",
               kHeader + R"({"ranks":0,"state":"returned","records":1})" + "\n" +
                   R"({"do":"shrink","group":"world"})",
               "h.jsonl:3:1: /: the key 'members' is missing"},
        Damage{"HugeWorld", R"({"gridlock_history":1,"world_size":2000000000})",
               "h.jsonl:1:36: /world_size: expected an integer from 1 to 1048576, got 2000000000"},
        Damage{"CutInALine", kHeader + R"({"ranks":0,"state":"retur)",
               "h.jsonl:2:20: syntax error while parsing value - invalid string: missing "
               "closing quote; last read: "
               "'\"retur'\n  {\"ranks\":0,\"state\":\"retur\n                     ^"},
        Damage{
            "CutBetweenLines",
            kHeader + R"({"ranks":0,"state":"returned","records":2})" + "\n" + R"({"do":"wait","ticket":0})",
            "h.jsonl:3: the history of ranks 0 ends 1 records too early: the file is cut"},
        Damage{"RankOutside", kHeader + R"({"ranks":7,"state":"returned","records":0})",
               "h.jsonl:2:10: /ranks: rank 7 does not exist; there are 0 to 1"},
        Damage{"RankTwice",
               kHeader + R"({"ranks":"0-1","state":"returned","records":0})" + "\n" +
                   R"({"ranks":1,"state":"returned","records":0})",
               "h.jsonl:3: rank 1 has its history in two places"},
        Damage{"UnknownState", kHeader + R"({"ranks":0,"state":"returnd","records":0})",
               "h.jsonl:2:20: /state: there is no state 'returnd'"},
        Damage{"UnknownRecord",
               kHeader + R"({"ranks":0,"state":"returned","records":1})" + "\n" +
                   R"({"do":"all_redeuce","ticket":0,"sequence":0})",
               "h.jsonl:3:7: /do: there is no record 'all_redeuce'"},
        Damage{"UnknownGroup",
               kHeader + R"({"ranks":0,"state":"returned","records":1})" + "\n" +
                   R"({"do":"barrier","group":"g","ticket":0,"sequence":0})",
               "h.jsonl:3: there is no group 'g' here"},
        Damage{"RecordOfNobody", kHeader + R"({"do":"wait","ticket":0})",
               "h.jsonl:2: a record before the line that says whose it is"},
        Damage{
            "OneTooMany",
            kHeader + R"({"ranks":0,"state":"returned","records":0})" + "\n" + R"({"do":"wait","ticket":0})",
            "h.jsonl:3: one record more than the history of ranks 0 announces"},
        Damage{"NoTicket",
               kHeader + R"({"ranks":0,"state":"returned","records":1})" + "\n" +
                   R"({"do":"barrier","group":"world","sequence":0})",
               "h.jsonl:3:1: /: a call needs a ticket"}),
    [](const auto& one) { return std::string(one.param.name); });

std::string refusal_of(const ScenarioFolder& folder, const std::string& name) {
  try {
    read_run(std::vector<std::string>{folder.path(name)});
  } catch (const InputError& error) {
    std::string text = error.place() + ": " + error.message();
    const std::string prefix = folder.path("");
    for (std::size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
      text.erase(at, prefix.size());
    return text;
  }
  return "";
}

TEST(DamagedDump, IsRefusedAtItsPlace) {
  const ScenarioFolder folder;
  folder.write("rank0.json", R"({"version":"1.0","pg_config":{}})");
  EXPECT_EQ(refusal_of(folder, "rank0.json"),
            "rank0.json /version: version '1.0' of the flight recorder is not known");
  folder.write("rank1.json", R"({"version":"2.10","pg_config":{"0":{"ranks":"[0, x]"}}})");
  EXPECT_EQ(refusal_of(folder, "rank1.json"),
            "rank1.json /pg_config/0/ranks: expected a list of ranks, got '[0, x]'");
  folder.write("rank2.json", R"({"version":"2.10","entries":[{"record_id":0}]})");
  EXPECT_EQ(refusal_of(folder, "rank2.json"), "rank2.json /entries/0: the key 'process_group' is missing");
  folder.write("rank3.json", R"({"version":"2.10","entries":{}})");
  EXPECT_EQ(refusal_of(folder, "rank3.json"), "rank3.json /entries: expected a list, got object");
  folder.write("nobody.json", R"({"version":"2.10"})");
  EXPECT_EQ(refusal_of(folder, "nobody.json"),
            "nobody.json: a dump does not say whose it is, and there is no rank in this file name");
  folder.write("rank4.txt", "hello");
  EXPECT_EQ(refusal_of(folder, "rank4.txt"),
            "rank4.txt: this is neither a history nor a flight recorder dump nor a log of NCCL");
}

TEST(DamagedDump, AFolderWithoutRunsIsRefused) {
  const ScenarioFolder folder;
  folder.write("notes.txt", "hello");
  EXPECT_THAT(refusal_of(folder, "."),
              ::testing::HasSubstr("there is no history, no flight recorder dump and no NCCL log here"));
}

TEST(DamagedDump, ADumpWithoutEntriesIsARankThatDidNothing) {
  const ScenarioFolder folder;
  folder.write(
      "nccl_trace_rank_0",
      R"({"version":"2.10","pg_config":{"0":{"name":"0","desc":"default_pg","ranks":"[0, 1]"}},"pg_status":{}})");
  const RecordedRun run = read_run(std::vector<std::string>{folder.path("nccl_trace_rank_0")});
  EXPECT_EQ(run.histories->ranks.size(), 2U);
  EXPECT_EQ(run.histories->ranks[0].state, HostState::unseen);
  EXPECT_EQ(run.histories->ranks[1].state, HostState::unknown);
}

}  // namespace
}  // namespace gridlock
