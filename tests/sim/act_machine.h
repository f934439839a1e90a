#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/sim_world.h"

namespace gridlock {

/// One request of a small program.
struct Act {
  RequestKind kind = RequestKind::submit;
  /// A group of `made_group` stands for one that the program has made.
  std::vector<Call> calls;
  StreamId stream = StreamId::main;
  Nanos duration{0};
  std::string name;
  bool fails = false;
  /// Of a parallel act: what each thread does; their names are "0", "1" ...
  std::vector<std::vector<Act>> threads = {};
};
using Acts = std::vector<Act>;

/// The group that the program's new_group act number `number` made, in a call.
GroupHandle made_group(int number);

/// Makes its acts one by one; a wait is for the last ticket, an abort or destroy for the group of the first
/// of its calls. new_group makes a group of all ranks. Whatever a request ends with, the program goes on.
class ActMachine final : public StepMachine {
 public:
  explicit ActMachine(const Acts& acts)
      : acts_(acts), groups_(std::make_shared<std::vector<GroupHandle>>()) {}
  /// A thread of `rank`.
  ActMachine(const Acts& acts, const ActMachine& rank) : acts_(acts), groups_(rank.groups_) {}

  Request next(RankContext& rank, const Reply& last) override;
  /// How the requests ended, in order.
  const std::vector<StatusCode>& codes() const { return codes_; }

 private:
  const Acts& acts_;
  std::size_t next_ = 0;
  Ticket last_ticket_ = Ticket::none;
  std::shared_ptr<std::vector<GroupHandle>> groups_;
  std::vector<StatusCode> codes_;
  // What the last request points to.
  std::vector<Call> calls_;
  GroupSpec spec_;
  std::vector<std::unique_ptr<ActMachine>> machines_;
  std::vector<std::string> names_;
  std::vector<HostThread> threads_;
};

/// The programs of all ranks, which outlive what is returned.
RankProgram act_program(const std::vector<Acts>& programs);

}  // namespace gridlock
