#include "harness/read/schedule_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <map>
#include <numeric>
#include <sstream>
#include <tuple>

#include "core/base/input_error.h"
#include "harness/read/pipeline_schedules.h"

namespace gridlock {
namespace {

ScheduleTable recorded(const std::string& name) {
  std::ifstream file(GRIDLOCK_SOURCE_DIR "/tests/data/torch_schedules/" + name);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_schedule_table(text.str(), name);
}

/// What torch does before it adds transfers: idle cells go, and a W right after its I makes one B of both.
ScheduleTable merged(ScheduleTable table) {
  for (ScheduleTable::Row& row : table.rows) {
    row.erase(std::remove(row.begin(), row.end(), std::nullopt), row.end());
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      if (!row[i] || row[i]->work != StageWork::backward_input) continue;
      StageAction weight = *row[i];
      weight.work = StageWork::backward_weight;
      if (row[i + 1] != weight) continue;
      row[i]->work = StageWork::backward;
      row.erase(row.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    }
  }
  return table;
}

struct Times {
  std::int64_t forward, backward, input, weight;
  std::int64_t of(StageWork work) const {
    if (work == StageWork::forward) return forward;
    if (work == StageWork::backward) return backward;
    return work == StageWork::backward_input ? input : weight;
  }
};

/// Time of all rows when work starts as soon as its rank is free and its input is there; -1 when some never
/// starts.
class Clock {
 public:
  Clock(const ScheduleTable& table, const Times& times) : table_(table), times_(times) {}

  std::int64_t run() {
    std::vector<std::size_t> next(table_.rows.size());
    std::vector<std::int64_t> now(table_.rows.size());
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t row = 0; row < next.size(); ++row) {
        while (next[row] < table_.rows[row].size()) {
          const StageAction& action = *table_.rows[row][next[row]];
          const std::int64_t input = input_of(action);
          if (input < 0) break;
          now[row] = std::max(now[row], input) + times_.of(action.work);
          end_[{action.stage, action.work, action.micro_batch}] = now[row];
          ++next[row];
          moved = true;
        }
      }
    }
    for (std::size_t row = 0; row < next.size(); ++row) {
      if (next[row] != table_.rows[row].size()) return -1;
    }
    return *std::max_element(now.begin(), now.end());
  }

 private:
  std::int64_t end(std::int32_t stage, StageWork work, std::int32_t micro_batch) const {
    const auto found = end_.find({stage, work, micro_batch});
    return found == end_.end() ? -1 : found->second;
  }
  std::int64_t input_of(const StageAction& action) const {
    const auto [stage, work, m] = action;
    const auto last = static_cast<std::int32_t>(table_.rows_of_stages().size()) - 1;
    if (work == StageWork::forward) return stage == 0 ? 0 : end(stage - 1, work, m);
    if (work == StageWork::backward_weight) return end(stage, StageWork::backward_input, m);
    if (stage == last) return end(stage, StageWork::forward, m);
    return std::max(end(stage + 1, StageWork::backward, m), end(stage + 1, StageWork::backward_input, m));
  }

  const ScheduleTable& table_;
  Times times_;
  std::map<std::tuple<std::int32_t, StageWork, std::int32_t>, std::int64_t> end_;
};

TEST(ScheduleTable, transfers_are_added_as_torch_adds_them) {
  EXPECT_EQ(with_transfers(merged(recorded("zb1p_2rank_2stagep_compute.csv"))).rows,
            recorded("zb1p_2rank_2stagep_comms.csv").rows);
}

TEST(ScheduleTable, work_that_overlaps_comes_one_after_the_other) {
  const ScheduleTable table = recorded("dualpipev_4rank_10mb.csv");
  ASSERT_EQ(table.rows.size(), 4U);
  EXPECT_EQ(table.rows[0][17]->to_string(), "0F7");
  EXPECT_EQ(table.rows[0][18]->to_string(), "7B3");
  EXPECT_EQ(table.rows_of_stages(), (std::vector<std::int32_t>{0, 1, 2, 3, 3, 2, 1, 0}));
  EXPECT_FALSE(table.has_transfers());
  EXPECT_TRUE(with_transfers(table).has_transfers());
}

