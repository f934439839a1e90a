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

  /// Handles everything in the order of virtual time, whatever the program is. The run is the same.
  void keep_time_order() { keeps_time_order_ = true; }
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
  /// Called on the host's fiber: hands the request to the engine's stack and parks the fiber meanwhile, so
  /// that a stack of its own holds nothing but its program.
  Reply execute_on_fiber(HostId host, const Request& request);

 private:
  ThreadState& thread(HostId host) {
    if (hosts_.is_main(host)) return ranks_[static_cast<std::size_t>(host)];
    return side_thread(host);
  }
  const ThreadState& thread(HostId host) const {
    if (hosts_.is_main(host)) return ranks_[static_cast<std::size_t>(host)];
    return side_threads_[static_cast<std::size_t>(host - hosts_.world_size)];
  }
  SideThread& side_thread(HostId host) {
    return side_threads_[static_cast<std::size_t>(host - hosts_.world_size)];
  }
  /// The main thread of the rank, then its others that have not ended.
  template <typename Visit>
  void for_each_host(RankId rank, Visit&& visit) {
    visit(rank);
    if (state(rank).open_threads == 0) return;
    for (std::int32_t place = 0; place < hosts_.thread_max; ++place) {
      const HostId host = hosts_.thread(rank, place);
      if (thread(host).park != Park::ended) visit(host);
    }
  }

  /// True: `reply` is the answer. False: the host is parked (or the run is over for it).
  bool answer(HostId host, const Request& request, Reply& reply);
  bool answer_kind(HostId host, const Request& request, Reply& reply);
  bool answer_main(RankId rank, const Request& request, Reply& reply);
  bool submit(HostId host, const Request& request, Reply& reply);
  bool wait(HostId host, Ticket ticket, const Label& label, Reply& reply);
  /// The second half of a submit that waits; `reply` has the ticket.
  bool wait_for_submitted(HostId host, const Label& label, Reply& reply);
  /// The host has gone on inside such a submit. False: it is parked again, or it is not its turn.
  bool go_on_to_wait(HostId host);
  /// Every request is a turn of its own.
  bool is_picked() const { return options_.pick_turn && fibers_ == nullptr; }
  bool test(RankId rank, const Request& request, Reply& reply);
  bool synchronize(HostId host, const Request& request);
  void record_event(RankId rank, const Request& request, Reply& reply);
  void stream_wait(RankId rank, const Request& request, Reply& reply);
  bool compute(HostId host, const Request& request, Reply& reply);
  void post(RankId rank, const Request& request);
  bool await(HostId host, const Request& request, Reply& reply);
  bool new_group(RankId rank, const Request& request, Reply& reply);
  bool create_grid(RankId rank, const Request& request, Reply& reply);
  bool destroy_group(HostId host, const Request& request, Reply& reply);
  bool split(RankId rank, const Request& request, Reply& reply);
  bool shrink(RankId rank, const Request& request, Reply& reply);
  bool new_local_group(RankId rank, const Request& request, Reply& reply);
  void abort(RankId rank, const Request& request, Reply& reply);
  /// Groups that the rank has made with their members alone; counted where names are counters.
  std::int64_t drift(RankId rank) const;
  /// Record::count of a creation.
  std::int64_t name_number(RankId rank) const;
  bool is_ticket(RankId rank, Ticket ticket) const {
    return ticket >= Ticket{0} &&
           static_cast<std::int64_t>(ticket) < ranks_[static_cast<std::size_t>(rank)].next_ticket;
  }
  bool must_stop() {
    constexpr std::int64_t kMemoryCheckEvery = 1 << 16;
    return (request_count_ % kMemoryCheckEvery == 0 && is_memory_full()) ||
           step_count_ >= options_.step_max || is_interrupted();
  }
  bool is_memory_full();
  /// False: the run ends instead.
  bool count_request();
  bool is_interrupted() const { return options_.interrupt != nullptr && *options_.interrupt != 0; }

  // Running ahead, in engine_ahead.cpp.
  /// What a host that is ahead of virtual time waits to do: a request, or the end of its rank.
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
  /// Whether it changes what other ranks have under way or may see first, and so has to come in the order of
  /// time.
  bool must_wait_for_turn(const Request& request) const {
    return now_ > time_ && (request.kind == RequestKind::post || request.kind == RequestKind::abort ||
                            request.kind == RequestKind::exit);
  }
  /// Parks the host until virtual time has come to it. Always false.
  bool wait_for_turn(HostId host, Turn turn);
  void take_turn(HostId host);
  /// The latest clock of all.
  Nanos latest() const;

  /// Parks the host; `reply` is what it gets when it goes on. Always false.
  bool park(HostId host, Park park, std::int64_t subject, const Reply& reply);
  bool may_go_on(HostId host) const;
  void wake(HostId host) { wake(host, now_); }
  /// The host goes on at `time`, or at its own time if that is later.
  void wake(HostId host, Nanos time);
  void wake_progressed();

  // The other threads of a rank, in engine_threads.cpp.
  bool parallel(RankId rank, const Request& request, Reply& reply);
  /// The number of each thread's name; empty when the request cannot be answered.
  std::vector<std::int32_t> thread_names(const Request& request);
  void end_thread(HostId host);
  /// The thread that asked last for `use`, one of a rank that runs several; another one is a choice.
  void note_use(HostId host, std::int64_t use);
  void note_uses(HostId host, const Request& request);
  /// After work of the rank was aborted: its other threads may have waited for it.
  void wake_aborted(RankId rank);
  void wake_created();
  void wake_met();
  /// The host enqueues what it held back until all had come. False: it is parked.
  bool submit_held(HostId host);
  void wake_parts();
  /// What the rank does after its submit was enqueued: goes on, or parks.
  bool after_submit(HostId host, Ticket ticket, bool blocks_host, Reply& reply);
  StatusCode status_of(RankId rank, Ticket ticket) const;

  // Trouble, in engine_trouble.cpp.
  /// False: the request is not answered, a fault has ended or stopped the rank.
  bool apply_faults(HostId host, const Request& request);
  /// False: the rank's program does not go on, or, where it hangs, that host of it.
  bool apply(const Fault& fault, HostId host);
  void fire_fault(std::size_t number);
  void note(RankId rank, RecordKind kind, Ticket ticket, std::string_view name);
  void lose(RankId rank);
  bool sees_death(RankId rank, Slot work) const;
  bool must_fail(RankId rank, Ticket ticket) const;
  /// Ends the present wait of a rank for the ticket with `code`.
  void let_down(RankId rank, Ticket ticket, StatusCode code);
  /// Ends an await with `code` instead of a post.
  void let_down_await(HostId host, StatusCode code);
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
  void run_host(HostId host);
  void run_machine(HostId host);
  void run_fiber(HostId host);
  /// Whether the fiber, which asked for something, goes on.
  bool answer_fiber(HostId host);
  /// Body of a fiber.
  void run_on_fiber(HostId host);
  StepMachine& machine_of(HostId host);
  /// The program of the host has returned.
  void end_host(HostId host);
  void end_rank(RankId rank, HostState end, const std::string& error = "");
  void fire_timers();
  void fire_deadline();
  void fill_histories();
  void fill_threads(RankId rank, const std::vector<std::int32_t>& connection_of);
  /// What the programs of stalled ranks would have called next.
  void note_intentions();
  void unwind();

  RunOptions options_;
  const RankProgram& program_;
  Hosts hosts_;
  std::shared_ptr<Histories> histories_;
  /// Everything up to here has been handled in order.
  Nanos time_{0};
  /// The clock of what is being handled: time_, or that of a rank that is ahead of it.
  Nanos now_{0};
  Digest digest_;
  TimerQueue timers_;
  DeadlineQueue deadlines_;
  std::vector<RankState> ranks_;
  /// Those of a rank one behind the other.
  std::vector<SideThread> side_threads_;
  std::vector<SimRank> contexts_;
  Recorder recorder_;
  Device device_;
  HostMeetings meetings_;
  BufferRaces races_;
  Submission submission_;
  GroupCreation creation_;
  GroupParts parts_;
  std::map<RankId, std::int64_t> made_alone_;
  /// Of ranks whose threads run: who used what last.
  std::map<RankId, std::map<std::int64_t, HostId>> uses_;
  FaultInjector faults_;
  Watchdog watchdog_;
  HostEdges edges_;
  std::unique_ptr<FiberHost> fibers_;
  /// What the fiber that parked last asks for.
  const Request* asked_ = nullptr;
  ReadySet ready_;
  /// Of the round that is going on.
  ReadySet running_;
  std::vector<Timer> due_;
  bool keeps_time_order_ = false;
  bool runs_ahead_ = false;
  /// Hosts that may go on ahead of time_, the next one last; those that were woken meanwhile, in order.
  std::vector<HostId> ahead_;
  std::vector<HostId> woken_;
  std::map<HostId, Turn> turns_;
  /// Index = host: of the host work that it did last; empty until somebody does any.
  std::vector<Label> work_labels_;
  /// Index = host: of the wait that follows (ThreadState::waits_next); empty until there is one.
  std::vector<Label> wait_labels_;
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
