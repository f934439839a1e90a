#include "nccl_backend/nccl_rank.h"

#include <utility>

#include "core/base/check.h"
#include "core/rank/buffer_check.h"

namespace gridlock {

NcclRank::NcclRank(const GpuApi& api, RankHost& host, RankId world_size, const RunOptions& options,
                   const NcclOptions& nccl, SiteTable sites, std::unique_ptr<HostGroups> gloo)
    : api_(api),
      host_(host),
      options_(options),
      ledger_(host.rank(), world_size, std::move(sites), host.log()),
      faults_(api, host.log()),
      device_(api.cuda, faults_),
      buffers_(device_.memory()),
      communicators_(api.nccl, faults_, host, nccl),
      queue_(api, faults_, device_, communicators_),
      host_calls_(device_, faults_, host.log(), std::move(gloo)),
      tickets_(device_, ledger_, host.log(), api.cuda, faults_, nccl.keep_results),
      meeting_(host, world_size) {}

bool NcclRank::connect(int device) {
  const Status status = park(HostState::creating, [&] {
    const bool connected = (world_size() == 1 || communicators_.offer_id()) && device_.open(device) &&
                           (world_size() == 1 || communicators_.connect(world_size()));
    // Its program cannot begin, so nobody can be told.
    return connected || park_until_end();
  });
  return status.ok();
}

void NcclRank::end_program() {
  if (!host_.ended()) host_.log().set_state(HostState::returned);
}

void NcclRank::finish() {
  wait_until([] { return false; });
  const bool well = host_.ended_well() && !faults_.any();
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

void NcclRank::complain(Complaint complaint) {
  // What a program says while it is unwound is not about its run.
  if (host_.ended() || complaint_count_ >= kComplaintMax) return;
  ++complaint_count_;
  complaint.rank = id();
  static_cast<void>(ledger_.record_complaint(complaint));
}

bool NcclRank::park_until_end() {
  for (std::int64_t times = 0; !host_.ended(); ++times) host_.pause(times);
  return false;
}

Reply NcclRank::stop() {
  park_until_end();
  return {.status = StatusCode::world_ended};
}

bool NcclRank::wait_until(const std::function<bool()>& done) {
  for (std::int64_t times = 0;; ++times) {
    if (!tickets_.poll()) return park_until_end();
    if (done()) return true;
    if (host_.ended()) return false;
    if (!communicators_.check()) return park_until_end();
    host_.pause(times);
  }
}

HostCalls::Wait NcclRank::waiting() {
  return [this](const std::function<bool()>& done) { return wait_until(done); };
}

Reply NcclRank::execute(const Request& request) {
  if (host_.ended()) return {.status = StatusCode::world_ended};
  if (faults_.any()) return {.status = faults_.code()};
  if (!host_.count_request(options_.step_max)) {
    host_.log().set_trouble(Trouble::step_limit, "the bound on requests of all ranks together was reached");
    return stop();
  }
  switch (request.kind) {
    case RequestKind::submit:
      return submit(request.calls);
    case RequestKind::wait:
      return wait(request);
    case RequestKind::test:
      return test(request);
    case RequestKind::synchronize:
      return synchronize(request);
    case RequestKind::stream_wait:
      return stream_wait(request);
    case RequestKind::record:
      return record_event(request);
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

}  // namespace gridlock