TEST(ScheduleTable, shards_and_empty_lines_are_no_business_of_the_pipeline) {
  const ScheduleTable table = parse_schedule_table("0UNSHARD,0F0, 0B0,0REDUCE_GRAD\r\n\n", "t.csv");
  ASSERT_EQ(table.rows.size(), 1U);
  ASSERT_EQ(table.rows[0].size(), 2U);
  EXPECT_EQ(table.rows[0][1]->to_string(), "0B0");
}

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ScheduleTable, a_wrong_cell_is_named_by_line_and_column) {
  const auto read = [](const char* text) { return refusal([&] { parse_schedule_table(text, "t.csv"); }); };
  const std::string hint =
      "\n  hint: a stage, F, B, I, W, SEND_F, RECV_F, SEND_B or RECV_B, and a micro-batch: 0F3";
  EXPECT_EQ(read("0F0,1F0\n0F1,0X1\n"), "t.csv:2:5: '0X1' is no action of a schedule" + hint);
  EXPECT_EQ(read("F0"), "t.csv:1:1: 'F0' is no action of a schedule" + hint);
  EXPECT_EQ(read("0F0,(0F1)OVERLAP_F_B"), "t.csv:1:5: '(0F1)OVERLAP_F_B' is no action of a schedule" + hint);
  EXPECT_EQ(read("0F99999999999"), "t.csv:1:1: '0F99999999999' is no action of a schedule" + hint);
}

constexpr Times kTimes[] = {{1, 2, 1, 1}, {2, 3, 2, 2}, {3, 1, 4, 2}};

// GPipe and 1F1B: the last stage starts after stages - 1 forwards and the first ends as many backwards later.
TEST(PipelineSchedules, take_as_long_as_the_papers_say) {
  for (const Times& t : kTimes) {
    for (std::int32_t ranks = 1; ranks <= 6; ++ranks) {
      for (std::int32_t m = 1; m <= 12; ++m) {
        const auto time = [&](PipelineSchedule schedule, std::int32_t chunks) {
          return Clock(schedule_table(schedule, ranks, chunks, m), t).run();
        };
        const std::int64_t bubble = (ranks - 1) * (t.forward + t.backward);
        EXPECT_EQ(time(PipelineSchedule::gpipe, 1), m * (t.forward + t.backward) + bubble);
        EXPECT_EQ(time(PipelineSchedule::one_f_one_b, 1), m * (t.forward + t.backward) + bubble);
        if (m >= ranks) {
          EXPECT_EQ(time(PipelineSchedule::zero_bubble, 1),
                    m * (t.forward + t.input + t.weight) + (ranks - 1) * (t.forward + t.input - t.weight));
        }
        if (ranks == 1 || m % ranks != 0) continue;
        for (const std::int32_t chunks : {2, 3})
          EXPECT_EQ(time(PipelineSchedule::interleaved, chunks),
                    chunks * m * (t.forward + t.backward) + bubble);
      }
    }
  }
}

TEST(PipelineSchedules, do_everything_once) {
  const ScheduleTable table = schedule_table(PipelineSchedule::interleaved, 4, 3, 8);
  std::map<std::string, int> times;
  for (const ScheduleTable::Row& row : table.rows) {
    for (const auto& cell : row) ++times[cell->to_string()];
  }
  EXPECT_EQ(times.size(), 2U * 12U * 8U);
  for (const auto& [action, count] : times) EXPECT_EQ(count, 1) << action;
}

// The transfers of S stages and M micro-batches: each goes over S - 1 borders, there and back.
TEST(PipelineSchedules, send_over_every_border_once_for_each_micro_batch) {
  for (const PipelineSchedule schedule :
       {PipelineSchedule::gpipe, PipelineSchedule::one_f_one_b, PipelineSchedule::zero_bubble}) {
    const ScheduleTable table = with_transfers(schedule_table(schedule, 4, 1, 6));
    int sends = 0;
    for (const ScheduleTable::Row& row : table.rows) {
      for (const auto& cell : row) sends += cell->is_send() ? 1 : 0;
    }
    EXPECT_EQ(sends, 2 * 3 * 6);
  }
}

}  // namespace
}  // namespace gridlock
