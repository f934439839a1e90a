#include "gloo_backend/gloo_rank.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "core/base/check.h"
#include "core/rank/buffer_check.h"

namespace gridlock {
namespace {

using Clock = std::chrono::steady_clock;

/// How often an awaited name is looked for.
constexpr auto kLookEvery = std::chrono::milliseconds(2);

Reply ended() { return {.status = StatusCode::world_ended}; }

}  // namespace

GlooRank::GlooRank(RankProcess& process, const RunOptions& options, LinkOptions links, PostBoard board,
                   SiteTable sites)
    : process_(process),
      options_(options),
      board_(std::move(board)),
      ledger_(process.rank(), links.world_size, std::move(sites), process.log()),
      links_(std::move(links)),
      work_(links_, report_to(process.log())),
      creations_(links_),
      workers_([this](std::span<const StreamId> streams, Ticket ticket) {
        // With a full log the rank stops at its next request.
        for (const StreamId stream : streams) static_cast<void>(ledger_.record_done(stream, ticket));
        process_.log().add_open_tickets(-1);
      }) {}

bool GlooRank::connect() {
  std::thread([this] {
    process_.wait_for_end();
    workers_.end();
  }).detach();
  if (world_size() == 1) return true;
  return park(HostState::creating,
              [this] {
                return aside([this] {
                  links_.connect_world();
                  return true;
                });
              })
      .ok();
}

void GlooRank::end_program() {
  if (!workers_.ended()) process_.log().set_state(HostState::returned);
}

// Gloo blocks its caller for as long as it likes, so it is never called on the main thread.
bool GlooRank::aside(std::function<bool()> use) {
  const auto finished = std::make_shared<std::atomic<bool>>(false);
  std::thread([this, finished, use = std::move(use)] {
    if (!work_.guarded(use)) return;
    *finished = true;
    workers_.notify();
  }).detach();
  return workers_.wait_until([&] { return finished->load(); });
}

void GlooRank::upload(BufferHandle buffer, std::span<const std::byte> bytes) {
  const auto into = buffers_.find(buffer);
  check_live_buffer(buffer, into != nullptr);
  check_whole_buffer(buffer, into->bytes.size(), bytes.size());
  std::copy(bytes.begin(), bytes.end(), into->bytes.begin());
}

void GlooRank::download(BufferHandle buffer, std::span<std::byte> bytes) const {
  const auto from = buffers_.find(buffer);
  check_live_buffer(buffer, from != nullptr);
  check_whole_buffer(buffer, from->bytes.size(), bytes.size());
  std::copy(from->bytes.begin(), from->bytes.end(), bytes.begin());
}

std::int64_t GlooRank::buffer_count(BufferHandle buffer) const {
  const auto found = buffers_.find(buffer);
  check_live_buffer(buffer, found != nullptr);
  return found->count;
}

DType GlooRank::buffer_dtype(BufferHandle buffer) const {
  const auto found = buffers_.find(buffer);
  check_live_buffer(buffer, found != nullptr);
  return found->dtype;
}

void GlooRank::complain(Complaint complaint) {
  // What a program says while it is unwound is not about its run.
  if (workers_.ended() || complaint_count_ >= kComplaintMax) return;
  ++complaint_count_;
  complaint.rank = id();
  static_cast<void>(ledger_.record_complaint(complaint));
}

Status GlooRank::park(HostState state, const std::function<bool()>& parked) {
  process_.log().set_state(state);
  if (!parked()) return StatusCode::world_ended;
  process_.log().set_state(HostState::running);
  return StatusCode::ok;
}

Reply GlooRank::stop() {
  workers_.wait_until([] { return false; });
  return ended();
}

Reply GlooRank::execute(const Request& request) {
  if (workers_.ended()) return ended();
  if (!process_.count_request(options_.step_max)) {
    process_.log().set_trouble(Trouble::step_limit,
                               "the bound on requests of all ranks together was reached");
    return stop();
  }
  switch (request.kind) {
    case RequestKind::submit:
      return submit(request.calls);
    case RequestKind::wait:
    case RequestKind::test:
    case RequestKind::synchronize:
      return wait(request);
    case RequestKind::stream_wait:
      return stream_wait(request);
    case RequestKind::record:
      return record_event(request);
    case RequestKind::compute:
      return {.status = request.duration < Nanos{0} ? StatusCode::invalid_argument : StatusCode::ok};
    case RequestKind::post:
      if (!ledger_.record_named(RecordKind::post, request.name, request.label)) return stop();
      return {.status = board_.post(request.name) ? StatusCode::ok : StatusCode::backend_error};
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
      return {.status = StatusCode::invalid_argument};
    case RequestKind::exit:
      process_.exit_early();
    case RequestKind::pause:
    case RequestKind::done:
      return {};
  }
  GRIDLOCK_CHECK(!"every kind of request is handled above");
}

bool GlooRank::is_ticket(Ticket ticket) const {
  return ticket >= Ticket{0} && static_cast<std::int64_t>(ticket) < next_ticket_;
}

Reply GlooRank::wait(const Request& request) {
  const bool has_ticket = request.kind != RequestKind::synchronize;
  Record record;
  record.kind = request.kind == RequestKind::wait   ? RecordKind::wait
                : request.kind == RequestKind::test ? RecordKind::test
                                                    : RecordKind::synchronize;
  if (has_ticket) record.ticket = static_cast<std::int64_t>(request.ticket);
  if (!has_ticket) record.stream = request.stream;
  record.label = request.label;
  record.rejected = has_ticket && !is_ticket(request.ticket);
  if (!ledger_.record_plain(record)) return stop();
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  if (request.kind == RequestKind::test) return {.status = {}, .flag = workers_.is_complete(request.ticket)};
  return {.status = park(HostState::waiting, [&] {
            return has_ticket ? workers_.wait(request.ticket) : workers_.wait_idle(request.stream);
          })};
}

Reply GlooRank::record_event(const Request& request) {
  Record record;
  record.kind = RecordKind::event_record;
  record.stream = request.stream;
  record.ticket = workers_.event_count();
  record.label = request.label;
  if (!ledger_.record_plain(record)) return stop();
  Reply reply;
  reply.event = workers_.record(request.stream);
  return reply;
}

Reply GlooRank::stream_wait(const Request& request) {
  const auto event = static_cast<std::int32_t>(request.event);
  Record record;
  record.kind = RecordKind::stream_wait;
  record.stream = request.stream;
  record.ticket = event;
  record.label = request.label;
  record.rejected = event < 0 || event >= workers_.event_count();
  if (!ledger_.record_plain(record)) return stop();
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  workers_.wait_event(request.stream, request.event);
  return {};
}

Reply GlooRank::await(const Request& request) {
  const bool rejected = request.duration < Nanos{0};
  if (!ledger_.record_named(RecordKind::await, request.name, request.label, rejected)) return stop();
  if (rejected) return {.status = StatusCode::invalid_argument};
  const bool limited = request.duration > Nanos{0};
  const auto deadline = Clock::now() + request.duration;
  bool timed_out = false;
  const Status status = park(HostState::awaiting, [&] {
    while (!workers_.ended()) {
      if (board_.has(request.name)) return true;
      timed_out = limited && Clock::now() >= deadline;
      if (timed_out) return true;
      std::this_thread::sleep_for(kLookEvery);
    }
    return false;
  });
  return {.status = timed_out ? Status(StatusCode::timed_out) : status};
}

bool GlooRank::create(std::vector<std::uint64_t> identities) {
  if (world_size() == 1 || identities.empty()) return true;
  return park(HostState::creating,
              [&] {
                return aside([this, identities = std::move(identities)] {
                  if (creations_.pass(identities)) return true;
                  process_.log().set_trouble(Trouble::unlike_calls,
                                             "the ranks do not create the same groups");
                  return false;
                });
              })
      .ok();
}

Reply GlooRank::new_group(const Request& request) {
  GRIDLOCK_CHECK(request.spec != nullptr);
  const GroupSpec& spec = *request.spec;
  const bool in_world =
      !spec.members.empty() && spec.members[0] >= 0 && spec.members[spec.members.size() - 1] < world_size();
  if (!in_world) {
    if (!ledger_.record_rejected_group(spec, request.label)) return stop();
    return {.status = StatusCode::invalid_argument};
  }
  RankLedger::NewGroup made = ledger_.new_group(spec, request.label);
  if (!made.recorded) return stop();
  if (!create(std::move(made.identities))) return ended();
  Reply reply;
  reply.group = made.handle;
  return reply;
}

Reply GlooRank::create_grid(const Request& request) {
  RankLedger::NewGrid made = ledger_.create_grid(request.plan, request.name, request.label);
  if (!made.recorded) return stop();
  if (!create(std::move(made.identities))) return ended();
  Reply reply;
  reply.grid = made.handle;
  return reply;
}

Reply GlooRank::destroy_group(const Request& request) {
  const InstanceId group = groups().resolve(request.group, id());
  Record record;
  record.kind = RecordKind::destroy_group;
  record.group = request.group;
  record.label = request.label;
  record.rejected = group == InstanceId::none || group == InstanceId::world || destroyed_.contains(group);
  if (!ledger_.record_plain(record)) return stop();
  if (group == InstanceId::none) return {.status = StatusCode::not_a_member};
  if (record.rejected) return {.status = StatusCode::invalid_argument};
  // The connections stay: peers may still be in their last operation.
  destroyed_.insert(group);
  return {};
}

}  // namespace gridlock
