#include "harness/read/schedule_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>

#include "core/base/input_error.h"
#include "harness/read/pipeline_schedules.h"

namespace gridlock {
namespace {

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

std::string work(const std::string& text) {
  return refusal([&] { check_work(parse_schedule_table(text, "t.csv")); });
}
std::string transfers(const std::string& text) {
  return refusal([&] { check_transfers(parse_schedule_table(text, "t.csv")); });
}

std::string text_of(const ScheduleTable& table) {
  std::string text;
  for (const ScheduleTable::Row& row : table.rows) {
    for (const auto& cell : row) text += cell->to_string() + ",";
    text += "\n";
  }
  return text;
}

TEST(ScheduleCheck, work_of_a_stage_has_one_row) {
  EXPECT_EQ(work("0F0,0B0\n1F0,1B0\n"), "accepted");
  EXPECT_EQ(work("0F0\n\n0F1\n"), "t.csv:3: stage 0 is computed here and in t.csv:1");
  EXPECT_EQ(work("0F0\n2F0\n"), "t.csv: no row computes stage 1");
}

TEST(ScheduleCheck, missing_work_is_asked_of_the_row_that_lacks_it) {
  EXPECT_EQ(work("0F0,0F1,0B0,0B1\n1F0,1F1,1B0\n"), "t.csv:2: 1B1 is missing, which 0B1 (t.csv:1) needs");
  EXPECT_EQ(work("0F0,0F1\n1F0\n2F0,2F1"), "t.csv:2: 1F1 is missing, which 2F1 (t.csv:3) needs");
  EXPECT_EQ(work("0F0,0B0\n1F0\n2F0,2B0"), "t.csv:2: 1B0 is missing, which 0B0 (t.csv:1) needs");
  EXPECT_EQ(work("0F0\n1F0,1B0"), "t.csv:1: 0B0 is missing, while there is 1B0 (t.csv:2)");
  EXPECT_EQ(work("0F0,0F1,0B0,0B1\n1F0,1B0"),
            "t.csv:2: 1F1 is missing (and 1 more in this row), while there is 0F1 (t.csv:1)");
  EXPECT_EQ(work("0F0,0F1,0B0\n1F0,1B0,1F1"), "t.csv:1: 0B1 is missing, which 0F1 (t.csv:1) asks for");
  EXPECT_EQ(work("\xEF\xBB\xBF"
                 "0F0,0F1\n1F0,1F1"),
            "accepted");
  EXPECT_EQ(work("0B0\n1B0"), "t.csv:1: 0F0 is missing, which 0B0 (t.csv:1) needs");
}

TEST(ScheduleCheck, work_of_a_few_stages_is_too_much) {
  EXPECT_EQ(work("0F0\n1F0,1F7\n2F0\n"),
            "t.csv:2: 1F7 has no counterpart: 1 of 3 stages does the forward of micro-batch 7");
}

TEST(ScheduleCheck, work_is_done_once) {
  EXPECT_EQ(work("0F0,0F1,0B0,0B1,0F1\n1F0,1B0,1F1,1B1"), "t.csv:1: 0F1 comes twice");
  EXPECT_EQ(work("0F0,0B0\n1F0,1B0,1I0,1W0"), "t.csv:2: 1B0 and 1I0 do the same backward twice");
}

TEST(ScheduleCheck, a_backward_in_two_parts_has_both) {
  EXPECT_EQ(work("0F0,0I0,0W0"), "accepted");
  EXPECT_EQ(work("0F0,0I0"), "t.csv:1: 0W0 is missing, which ends what 0I0 begins");
  EXPECT_EQ(work("0F0,0W0"), "t.csv:1: 0I0 is missing, which 0W0 (t.csv:1) needs");
  EXPECT_EQ(work("0F0,0B0,0W0"), "t.csv:1: 0W0 has nothing left to do: 0B0 is the whole backward");
}

TEST(ScheduleCheck, a_row_has_its_work_in_the_order_of_what_it_needs) {
  EXPECT_EQ(work("0F0,0B0\n1B0,1F0"), "t.csv:2: 1B0 comes before 1F0, which it needs");
  EXPECT_EQ(work("0F0,0W0,0I0"), "t.csv:1: 0W0 comes before 0I0, which it needs");
  EXPECT_EQ(work("2F0,0F0\n1F0,3F0"), "t.csv:1: 2F0 comes before 0F0, which it needs");
  EXPECT_EQ(work("0F0,2F0,0B0,2B0\n1F0,3F0,3B0,1B0"), "t.csv:1: 0B0 comes before 2B0, which it needs");
}

TEST(ScheduleCheck, a_circle_is_blamed_on_the_row_that_is_unlike_the_others) {
  EXPECT_EQ(work("0F0,0B0,0F1,0B1\n1F1,1F0,1B0,1B1\n2F0,2B0,2F1,2B1"),
            "t.csv:2: the rows wait in a circle: 1F1 (t.csv:2) needs 0F1 (t.csv:1), which comes after 0B0; "
            "0B0 (t.csv:1) needs 1B0 (t.csv:2), which comes after 1F1\n"
            "  hint: stage 1 does the forward of micro-batch 1 where most stages do that of 0");
}

TEST(ScheduleCheck, a_circle_of_rows_in_the_same_order_names_both) {
  EXPECT_EQ(work("0F0,0B0,0F1,0B1\n1F0,1F1,1B0,1B1"),
            "t.csv:1: the rows wait in a circle: 0B0 (t.csv:1) needs 1B0 (t.csv:2), which comes after 1F1; "
            "1F1 (t.csv:2) needs 0F1 (t.csv:1), which comes after 0B0");
}

TEST(ScheduleCheck, transfers_have_work_of_their_row) {
  EXPECT_EQ(transfers("0F0,0SEND_F0\n1RECV_F0,1F0"), "accepted");
  EXPECT_EQ(transfers("0SEND_F0,0F0\n1F0"), "accepted");
  EXPECT_EQ(transfers("0F0,0SEND_F0,0SEND_F1\n1RECV_F0,1F0"), "t.csv:1: 0SEND_F1 has no 0F1 in its row");
  EXPECT_EQ(transfers("0F0,0SEND_F0\n1RECV_F0,1F0,1RECV_F1"), "t.csv:2: 1RECV_F1 has no 1F1 in its row");
  EXPECT_EQ(transfers("0F0,0SEND_F0,1SEND_B0\n1F0,1B0"), "t.csv:1: 1SEND_B0 has no 1B0 in its row");
  EXPECT_EQ(transfers("0F0,0SEND_F0,0SEND_F0\n1RECV_F0,1F0"), "t.csv:1: 0SEND_F0 comes twice");
}

TEST(ScheduleCheck, torchs_own_tables_are_right) {
  for (const char* name : {"zb1p_2rank_2stagep_compute.csv", "dualpipev_4rank_10mb.csv"}) {
    std::ifstream file(std::string(GRIDLOCK_SOURCE_DIR "/tests/data/torch_schedules/") + name);
    std::ostringstream text;
    text << file.rdbuf();
    EXPECT_EQ(work(text.str()), "accepted") << name;
  }
  std::ifstream file(GRIDLOCK_SOURCE_DIR "/tests/data/torch_schedules/zb1p_2rank_2stagep_comms.csv");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_EQ(transfers(text.str()), "accepted");
}

constexpr PipelineSchedule kSchedules[] = {PipelineSchedule::gpipe, PipelineSchedule::one_f_one_b,
                                           PipelineSchedule::forward_only, PipelineSchedule::interleaved,
                                           PipelineSchedule::zero_bubble};

TEST(ScheduleCheck, every_schedule_without_one_action_is_blamed_on_the_row_that_lost_it) {
  for (const PipelineSchedule schedule : kSchedules) {
    const std::int32_t chunks = schedule == PipelineSchedule::interleaved ? 2 : 1;
    const ScheduleTable whole = schedule_table(schedule, 4, chunks, 4);
    EXPECT_EQ(work(text_of(whole)), "accepted");
    EXPECT_EQ(transfers(text_of(with_transfers(whole))), "accepted");
    for (std::size_t row = 0; row < 4; ++row) {
      for (std::size_t cell = 0; cell < whole.rows[row].size(); ++cell) {
        ScheduleTable less = whole;
        less.rows[row].erase(less.rows[row].begin() + static_cast<std::ptrdiff_t>(cell));
        const std::string got = work(text_of(less));
        EXPECT_EQ(got.find("t.csv:" + std::to_string(row + 1) + ": "), 0U) << text_of(less) << got;
      }
    }
  }
}

}  // namespace
}  // namespace gridlock
