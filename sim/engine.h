#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/world/world.h"
#include "sim/buffer_races.h"
#include "sim/creation.h"
#include "sim/deadline_queue.h"
#include "sim/device.h"
#include "sim/fault_injector.h"
#include "sim/group_parts.h"
#include "sim/host_edges.h"
#include "sim/host_meetings.h"
#include "sim/ready_set.h"
#include "sim/recorder.h"
#include "sim/sim_rank.h"
#include "sim/submission.h"
#include "sim/watchdog.h"

namespace gridlock::sim {

/// The record of a request that is no call, to be completed by its kind.
Record host_record(RecordKind kind, const Request& request);

/// One run: ranks ask, one loop answers. At each moment of virtual time the loop first handles what
/// completes, then runs the ranks that may go on, in rank order, each until it parks or ends; what nobody
/// else can see it handles before its time (engine_ahead.cpp). Used once, from one thread.
class Engine {
 public:
  /// Requires: options and program were checked. The program outlives the engine.
  Engine(const RunOptions& options, const RankProgram& program, SiteTable sites);
  ~Engine();

  /// Handles everything in the order of virtual time. For tests: the run is the same.
  void keep_time_order();
  /// Runs everything to its end and unwinds what is left.
  RunResult run();

  // For SimRank.
  const RunOptions& options() const { return options_; }
  Nanos now() const { return now_; }
  Histories& histories() { return *histories_; }
  RankState& state(RankId rank) { return ranks_[static_cast<std::size_t>(rank)]; }
  const Device& device() const { return device_; }
  BufferRaces& races() { return races_; }
  bool has_data() const { return options_.payload == Payload::data; }
  void complain(Complaint complaint);
  /// A buffer is made or freed. Does not return when there is no room for it: the run ends.
  void claim(std::int64_t count, DType dtype);
  void disclaim(std::int64_t count, DType dtype);
  /// Answers a request on the rank's fiber, parking it if needed.
  Reply execute_on_fiber(RankId rank, const Request& request);

 private:
  /// True: `reply` is the answer. False: the rank is parked (or the run is over for it).
  bool answer(RankId rank, const Request& request, Reply& reply);
  bool submit(RankId rank, const Request& request, Reply& reply);
  bool wait(RankId rank, const Request& request, Reply& reply);
  bool test(RankId rank, const Request& request, Reply& reply);
  bool synchronize(RankId rank, const Request& request);
  void record_event(RankId rank, const Request& request, Reply& reply);
  void stream_wait(RankId rank, const Request& request, Reply& reply);
  bool compute(RankId rank, const Request& request, Reply& reply);
  void post(RankId rank, const Request& request);
  bool await(RankId rank, const Request& request, Reply& reply);
  bool new_group(RankId rank, const Request& request, Reply& reply);
  bool create_grid(RankId rank, const Request& request, Reply& reply);
  bool destroy_group(RankId rank, const Request& request, Reply& reply);
  bool split(RankId rank, const Request& request, Reply& reply);
  bool shrink(RankId rank, const Request& request, Reply& reply);
  bool new_local_group(RankId rank, const Request& request, Reply& reply);
  void abort(RankId rank, const Request& request, Reply& reply);
  /// Groups that the rank has made with their members alone; counted where names are counters.
  std::int64_t drift(RankId rank) const;
  /// Record::count of a creation.
  std::int64_t name_number(RankId rank) const;
  bool is_ticket(RankId rank, Ticket ticket) const;
  bool must_stop();
  bool is_interrupted() const { return options_.interrupt != nullptr && *options_.interrupt != 0; }

  // Running ahead, in engine_ahead.cpp.
  /// What a rank that is ahead of virtual time waits to do: a request, or its end.
  struct Turn {
    std::optional<Request> request;
    HostState end = HostState::returned;
    std::string error;
  };
  bool may_run_ahead() const;
  /// Until when a rank may be ahead: nobody's deadline or timeout is before it.
  Nanos horizon();
  bool is_private(const Due& due);
  void finish_ahead(const Due& due);
  /// Finishes what is private and runs on whom that woke, depth first.
  void run_ahead();
  bool must_wait_for_turn(const Request& request) const;
  /// Parks the rank until virtual time has come to it. Always false.
  bool wait_for_turn(RankId rank, Turn turn);
  void take_turn(RankId rank);
  /// The latest clock of all.
  Nanos latest() const;

