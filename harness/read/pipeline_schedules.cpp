#include "harness/read/pipeline_schedules.h"

#include <algorithm>

namespace gridlock {
namespace {

class RowWriter {
 public:
  RowWriter(PipelineSchedule schedule, std::int32_t ranks, std::int32_t virtual_stages,
            std::int32_t micro_batches, std::int32_t rank)
      : schedule_(schedule),
        ranks_(ranks),
        chunks_(virtual_stages),
        total_(micro_batches * virtual_stages),
        rank_(rank) {}

  ScheduleTable::Row write() {
    const std::int32_t ahead = std::min(forwards_ahead(), total_);
    for (std::int32_t i = 0; i < ahead; ++i) forward(i);
    for (std::int32_t i = ahead; i < total_; ++i) {
      forward(i);
      backward(i - ahead);
    }
    for (std::int32_t i = total_ - ahead; i < total_; ++i) backward(i);
    while (weights_ < inputs_) weight();
    return std::move(row_);
  }

 private:
  /// Forwards before the first backward, less the one that comes with it.
  std::int32_t forwards_ahead() const {
    const std::int32_t behind = ranks_ - rank_ - 1;
    switch (schedule_) {
      case PipelineSchedule::gpipe:
      case PipelineSchedule::forward_only:
        return total_;
      case PipelineSchedule::one_f_one_b:
      case PipelineSchedule::zero_bubble:
        return behind;
      case PipelineSchedule::interleaved:
        return 2 * behind + (chunks_ - 1) * ranks_;
    }
    return total_;
  }

  /// Work number i is that of one of the rank's stages, counted in the order in which data passes them.
  void add(std::int32_t i, StageWork work) {
    const std::int32_t chunk = chunks_ == 1 ? 0 : i % (ranks_ * chunks_) / ranks_;
    const std::int32_t micro_batch = chunks_ == 1 ? i : i / (ranks_ * chunks_) * ranks_ + i % ranks_;
    const std::int32_t passed = work == StageWork::forward ? chunk : chunks_ - chunk - 1;
    row_.push_back(StageAction{passed * ranks_ + rank_, work, micro_batch});
  }

  void forward(std::int32_t i) { add(i, StageWork::forward); }

  void backward(std::int32_t i) {
    if (schedule_ == PipelineSchedule::forward_only) return;
    if (schedule_ != PipelineSchedule::zero_bubble) return add(i, StageWork::backward);
    add(inputs_++, StageWork::backward_input);
    if (inputs_ - weights_ > rank_) weight();
  }

  void weight() { add(weights_++, StageWork::backward_weight); }

  PipelineSchedule schedule_;
  std::int32_t ranks_;
  /// Stages of the rank.
  std::int32_t chunks_;
  std::int32_t total_;
  std::int32_t rank_;
  std::int32_t inputs_ = 0;
  std::int32_t weights_ = 0;
  ScheduleTable::Row row_;
};

}  // namespace

ScheduleTable schedule_table(PipelineSchedule schedule, std::int32_t ranks, std::int32_t virtual_stages,
                             std::int32_t micro_batches) {
  ScheduleTable table;
  for (std::int32_t rank = 0; rank < ranks; ++rank)
    table.rows.push_back(RowWriter(schedule, ranks, virtual_stages, micro_batches, rank).write());
  return table;
}

}  // namespace gridlock
