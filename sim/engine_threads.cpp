// The threads of a rank beside its main one.
#include <algorithm>
#include <numeric>
#include <utility>

#include "core/base/check.h"
#include "sim/engine.h"
#include "sim/group_use.h"

namespace gridlock::sim {
namespace {

// What two threads of a rank may both use, as numbers: streams, groups, and the order in which the device
// gets its collectives.
constexpr std::int64_t kUsesMax = std::int64_t{1} << 32;
std::int64_t use_of_stream(StreamId stream) { return static_cast<std::int64_t>(stream); }
std::int64_t use_of_group(InstanceId instance) { return kUsesMax + static_cast<std::int64_t>(instance); }
constexpr std::int64_t kUseOfLaunchOrder = 2 * kUsesMax;

std::uint64_t mixed(std::uint64_t word) {
  word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9ull;
  word = (word ^ word >> 27) * 0x94D049BB133111EBull;
  return word ^ word >> 31;
}

/// The places of `count` threads in an order that follows from `seed`.
std::vector<std::int32_t> shuffled(std::size_t count, std::uint64_t seed) {
  std::vector<std::int32_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t left = count; left > 1; --left) {
    seed = mixed(seed + 0x9E3779B97F4A7C15ull);
    std::swap(order[left - 1], order[seed % left]);
  }
  return order;
}

}  // namespace

std::vector<std::int32_t> Engine::thread_names(const Request& request) {
  std::vector<std::int32_t> names;
  if (request.threads.size() > static_cast<std::size_t>(hosts_.thread_max)) return names;
  for (const HostThread& thread : request.threads) {
    const std::int32_t name = recorder_.store().add_name(thread.name);
    if (thread.machine == nullptr || std::find(names.begin(), names.end(), name) != names.end()) return {};
    names.push_back(name);
  }
  return names;
}

bool Engine::parallel(RankId rank, const Request& request, Reply& reply) {
  const std::vector<std::int32_t> names = thread_names(request);
  Record record = host_record(RecordKind::parallel, request);
  record.rejected = names.size() != request.threads.size();
  recorder_.write(rank, record);
  if (record.rejected) reply.status = StatusCode::invalid_argument;
  if (names.empty()) return true;
  RankState& own = state(rank);
  park(rank, Park::join, 0, {});
  uses_[rank].clear();
  own.open_threads = static_cast<std::int16_t>(names.size());
  const std::uint64_t seed =
      mixed(options_.seed) ^ mixed((static_cast<std::uint64_t>(rank) << 32U) + own.park_count);
  const std::vector<std::int32_t> places = shuffled(names.size(), seed);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const HostId host = hosts_.thread(rank, places[i]);
    SideThread& started = side_thread(host);
    const std::uint32_t parkings = started.park_count;
    started = SideThread{};
    started.park = Park::none;
    started.park_count = parkings + 1;
    started.since = now_;
    started.machine = request.threads[i].machine;
    started.name = names[i];
    ready_.add(host);
  }
  return false;
}

void Engine::end_thread(HostId host) {
  if (is_over_) return;
  const RankId rank = hosts_.rank_of(host);
  RankState& own = state(rank);
  thread(host).park = Park::ended;
  thread(host).since = now_;
  digest_.add(now_, host, static_cast<std::uint64_t>(HostState::returned));
  if (--own.open_threads == 0 && own.park == Park::join) wake(rank);
}

void Engine::note_use(HostId host, std::int64_t use) {
  const RankId rank = hosts_.rank_of(host);
  const auto [last, added] = uses_[rank].try_emplace(use, host);
  if (!added && std::exchange(last->second, host) != host) note_choice(ChoiceKind::threads, rank);
}

void Engine::note_uses(HostId host, const Request& request) {
  const RankId rank = hosts_.rank_of(host);
  const auto note_group = [&](GroupHandle group, bool is_collective) {
    const GroupUse* use = find_group_use(histories_->groups, rank, state(rank), group);
    if (use == nullptr) return;
    note_use(host, use_of_group(use->instance));
    const GroupSpec& spec = histories_->groups.instance(use->instance).spec;
    // Other ranks may get them the other way round.
    if (is_collective && spec.backend == BackendKind::nccl && spec.members.size() > 1)
      note_use(host, kUseOfLaunchOrder);
  };
  switch (request.kind) {
    case RequestKind::submit:
      for (const Call& call : request.calls) {
        note_use(host, use_of_stream(call.stream));
        note_group(call.group, !operation(call.kind).is_p2p);
      }
      if (options_.semantics.launch_order_implicit) note_use(host, kUseOfLaunchOrder);
      return;
    case RequestKind::synchronize:
    case RequestKind::record:
    case RequestKind::stream_wait:
      return note_use(host, use_of_stream(request.stream));
    case RequestKind::abort:
    case RequestKind::destroy_group:
      return note_group(request.group, false);
    default:
      return;
  }
}

void Engine::wake_aborted(RankId rank) {
  for_each_host(rank, [&](HostId host) {
    const ThreadState& waiting = thread(host);
    const bool is_ticket = waiting.park == Park::wait || waiting.park == Park::gloo_submit;
    const bool is_aborted =
        is_ticket && status_of(rank, static_cast<Ticket>(waiting.park_subject)) != StatusCode::ok;
    if (is_aborted || may_go_on(host)) wake(host);
  });
}

}  // namespace gridlock::sim