  /// Parks the rank; `reply` is what it gets when it goes on. Always false.
  bool park(RankId rank, Park park, std::int64_t subject, const Reply& reply);
  bool may_go_on(RankId rank) const;
  void wake(RankId rank) { wake(rank, now_); }
  /// The rank goes on at `time`, or at its own time if that is later.
  void wake(RankId rank, Nanos time);
  void wake_created();
  void wake_met();
  /// The rank enqueues what it held back until all had come. False: it is parked.
  bool submit_held(RankId rank);
  void wake_parts();
  /// What the rank does after its submit was enqueued: goes on, or parks.
  bool after_submit(RankId rank, Ticket ticket, bool blocks_host, Reply& reply);
  StatusCode status_of(RankId rank, Ticket ticket) const;

  // Trouble, in engine_trouble.cpp.
  /// False: the request is not answered, a fault has ended or stopped the rank.
  bool apply_faults(RankId rank, const Request& request);
  /// False: the rank's program does not go on.
  bool apply(const Fault& fault, RankId rank);
  void fire_fault(std::size_t number);
  void note(RankId rank, RecordKind kind, Ticket ticket, std::string_view name);
  void lose(RankId rank);
  bool sees_death(RankId rank, Slot work) const;
  bool must_fail(RankId rank, Ticket ticket) const;
  /// Ends the present wait of a rank with `code`.
  void let_down(RankId rank, Ticket ticket, StatusCode code);
  /// Acts upon timeouts. True: the run ends there.
  bool expire(const std::vector<Watchdog::Expiry>& expiries);
  void judge_now(RunEnd end);
  void sort_complaints();

  RunEnd loop();
  void run_ready();
  /// The same in the order of RunOptions::pick_turn, request by request.
  void run_picked();
  /// Another schedule could have gone another way here.
  void note_choice(ChoiceKind kind, RankId rank);
  void run_rank(RankId rank);
  void run_machine(RankId rank);
  /// Body of a fiber.
  void run_on_fiber(RankId rank);
  void end_rank(RankId rank, HostState end, const std::string& error = "");
  void fire_timers();
  void fire_deadline();
  void fill_histories();
  /// What the programs of stalled ranks would have called next.
  void note_intentions();
  void unwind();

  RunOptions options_;
  const RankProgram& program_;
  std::shared_ptr<Histories> histories_;
  /// Everything up to here has been handled in order.
  Nanos time_{0};
  /// The clock of what is being handled: time_, or that of a rank that is ahead of it.
  Nanos now_{0};
  Digest digest_;
  TimerQueue timers_;
  DeadlineQueue deadlines_;
  std::vector<RankState> ranks_;
  std::vector<SimRank> contexts_;
  Recorder recorder_;
  Device device_;
  HostMeetings meetings_;
  BufferRaces races_;
  Submission submission_;
  GroupCreation creation_;
  GroupParts parts_;
  std::map<RankId, std::int64_t> made_alone_;
  FaultInjector faults_;
  Watchdog watchdog_;
  HostEdges edges_;
  std::unique_ptr<FiberHost> fibers_;
  ReadySet ready_;
  /// Of the round that is going on.
  ReadySet running_;
  std::vector<Timer> due_;
  bool keeps_time_order_ = false;
  bool runs_ahead_ = false;
  /// Ranks that may go on ahead of time_, the next one last; those that were woken meanwhile, in order.
  std::vector<RankId> ahead_;
  std::vector<RankId> woken_;
  std::map<RankId, Turn> turns_;
  /// When the last of what was finished ahead was over.
  Nanos finished_ahead_{0};
  /// The latest arrival at a creation.
  Nanos created_{0};
  std::vector<Due> handed_over_;
  std::vector<Progress> progressed_;
  std::vector<Complaint> complaints_;
  std::vector<ContendedChoice> choices_;
  std::vector<const Fault*> hits_;
  std::ptrdiff_t corrupted_call_ = -1;
  bool has_lost_ = false;
  /// The run has been judged, though survivors may still go on; what it was judged by.
  std::optional<RunEnd> judged_;
  Verdict verdict_;
  std::vector<RankEnd> judged_ranks_;
  std::string error_;
  std::int64_t request_count_ = 0;
  /// Towards RunOptions::step_max.
  std::int64_t step_count_ = 0;
  std::int64_t data_bytes_ = 0;
  RankId ended_count_ = 0;
  bool limit_reached_ = false;
  bool is_over_ = false;
  /// Requests made after the end by programs that go on asking.
  std::int64_t late_request_count_ = 0;
};

}  // namespace gridlock::sim
