#include "gloo_backend/submit_work.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <gloo/common/error.h>

#include "core/data/operation.h"
#include "core/rank/result_hash.h"
#include "gloo_backend/collective.h"

namespace gridlock {
namespace {

void add_result(SharedLog& log, const PreparedCall& call) {
  if (call.output.empty()) return;
  const ResultPlace place{call.key, call.kind, call.sequence, call.kind == CallKind::recv ? call.peer : -1};
  log.add_result(result_hash(place, content_hash(call.output)));
}

}  // namespace

WorkReport report_to(SharedLog& log) {
  return {[&log](Trouble trouble, std::string_view text) { log.set_trouble(trouble, text); },
          [&log](const PreparedCall& call) { add_result(log, call); }};
}

bool SubmitWork::guarded(const std::function<bool()>& use) {
  try {
    return use();
  } catch (const gloo::IoException& error) {
    report_.trouble(Trouble::peer_lost, error.what());
  } catch (const std::exception& error) {
    report_.trouble(Trouble::backend_error, error.what());
  }
  return false;
}

bool SubmitWork::run(const std::vector<PreparedCall>& calls) {
  Lane messages;
  std::map<InstanceId, Lane> collectives;
  for (const PreparedCall& call : calls) {
    (operation(call.kind).is_p2p ? messages : collectives[call.instance]).push_back(&call);
  }
  std::vector<Lane> lanes;
  if (!messages.empty()) lanes.push_back(std::move(messages));
  for (auto& [instance, lane] : collectives) lanes.push_back(std::move(lane));
  std::atomic<bool> complete{true};
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < lanes.size(); ++i) {
    others.emplace_back([&, i] {
      if (!run_lane(lanes[i])) complete = false;
    });
  }
  if (!lanes.empty() && !run_lane(lanes.front())) complete = false;
  for (std::thread& other : others) other.join();
  return complete;
}

bool SubmitWork::run_lane(const Lane& lane) {
  return guarded([&] {
    if (operation(lane.front()->kind).is_p2p) {
      return run_messages(links_, self_, lane, [this](const PreparedCall& call, bool delivered) {
        delivered ? report_.complete(call) : report_unlike(call);
      });
    }
    return std::all_of(lane.begin(), lane.end(), [this](const PreparedCall* call) { return run_one(*call); });
  });
}

bool SubmitWork::run_one(const PreparedCall& call) {
  if (call.size == 1) {
    run_alone(call);
  } else if (!run_collective(links_.group(call.key, call.members), call)) {
    report_unlike(call);
    return false;
  }
  report_.complete(call);
  return true;
}

void SubmitWork::report_unlike(const PreparedCall& call) {
  report_.trouble(Trouble::unlike_calls,
                  fmt::format("{} #{} of group {} does not fit the calls of the other members",
                              call_kind_name(call.kind), call.sequence, to_string(call.key)));
}

}  // namespace gridlock
