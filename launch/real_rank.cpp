#include "launch/real_rank.h"

#include "core/base/check.h"
#include "core/history/intention.h"

namespace gridlock {
namespace {

/// Under which ranks tell each other of posts.
constexpr char kPostPrefix[] = "post ";
/// Text of a post that fails.
constexpr char kPostedError[] = "error";

Record host_record(RecordKind kind, const Request& request) {
  Record record;
  record.kind = kind;
  record.label = request.label;
  return record;
}

}  // namespace

RealRank::RealRank(RankHost& host, RankId world_size, const RunOptions& options, SiteTable sites)
    : host_(host), options_(options), ledger_(host.rank(), world_size, std::move(sites), host.log()) {}

void RealRank::run_program(const RankProgram& program) {
  if (program.main != nullptr) return program.main(*this);
  const std::unique_ptr<StepMachine> machine = program.machine(id());
  if (host_machine(*this, *machine)) return;
  ledger_.record_intended(machine->intended_calls(*this, intended_calls_max(world_size())));
}

void RealRank::end_program() {
  if (!host_.ended() && fault().ok()) host_.log().set_state(HostState::returned);
}

void RealRank::complain(Complaint complaint) {
  // What a program says while it is unwound is not about its run.
  if (host_.ended() || complaint_count_ >= kComplaintMax) return;
  ++complaint_count_;
  complaint.rank = id();
  static_cast<void>(ledger_.record_complaint(complaint));
}

void RealRank::park_until_end() {
  for (std::int64_t times = 0; !host_.ended(); ++times) host_.pause(times);
}

Reply RealRank::stop() {
  park_until_end();
  return {.status = StatusCode::world_ended};
}

Reply RealRank::execute(const Request& request) {
  if (host_.ended()) return {.status = StatusCode::world_ended};
  if (const Status status = fault(); !status.ok()) return {.status = status};
  if (!host_.count_request(options_.step_max)) {
    host_.log().set_trouble(Trouble::step_limit, "the bound on requests of all ranks together was reached");
    return stop();
  }
  switch (request.kind) {
    case RequestKind::submit:
      return request.waits ? submit_and_wait(request) : submit(request.calls);
    case RequestKind::wait:
    case RequestKind::test:
      return wait(request);
    case RequestKind::synchronize:
      return synchronize(request);
    case RequestKind::stream_wait:
      return stream_wait(request);
    case RequestKind::record:
      return mark(request);
    case RequestKind::compute:
      return {.status = request.duration < Nanos{0} ? StatusCode::invalid_argument : StatusCode::ok};
    case RequestKind::post:
      return post(request);
    case RequestKind::await:
      return await(request);
    case RequestKind::new_group:
      return new_group(request);
    case RequestKind::create_grid:
      return create_grid(request);
    case RequestKind::destroy_group:
      return destroy_group(request);
    case RequestKind::split:
    case RequestKind::shrink:
    case RequestKind::abort:
    case RequestKind::parallel:
      return {.status = StatusCode::invalid_argument};
    case RequestKind::exit:
      host_.exit_early();
      return {};
    case RequestKind::pause:
    case RequestKind::done:
      return {};
  }
  GRIDLOCK_CHECK(!"every kind of request is handled above");
}

Reply RealRank::submit_and_wait(const Request& request) {
  const Reply submitted = submit(request.calls);
  if (!submitted.status.ok()) return submitted;
  Request wait;
  wait.kind = RequestKind::wait;
  wait.ticket = submitted.ticket;
  wait.label = request.label;
  Reply reply = execute(wait);
  reply.ticket = submitted.ticket;
  reply.flag = true;
  return reply;
}

/// nullptr with an instance: the group has been destroyed. No instance: the rank is not in it.
const GroupInstance* RealRank::find_group(const Call& call, InstanceId& instance) const {
  instance = groups().resolve(call.group, id());
  if (instance == InstanceId::none || destroyed_.contains(instance)) return nullptr;
  return &groups().instance(instance);
}

Reply RealRank::reject(const Call& call, StatusCode code) {
  if (!ledger_.record_rejected(call)) return stop();
  return {.status = code};
}

bool RealRank::is_ticket(Ticket ticket) const {
  return ticket >= Ticket{0} && static_cast<std::int64_t>(ticket) < next_ticket_;
}

Reply RealRank::wait(const Request& request) {
  const bool is_test = request.kind == RequestKind::test;
  Record record = host_record(is_test ? RecordKind::test : RecordKind::wait, request);
  record.ticket = static_cast<std::int64_t>(request.ticket);
  record.rejected = !is_ticket(request.ticket);
  if (!ledger_.record_plain(record)) return stop();
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  if (!is_test) return {.status = park(HostState::waiting, [&] { return wait_ticket(request.ticket); })};
  const bool is_done = is_complete(request.ticket);
  return {.status = fault(), .flag = is_done};
}

Reply RealRank::synchronize(const Request& request) {
  Record record = host_record(RecordKind::synchronize, request);
  record.stream = request.stream;
  if (!ledger_.record_plain(record)) return stop();
  return {.status = park(HostState::waiting, [&] { return wait_stream(request.stream); })};
}

Reply RealRank::mark(const Request& request) {
  const std::int64_t event = event_count();
  Record record = host_record(RecordKind::event_record, request);
  record.stream = request.stream;
  record.ticket = event;
  if (!ledger_.record_plain(record)) return stop();
  Reply reply;
  reply.status = record_event(request.stream);
  if (reply.status.ok()) reply.event = static_cast<EventId>(event);
  return reply;
}

Reply RealRank::stream_wait(const Request& request) {
  const auto event = static_cast<std::int64_t>(request.event);
  Record record = host_record(RecordKind::stream_wait, request);
  record.stream = request.stream;
  record.ticket = event;
  record.rejected = event < 0 || event >= event_count();
  if (!ledger_.record_plain(record)) return stop();
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  return {.status = wait_event(request.stream, request.event)};
}

Reply RealRank::post(const Request& request) {
  if (!ledger_.record_named(RecordKind::post, request.name, request.label, false, request.fails ? 1 : 0))
    return stop();
  const std::string name = kPostPrefix + std::string(request.name);
  // The first post of a name decides.
  if (host_.get(name) || host_.put(name, request.fails ? kPostedError : "")) return {};
  host_.log().set_trouble(Trouble::backend_error, "cannot post '" + std::string(request.name) + "'");
  return stop();
}

/// An await ended otherwise than by a post.
Reply RealRank::let_down(StatusCode code) {
  const RecordKind kind = code == StatusCode::timed_out ? RecordKind::timeout : RecordKind::fault;
  if (!ledger_.record_named(kind, status_name(code), {})) return stop();
  return {.status = code};
}

Reply RealRank::await(const Request& request) {
  const bool rejected = request.duration < Nanos{0};
  if (!ledger_.record_named(RecordKind::await, request.name, request.label, rejected)) return stop();
  if (rejected) return {.status = StatusCode::invalid_argument};
  const std::string name = kPostPrefix + std::string(request.name);
  const bool limited = request.duration > Nanos{0};
  const Nanos deadline = host_.now() + request.duration;
  bool timed_out = false;
  std::optional<std::string> answer;
  const Status status = park(HostState::awaiting, [&] {
    return wait_until([&] {
      answer = host_.get(name);
      if (answer) return true;
      timed_out = limited && host_.now() >= deadline;
      return timed_out;
    });
  });
  if (timed_out) return let_down(StatusCode::timed_out);
  if (status.ok() && answer && *answer == kPostedError) return let_down(StatusCode::remote_error);
  return {.status = status};
}

Status RealRank::make(const std::vector<std::uint64_t>& identities, std::size_t known) {
  if (world_size() == 1 || identities.empty()) return StatusCode::ok;
  return park(HostState::creating, [&] { return create(identities, known); });
}

Reply RealRank::new_group(const Request& request) {
  GRIDLOCK_CHECK(request.spec != nullptr);
  const GroupSpec& spec = *request.spec;
  bool in_world = !spec.members.empty();
  spec.members.for_each([&](RankId rank) { in_world = in_world && rank >= 0 && rank < world_size(); });
  if (!in_world) {
    if (!ledger_.record_rejected_group(spec, request.label)) return stop();
    return {.status = StatusCode::invalid_argument};
  }
  const std::size_t known = groups().instance_count();
  const RankLedger::NewGroup made = ledger_.new_group(spec, request.label);
  if (!made.recorded) return stop();
  Reply reply;
  reply.status = make(made.identities, known);
  if (reply.status.ok()) reply.group = made.handle;
  return reply;
}

Reply RealRank::create_grid(const Request& request) {
  GRIDLOCK_CHECK(request.plan != nullptr);
  const std::size_t known = groups().instance_count();
  const RankLedger::NewGrid made = ledger_.create_grid(request.plan, request.name, request.label);
  if (!made.recorded) return stop();
  Reply reply;
  reply.status = make(made.identities, known);
  if (reply.status.ok()) reply.grid = made.handle;
  return reply;
}

// What the backend made for the group stays: peers may still be in their last operation.
Reply RealRank::destroy_group(const Request& request) {
  const InstanceId group = groups().resolve(request.group, id());
  Record record = host_record(RecordKind::destroy_group, request);
  record.group = request.group;
  record.rejected = group == InstanceId::none || group == InstanceId::world || destroyed_.contains(group);
  if (!ledger_.record_plain(record)) return stop();
  if (group == InstanceId::none) return {.status = StatusCode::not_a_member};
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  destroyed_.insert(group);
  return {};
}

}  // namespace gridlock
