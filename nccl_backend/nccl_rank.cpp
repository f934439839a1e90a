#include "nccl_backend/nccl_rank.h"

#include <algorithm>
#include <utility>

#include "core/rank/buffer_check.h"
#include "core/rank/library_order.h"

namespace gridlock {
namespace {

/// Open submits between two looks at what is complete.
constexpr std::size_t kPollEvery = 32;

}  // namespace

NcclRank::NcclRank(const GpuApi& api, RankHost& host, RankId world_size, const RunOptions& options,
                   const NcclOptions& nccl, SiteTable sites, std::unique_ptr<HostGroups> gloo)
    : RealRank(host, world_size, options, std::move(sites)),
      api_(api),
      faults_(api, host.log()),
      device_(api.cuda, faults_),
      buffers_(device_.memory()),
      communicators_(api.nccl, faults_, host, nccl),
      queue_(api, faults_, device_, communicators_),
      host_calls_(device_, faults_, host.log(), std::move(gloo)),
      tickets_(device_, ledger(), host.log(), api.cuda, faults_, nccl.keep_results),
      meeting_(host, world_size) {}

bool NcclRank::connect(int device) {
  const Status status = park(HostState::creating, [&] {
    const bool connected = (world_size() == 1 || communicators_.offer_id()) && device_.open(device) &&
                           (world_size() == 1 || communicators_.connect(world_size()));
    // Its program cannot begin, so nobody can be told.
    return connected || never();
  });
  return status.ok();
}

void NcclRank::finish() {
  wait_until([] { return false; });
  const bool well = host().ended_well() && !faults_.any();
  communicators_.close(well);
  tickets_.clear();
  queue_.clear();
  buffers_.clear();
  for (const CudaEvent event : events_) device_.release_event(event);
  events_.clear();
  device_.close();
}

void NcclRank::upload(BufferHandle buffer, std::span<const std::byte> bytes) {
  const DeviceBuffer* into = buffers_.find(buffer);
  check_live_buffer(buffer, into != nullptr);
  check_whole_buffer(buffer, into->bytes(), bytes.size());
  if (!faults_.any()) device_.upload(into->block->address, bytes);
}

void NcclRank::download(BufferHandle buffer, std::span<std::byte> bytes) const {
  const DeviceBuffer* from = buffers_.find(buffer);
  check_live_buffer(buffer, from != nullptr);
  check_whole_buffer(buffer, from->bytes(), bytes.size());
  if (!faults_.any()) device_.download(from->block->address, bytes);
}

std::int64_t NcclRank::buffer_count(BufferHandle buffer) const {
  const DeviceBuffer* found = buffers_.find(buffer);
  check_live_buffer(buffer, found != nullptr);
  return found->count;
}

DType NcclRank::buffer_dtype(BufferHandle buffer) const {
  const DeviceBuffer* found = buffers_.find(buffer);
  check_live_buffer(buffer, found != nullptr);
  return found->dtype;
}

bool NcclRank::never() {
  park_until_end();
  return false;
}

bool NcclRank::wait_until(const std::function<bool()>& done) {
  for (std::int64_t times = 0;; ++times) {
    if (!tickets_.poll()) return never();
    if (done()) return true;
    if (host().ended()) return false;
    if (!communicators_.check()) return never();
    host().pause(times);
  }
}

HostCalls::Wait NcclRank::waiting() {
  return [this](const std::function<bool()>& done) { return wait_until(done); };
}

Reply NcclRank::submit(std::span<const Call> calls) {
  if (calls.size() > 1) {
    batch_.assign(calls.begin(), calls.end());
    put_in_library_order(std::span(batch_), [](const Call& call) -> const Call& { return call; });
    calls = batch_;
  }
  const auto prepare = [this](const Call& call, GpuCall& prepared) {
    return prepare_call(call, buffers_, prepared);
  };
  const auto start = [this](Ticket ticket, const std::vector<StreamId>& streams,
                            std::vector<GpuCall> prepared) {
    // A gloo call is worked on by the host. One of NCCL is enqueued, and what holds it there is that the
    // library waits for other hosts, to connect to them.
    const bool blocks_host = std::any_of(prepared.begin(), prepared.end(), [](const GpuCall& call) {
      return call.backend == BackendKind::gloo;
    });
    const Status status = park(blocks_host ? HostState::submitting : HostState::connecting, [&] {
      if (!queue_.enqueue(prepared) || !host_calls_.run(prepared, groups(), waiting())) return false;
      if (!tickets_.add(ticket, streams, std::move(prepared))) return false;
      if (blocks_host && !wait_ticket(ticket)) return false;
      // A program that only submits would pile up what is long complete.
      return tickets_.size() % kPollEvery != 0 || tickets_.poll();
    });
    const auto has_room = [&] { return this->has_room(streams); };
    if (!status.ok() || has_room()) return status;
    return park(HostState::submitting, [&] { return wait_until(has_room); });
  };
  return take_in<GpuCall>(calls, prepare, start);
}

bool NcclRank::has_room(std::span<const StreamId> streams) const {
  return std::all_of(streams.begin(), streams.end(), [&](StreamId stream) {
    return tickets_.depth(stream) < options().semantics.stream_depth_max;
  });
}

bool NcclRank::wait_ticket(Ticket ticket) {
  return wait_until([&] { return !tickets_.is_open(ticket); });
}

bool NcclRank::wait_stream(StreamId stream) {
  return wait_until([&] {
    const std::optional<bool> idle = device_.is_idle(stream);
    return tickets_.depth(stream) == 0 && idle && *idle;
  });
}

Status NcclRank::record_event(StreamId stream) {
  const std::optional<CudaStream> on = device_.stream(stream);
  const std::optional<CudaEvent> event = on ? device_.acquire_event() : std::nullopt;
  if (event) events_.push_back(*event);
  if (event) device_.record(*event, *on);
  return faults_.code();
}

Status NcclRank::wait_event(StreamId stream, EventId event) {
  const std::optional<CudaStream> on = device_.stream(stream);
  if (!on) return faults_.code();
  const CudaEvent recorded = events_[static_cast<std::size_t>(event)];
  faults_.cuda(api_.cuda.stream_wait_event(*on, recorded, 0), "cuStreamWaitEvent");
  return faults_.code();
}

bool NcclRank::create(const std::vector<std::uint64_t>& identities, std::size_t known) {
  const HostMeeting::Result met = meeting_.pass(identities);
  if (met == HostMeeting::Result::agreed) return make_communicators(known);
  if (met == HostMeeting::Result::differ) {
    host().log().set_trouble(Trouble::unlike_calls, "the ranks do not create the same groups");
  }
  return never();
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

}  // namespace gridlock
