#include "nccl_backend/host_calls.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace gridlock {
namespace {

struct HostMemory {
  std::vector<std::byte> input;
  std::vector<std::byte> output;
};

HostCall host_call(const GpuCall& call, const GroupTable& table, const std::shared_ptr<HostMemory>& memory) {
  HostCall host;
  static_cast<AcceptedCall&>(host) = call;
  host.members = table.instance(call.instance).spec.members;
  host.input = memory->input;
  host.output = memory->output;
  host.memory = memory;
  return host;
}

Trouble trouble_of(HostGroups::State state) {
  if (state == HostGroups::State::unlike_calls) return Trouble::unlike_calls;
  return state == HostGroups::State::peer_lost ? Trouble::peer_lost : Trouble::backend_error;
}

}  // namespace

bool HostCalls::await(const Wait& wait) {
  return wait([&] {
    const HostGroups::State state = groups_->state();
    if (state == HostGroups::State::running) return false;
    if (state == HostGroups::State::complete) return true;
    // It is never complete; the launcher sees why.
    log_.set_trouble(trouble_of(state), groups_->error());
    return false;
  });
}

bool HostCalls::connect(const Wait& wait) {
  if (groups_ == nullptr || is_connected_) return true;
  groups_->connect();
  is_connected_ = await(wait);
  return is_connected_;
}

bool HostCalls::wait_for_streams(std::span<const GpuCall> calls, const Wait& wait) {
  return wait([&] {
    return std::all_of(calls.begin(), calls.end(), [&](const GpuCall& call) {
      return !carries(call) || device_.is_idle(call.stream).value_or(false);
    });
  });
}

bool HostCalls::run(std::span<const GpuCall> calls, const GroupTable& table, const Wait& wait) {
  if (std::none_of(calls.begin(), calls.end(), carries)) return true;
  if (groups_ == nullptr) {
    faults_.refuse("a group of gloo moves no data in this GPU world");
    return false;
  }
  if (!wait_for_streams(calls, wait)) return false;
  std::vector<HostCall> host;
  std::vector<std::shared_ptr<HostMemory>> memory;
  for (const GpuCall& call : calls) {
    if (!carries(call)) continue;
    // Its place among the work of the stream is marked there, also if it is the first.
    if (!device_.stream(call.stream)) return false;
    memory.push_back(std::make_shared<HostMemory>());
    memory.back()->input.resize(call.input_bytes);
    memory.back()->output.resize(call.output_bytes);
    if (!device_.download(call.input, memory.back()->input)) return false;
    host.push_back(host_call(call, table, memory.back()));
  }
  groups_->start(std::move(host));
  if (!await(wait)) return false;
  auto done = memory.begin();
  for (const GpuCall& call : calls) {
    if (carries(call) && !device_.upload(call.output, (*done++)->output)) return false;
  }
  return true;
}

}  // namespace gridlock
