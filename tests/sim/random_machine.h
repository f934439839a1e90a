#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/rank/step_machine.h"

namespace gridlock {

/// A program that takes its steps from (seed, step number), alike on all ranks: collectives on several
/// streams, rings of messages, host waits, events, host edges, groups, and compute that takes longer on some
/// ranks. One rank of every third seed leaves out a collective, so that runs with and without hangs are
/// covered.
class RandomMachine final : public StepMachine {
 public:
  RandomMachine(std::uint64_t seed, RankId rank, RankId world_size, int step_count);
  Request next(RankContext& rank, const Reply& last) override;

 private:
  std::uint64_t draw(std::uint64_t bound);
  Request collective(RankContext& rank);
  Request ring(RankContext& rank);

  std::uint64_t state_;
  bool leaves_out_;
  RankId rank_;
  RankId world_size_;
  int steps_left_;
  Ticket last_ticket_ = Ticket::none;
  EventId last_event_ = EventId::none;
  GroupHandle group_ = GroupHandle::world;
  GroupSpec spec_;
  std::string name_;
  std::array<Call, 2> calls_;
};

/// RandomMachine on every rank.
RankProgram random_program(std::uint64_t seed, RankId world_size, int step_count);

}  // namespace gridlock
