#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/rank/accepted_call.h"
#include "core/rank/call_check.h"
#include "core/rank/rank.h"
#include "core/rank/step_machine.h"
#include "core/world/world.h"
#include "launch/rank_host.h"
#include "launch/rank_ledger.h"

namespace gridlock {

/// One rank of a world that really runs, used by one thread. What requests mean, which of them are refused,
/// and what is in the rank's log before anything is done about them is decided here, once; a backend moves
/// data, keeps streams in order and waits.
///
/// Work that can never complete (a lost peer, calls that do not fit) parks whoever waits for it, as on a GPU;
/// the log tells the launcher, which ends the run. Once the run has ended every request answers world_ended.
class RealRank : public Rank {
 public:
  /// `host` outlives the rank.
  RealRank(RankHost& host, RankId world_size, const RunOptions& options, SiteTable sites);

  /// Runs the rank's part of the program. When the run ends before a step machine does, what it still
  /// intended is noted.
  void run_program(const RankProgram& program);
  /// The program has returned. Changes nothing when the run had ended before.
  void end_program();

  RankId id() const final { return host_.rank(); }
  RankId world_size() const final { return ledger_.groups().world_size(); }
  std::uint64_t seed() const final { return options_.seed; }
  bool has_data() const final { return true; }
  Nanos now() const final { return Nanos{0}; }
  const GroupTable& groups() const final { return ledger_.groups(); }
  SiteId site(const Site& site) final { return ledger_.site(site); }
  std::optional<std::vector<RankId>> contributors(BufferHandle) const final { return std::nullopt; }
  void complain(Complaint complaint) final;
  Reply execute(const Request& request) final;

 protected:
  // What a backend does. A function that parks returns false when it cannot go on: the run has ended, or
  // there is a fault.

  /// What has gone wrong for good on this rank: the answer to every later request.
  virtual Status fault() const { return StatusCode::ok; }
  virtual Reply submit(std::span<const Call> calls) = 0;
  /// Park.
  virtual bool wait_ticket(Ticket ticket) = 0;
  virtual bool wait_stream(StreamId stream) = 0;
  virtual bool wait_until(const std::function<bool()>& done) = 0;
  virtual void park_until_end();
  /// Meets all other ranks for the creations and makes what the groups need that have come into the table
  /// since it held `known`. Parks.
  virtual bool create(const std::vector<std::uint64_t>& identities, std::size_t known) = 0;
  virtual std::int64_t event_count() const = 0;
  /// The point becomes event number event_count().
  virtual Status record_event(StreamId stream) = 0;
  virtual Status wait_event(StreamId stream, EventId event) = 0;

  // What a backend uses.

  /// Checks and records a submit. `prepare(call, prepared)` adds what the backend needs of a call to its
  /// AcceptedCall, or refuses it; `start(ticket, streams, prepared)` begins the work and may park.
  template <typename Prepared, typename Prepare, typename Start>
  Reply take_in(std::span<const Call> calls, Prepare&& prepare, Start&& start);
  /// Shows the state while `parked` runs. Its true is ok; else the fault, or world_ended.
  template <typename Parked>
  Status park(HostState state, Parked&& parked);
  /// The rank can never go on: parks until the run has ended.
  Reply stop();

  RankHost& host() { return host_; }
  const RankHost& host() const { return host_; }
  const RunOptions& options() const { return options_; }
  RankLedger& ledger() { return ledger_; }

 private:
  const GroupInstance* find_group(const Call& call, InstanceId& instance) const;
  template <typename Prepared>
  static std::optional<std::size_t> first_unpaired(std::span<const Prepared> calls);
  Reply reject(const Call& call, StatusCode code);
  Reply submit_and_wait(const Request& request);
  Reply wait(const Request& request);
  Reply synchronize(const Request& request);
  Reply mark(const Request& request);
  Reply stream_wait(const Request& request);
  Reply post(const Request& request);
  Reply await(const Request& request);
  Reply let_down(StatusCode code);
  Reply new_group(const Request& request);
  Reply create_grid(const Request& request);
  Reply destroy_group(const Request& request);
  Status make(const std::vector<std::uint64_t>& identities, std::size_t known);
  bool is_ticket(Ticket ticket) const;

  RankHost& host_;
  RunOptions options_;
  RankLedger ledger_;
  std::set<InstanceId> destroyed_;
  std::int64_t next_ticket_ = 0;
  int complaint_count_ = 0;
};

template <typename Prepared, typename Prepare, typename Start>
Reply RealRank::take_in(std::span<const Call> calls, Prepare&& prepare, Start&& start) {
  std::vector<Prepared> prepared(calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    InstanceId instance = InstanceId::none;
    const GroupInstance* group = find_group(calls[i], instance);
    if (instance == InstanceId::none) return reject(calls[i], StatusCode::not_a_member);
    if (group == nullptr || !reaches_data(calls[i], group->spec.backend))
      return reject(calls[i], StatusCode::invalid_argument);
    static_cast<AcceptedCall&>(prepared[i]) = accepted_call(calls[i], instance, *group, id());
    if (const StatusCode code = prepare(calls[i], prepared[i]); code != StatusCode::ok)
      return reject(calls[i], code);
  }
  if (const auto unpaired = first_unpaired(std::span<const Prepared>(prepared)))
    return reject(calls[*unpaired], StatusCode::invalid_argument);
  Reply reply;
  reply.ticket = static_cast<Ticket>(next_ticket_++);
  if (calls.empty()) return reply;
  std::vector<StreamId> streams;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!ledger_.record_call(calls[i], reply.ticket, calls.size() > 1, prepared[i].sequence)) return stop();
    if (std::find(streams.begin(), streams.end(), calls[i].stream) == streams.end())
      streams.push_back(calls[i].stream);
  }
  host_.log().add_open_tickets(1);
  reply.status = start(reply.ticket, std::move(streams), std::move(prepared));
  if (!reply.status.ok()) reply.ticket = Ticket::none;
  return reply;
}

// A rank may send to itself only in a batch that also receives it (S27).
template <typename Prepared>
std::optional<std::size_t> RealRank::first_unpaired(std::span<const Prepared> calls) {
  const auto is_to_self = [](const AcceptedCall& call) {
    return operation(call.kind).is_p2p && call.peer == call.rank;
  };
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!is_to_self(calls[i])) continue;
    std::int64_t balance = 0;
    for (const AcceptedCall& other : calls) {
      if (is_to_self(other) && other.instance == calls[i].instance)
        balance += other.kind == CallKind::send ? 1 : -1;
    }
    if (balance != 0) return i;
  }
  return std::nullopt;
}

template <typename Parked>
Status RealRank::park(HostState state, Parked&& parked) {
  host_.log().set_state(state);
  const bool passed = parked();
  if (host_.ended()) return StatusCode::world_ended;
  // Who comes out because the backend failed stood here last: its program makes no further call. It waits for
  // no host any more that has to come first.
  if (!passed && !fault().ok()) {
    if (state == HostState::connecting) host_.log().set_state(HostState::submitting);
    return fault();
  }
  host_.log().set_state(HostState::running);
  return passed ? StatusCode::ok : StatusCode::world_ended;
}

}  // namespace gridlock
