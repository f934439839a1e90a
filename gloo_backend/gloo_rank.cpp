#include "gloo_backend/gloo_rank.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "core/rank/buffer_check.h"

namespace gridlock {
namespace {

/// How often an awaited name is looked for.
constexpr auto kLookEvery = std::chrono::milliseconds(2);

}  // namespace

GlooRank::GlooRank(RankProcess& process, RankHost& host, const RunOptions& options, LinkOptions links,
                   SiteTable sites)
    : RealRank(host, links.world_size, options, std::move(sites)),
      process_(process),
      links_(std::move(links)),
      work_(links_, report_to(process.log())),
      creations_(links_),
      workers_([this](std::span<const StreamId> streams, Ticket ticket) {
        // With a full log the rank stops at its next request.
        for (const StreamId stream : streams) static_cast<void>(ledger().record_done(stream, ticket));
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

bool GlooRank::wait_until(const std::function<bool()>& done) {
  while (!workers_.ended()) {
    if (done()) return true;
    std::this_thread::sleep_for(kLookEvery);
  }
  return false;
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

Reply GlooRank::submit(std::span<const Call> calls) {
  const auto prepare = [this](const Call& call, PreparedCall& prepared) {
    prepared.members = groups().instance(prepared.instance).spec.members;
    return prepare_call(call, buffers_, prepared);
  };
  const auto start = [this](Ticket ticket, const std::vector<StreamId>& streams,
                            std::vector<PreparedCall> prepared) {
    const bool blocks_host = std::any_of(prepared.begin(), prepared.end(), [](const PreparedCall& call) {
      return call.backend == BackendKind::gloo;
    });
    workers_.enqueue(ticket, streams, [this, work = std::move(prepared)] { return work_.run(work); });
    return park(HostState::submitting, [&] {
      if (blocks_host && !workers_.wait(ticket)) return false;
      return std::all_of(streams.begin(), streams.end(), [&](StreamId stream) {
        return workers_.wait_room(stream, options().semantics.stream_depth_max);
      });
    });
  };
  return take_in<PreparedCall>(calls, prepare, start);
}

Status GlooRank::record_event(StreamId stream) {
  workers_.record(stream);
  return StatusCode::ok;
}

Status GlooRank::wait_event(StreamId stream, EventId event) {
  workers_.wait_event(stream, event);
  return StatusCode::ok;
}

bool GlooRank::create(const std::vector<std::uint64_t>& identities, std::size_t /*known*/) {
  return aside([this, identities] {
    if (creations_.pass(identities)) return true;
    process_.log().set_trouble(Trouble::unlike_calls, "the ranks do not create the same groups");
    return false;
  });
}

}  // namespace gridlock
