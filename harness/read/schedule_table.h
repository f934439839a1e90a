#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gridlock {

/// What a rank does for one stage and one micro-batch.
enum class StageWork : std::uint8_t {
  forward,          ///< F
  backward,         ///< B: all of the backward
  backward_input,   ///< I: the gradients of the inputs, which the stage before waits for
  backward_weight,  ///< W: the gradients of the weights
  send_forward,     ///< SEND_F: activations to the next stage
  recv_forward,     ///< RECV_F
  send_backward,    ///< SEND_B: gradients to the stage before
  recv_backward,    ///< RECV_B
};

struct StageAction {
  std::int32_t stage = 0;
  StageWork work = StageWork::forward;
  std::int32_t micro_batch = 0;

  bool is_transfer() const { return work >= StageWork::send_forward; }
  bool is_send() const { return work == StageWork::send_forward || work == StageWork::send_backward; }
  /// The stage at the other end of a transfer.
  std::int32_t other_stage() const;
  /// "2SEND_F1", as torch writes it.
  std::string to_string() const;
  bool operator==(const StageAction&) const = default;
};

/// A pipeline schedule as torch.distributed.pipelining writes and reads it (PyTorch 2.5 and later,
/// schedules.py _load_csv): a row for each rank, in each cell what it does next; an empty cell is idle time.
/// Tables of format compute_only have no transfers, those of compute_comms have all of them. A value.
struct ScheduleTable {
  using Row = std::vector<std::optional<StageAction>>;
  std::vector<Row> rows;
  /// Where the rows were read: the file, and the line of each.
  std::string file;
  std::vector<std::int32_t> lines;

  bool has_transfers() const;
  /// "schedule.csv:2"
  std::string place(std::size_t row) const;
  /// The row that computes each stage. Throws InputError with file and line when two rows do, and when a
  /// stage below the last one is computed nowhere.
  std::vector<std::int32_t> rows_of_stages() const;
};

/// Reads a table. Actions that run at once ("(0F7;7B3)OVERLAP_F_B") come one after the other; UNSHARD,
/// RESHARD and REDUCE_GRAD, which are no business of the pipeline, are left out. Throws InputError with the
/// line and column of a cell that is none of these.
ScheduleTable parse_schedule_table(std::string_view text, const std::string& file);

/// The table with a send after each result that another row needs, and the receive in that row at the same
/// moment of a run of all rows, so that transfers which wait for their other end never wait for each other
/// (schedules.py _add_send_recv). Idle cells are gone. Requires: check_work
/// (schedule_check.h) accepts it.
ScheduleTable with_transfers(const ScheduleTable& table);

}  // namespace gridlock
