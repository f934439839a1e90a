// How a GPU rank waits, marks points, meets others and makes groups; the rest of the class is in
// nccl_rank.cpp.
#include <utility>

#include <fmt/format.h>

#include "core/base/check.h"
#include "nccl_backend/nccl_rank.h"

namespace gridlock {
namespace {

constexpr char kPostPrefix[] = "post ";

Record host_record(RecordKind kind, const Request& request) {
  Record record;
  record.kind = kind;
  record.label = request.label;
  return record;
}

}  // namespace

bool NcclRank::is_ticket(Ticket ticket) const {
  return ticket >= Ticket{0} && static_cast<std::int64_t>(ticket) < next_ticket_;
}

Reply NcclRank::wait(const Request& request) {
  Record record = host_record(RecordKind::wait, request);
  record.ticket = static_cast<std::int64_t>(request.ticket);
  record.rejected = !is_ticket(request.ticket);
  if (!ledger_.record_plain(record)) return stop();
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  return {.status = park(HostState::waiting,
                         [&] { return wait_until([&] { return !tickets_.is_open(request.ticket); }); })};
}

Reply NcclRank::test(const Request& request) {
  Record record = host_record(RecordKind::test, request);
  record.ticket = static_cast<std::int64_t>(request.ticket);
  record.rejected = !is_ticket(request.ticket);
  if (!ledger_.record_plain(record)) return stop();
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  if (!tickets_.poll()) return {.status = faults_.code()};
  return {.status = {}, .flag = !tickets_.is_open(request.ticket)};
}

Reply NcclRank::synchronize(const Request& request) {
  Record record = host_record(RecordKind::synchronize, request);
  record.stream = request.stream;
  if (!ledger_.record_plain(record)) return stop();
  return {.status = park(HostState::waiting, [&] {
            return wait_until([&] {
              const std::optional<bool> idle = device_.is_idle(request.stream);
              return tickets_.depth(request.stream) == 0 && idle && *idle;
            });
          })};
}

Reply NcclRank::record_event(const Request& request) {
  Record record = host_record(RecordKind::event_record, request);
  record.stream = request.stream;
  record.ticket = static_cast<std::int64_t>(events_.size());
  if (!ledger_.record_plain(record)) return stop();
  const std::optional<CudaStream> stream = device_.stream(request.stream);
  const std::optional<CudaEvent> event = stream ? device_.acquire_event() : std::nullopt;
  if (event) events_.push_back(*event);
  if (!event || !device_.record(*event, *stream)) return {.status = faults_.code()};
  Reply reply;
  reply.event = static_cast<EventId>(events_.size() - 1);
  return reply;
}

Reply NcclRank::stream_wait(const Request& request) {
  const auto number = static_cast<std::int64_t>(request.event);
  Record record = host_record(RecordKind::stream_wait, request);
  record.stream = request.stream;
  record.ticket = number;
  record.rejected = number < 0 || number >= static_cast<std::int64_t>(events_.size());
  if (!ledger_.record_plain(record)) return stop();
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  const std::optional<CudaStream> stream = device_.stream(request.stream);
  if (!stream) return {.status = faults_.code()};
  const CudaEvent event = events_[static_cast<std::size_t>(number)];
  faults_.cuda(api_.cuda.stream_wait_event(*stream, event, 0), "cuStreamWaitEvent");
  return {.status = faults_.code()};
}

Reply NcclRank::post(const Request& request) {
  if (!ledger_.record_named(RecordKind::post, request.name, request.label)) return stop();
  if (!host_.put(fmt::format("{}{}", kPostPrefix, request.name), "")) {
    faults_.refuse(fmt::format("cannot post '{}'", request.name));
  }
  return {.status = faults_.code()};
}

Reply NcclRank::await(const Request& request) {
  const bool rejected = request.duration < Nanos{0};
  if (!ledger_.record_named(RecordKind::await, request.name, request.label, rejected)) return stop();
  if (rejected) return {.status = StatusCode::invalid_argument};
  const std::string name = fmt::format("{}{}", kPostPrefix, request.name);
  const bool limited = request.duration > Nanos{0};
  const Nanos deadline = host_.now() + (limited ? request.duration : Nanos{0});
  bool timed_out = false;
  const Status status = park(HostState::awaiting, [&] {
    return wait_until([&] {
      if (host_.get(name)) return true;
      timed_out = limited && host_.now() >= deadline;
      return timed_out;
    });
  });
  return {.status = timed_out ? Status(StatusCode::timed_out) : status};
}

Status NcclRank::create(const std::vector<std::uint64_t>& identities, std::size_t known) {
  if (world_size() == 1 || identities.empty()) return StatusCode::ok;
  return park(HostState::creating, [&] {
    const HostMeeting::Result met = meeting_.pass(identities);
    if (met == HostMeeting::Result::agreed) return make_communicators(known);
    if (met == HostMeeting::Result::differ) {
      host_.log().set_trouble(Trouble::unlike_calls, "the ranks do not create the same groups");
    }
    return park_until_end();
  });
}

bool NcclRank::make_communicators(std::size_t known) {
  std::vector<CommRequest> requests;
  bool has_twins = false;
  for (std::size_t i = known; i < groups().instance_count(); ++i) {
    const auto group = static_cast<InstanceId>(i);
    const GroupSpec& spec = groups().instance(group).spec;
    if (spec.backend == BackendKind::nccl) requests.push_back({group, spec.members});
    has_twins = has_twins || (spec.backend == BackendKind::gloo && spec.members.size() > 1);
  }
  // Every rank comes here, which a first use cannot promise.
  if (has_twins && !host_calls_.connect(waiting())) return false;
  return communicators_.create(world_size(), requests);
}

Reply NcclRank::new_group(const Request& request) {
  GRIDLOCK_CHECK(request.spec != nullptr);
  const GroupSpec& spec = *request.spec;
  const bool in_world =
      !spec.members.empty() && spec.members[0] >= 0 && spec.members[spec.members.size() - 1] < world_size();
  if (!in_world) {
    if (!ledger_.record_rejected_group(spec, request.label)) return stop();
    return {.status = StatusCode::invalid_argument};
  }
  const std::size_t known = groups().instance_count();
  const RankLedger::NewGroup made = ledger_.new_group(spec, request.label);
  if (!made.recorded) return stop();
  Reply reply;
  reply.status = create(made.identities, known);
  if (reply.status.ok()) reply.group = made.handle;
  return reply;
}

Reply NcclRank::create_grid(const Request& request) {
  GRIDLOCK_CHECK(request.plan != nullptr);
  const std::size_t known = groups().instance_count();
  const RankLedger::NewGrid made = ledger_.create_grid(request.plan, request.name, request.label);
  if (!made.recorded) return stop();
  Reply reply;
  reply.status = create(made.identities, known);
  if (reply.status.ok()) reply.grid = made.handle;
  return reply;
}

Reply NcclRank::destroy_group(const Request& request) {
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
