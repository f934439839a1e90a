#include "nccl_backend/communicators.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/base/check.h"
#include "nccl_backend/split_plan.h"

namespace gridlock {
namespace {

constexpr char kIdName[] = "unique id of the world";

std::string_view bytes_of(const NcclUniqueId& id) { return {id.bytes, sizeof(id.bytes)}; }

}  // namespace

NcclConfig Communicators::config() const {
  NcclConfig config;
  config.blocking = options_.blocking ? 1 : 0;
  config.split_share = options_.share_resources ? 1 : 0;
  return config;
}

bool Communicators::offer_id() {
  if (host_.rank() != 0) return true;
  NcclUniqueId id{};
  if (!faults_.nccl(nccl_.get_unique_id(&id), "ncclGetUniqueId")) return false;
  if (host_.put(kIdName, bytes_of(id))) return true;
  faults_.refuse("cannot tell the other ranks NCCL's unique id");
  return false;
}

bool Communicators::connect(RankId world_size) {
  std::optional<std::string> text;
  for (std::int64_t times = 0; !(text = host_.get(kIdName)); ++times) {
    if (host_.ended()) return false;
    host_.pause(times);
  }
  NcclUniqueId id{};
  GRIDLOCK_CHECK(text->size() == sizeof(id.bytes));
  std::memcpy(id.bytes, text->data(), text->size());
  return init(by_group_[InstanceId::world], world_size, id, host_.rank());
}

bool Communicators::init(NcclComm& comm, int size, const NcclUniqueId& id, int rank) {
  NcclConfig settings = config();
  const int result = nccl_.comm_init(&comm, size, id, rank, &settings);
  // Even a failed or unfinished communicator must be given back.
  if (comm != nullptr) open_.push_back(comm);
  return faults_.nccl(result, "ncclCommInitRankConfig") && settle(comm);
}

bool Communicators::create(RankId world_size, std::span<const CommRequest> groups) {
  std::vector<Members> members;
  for (const CommRequest& group : groups) members.push_back(group.members);
  for (const Split& one : plan_splits(world_size, members)) {
    if (!split(groups, one)) return false;
  }
  return true;
}

bool Communicators::split(std::span<const CommRequest> groups, const std::vector<std::size_t>& members) {
  const NcclComm parent = find(InstanceId::world);
  GRIDLOCK_CHECK(parent != nullptr);
  const auto own = std::find_if(members.begin(), members.end(), [&](std::size_t group) {
    return groups[group].members.contains(host_.rank());
  });
  const int color = own == members.end() ? kNcclNoColor : static_cast<int>(own - members.begin());
  const bool is_member = color != kNcclNoColor;
  NcclConfig settings = config();
  // NCCL may write there from a thread of its own until the split is settled.
  NcclComm& child = is_member ? by_group_[groups[*own].group] : no_child_;
  const int result = nccl_.comm_split(parent, color, host_.rank(), &child, &settings);
  if (!faults_.nccl(result, "ncclCommSplit", parent)) return false;
  // While it goes on in the background, the parent is the one to ask (NCCL issue 1472).
  const bool settled = settle(parent);
  if (is_member && child != nullptr) open_.push_back(child);
  if (!settled || !is_member) return settled;
  if (child != nullptr) return settle(child);
  faults_.refuse("ncclCommSplit made no communicator for a member");
  return false;
}

NcclComm Communicators::find(InstanceId group) const {
  const auto known = by_group_.find(group);
  return known == by_group_.end() ? nullptr : known->second;
}

std::optional<NcclComm> Communicators::alone() {
  if (alone_ != nullptr) return alone_;
  NcclUniqueId id{};
  if (!faults_.nccl(nccl_.get_unique_id(&id), "ncclGetUniqueId") || !init(alone_, 1, id, 0))
    return std::nullopt;
  return alone_;
}

bool Communicators::settle(NcclComm comm) {
  // A blocking call has taken everything in; what fails later is found by check().
  if (options_.blocking) return true;
  for (std::int64_t times = 0;; ++times) {
    int state = kNcclSuccess;
    if (!faults_.nccl(nccl_.comm_async_error(comm, &state), "ncclCommGetAsyncError", comm)) return false;
    if (state != kNcclInProgress) return faults_.nccl(state, "NCCL, in the background", comm);
    if (host_.ended()) return false;
    host_.pause(times);
  }
}

bool Communicators::check() {
  for (const NcclComm comm : open_) {
    int state = kNcclSuccess;
    if (!faults_.nccl(nccl_.comm_async_error(comm, &state), "ncclCommGetAsyncError", comm)) return false;
    if (!faults_.nccl(state, "NCCL, in the background", comm)) return false;
  }
  return true;
}

bool Communicators::finalize(NcclComm comm, Nanos deadline) {
  if (!faults_.nccl(nccl_.comm_finalize(comm), "ncclCommFinalize", comm)) return false;
  for (std::int64_t times = 0;; ++times) {
    int state = kNcclSuccess;
    if (!faults_.nccl(nccl_.comm_async_error(comm, &state), "ncclCommGetAsyncError", comm)) return false;
    if (state != kNcclInProgress) return faults_.nccl(state, "ncclCommFinalize", comm);
    if (host_.now() >= deadline) return false;
    host_.pause(times);
  }
}

void Communicators::close(bool well) {
  // Children before the world, in the one order that all ranks agree about.
  const Nanos deadline = host_.now() + kCloseTimeMax;
  while (well && !faults_.any() && !open_.empty()) {
    if (!finalize(open_.back(), deadline)) break;
    const NcclComm comm = open_.back();
    open_.pop_back();
    faults_.nccl(nccl_.comm_destroy(comm), "ncclCommDestroy");
  }
  abort_rest();
  by_group_.clear();
  alone_ = nullptr;
}

void Communicators::abort_rest() {
  if (open_.empty()) return;
  // In one group, so that none waits for another (since NCCL 2.22).
  const bool grouped = faults_.nccl(nccl_.group_start(), "ncclGroupStart");
  for (auto comm = open_.rbegin(); comm != open_.rend(); ++comm) {
    faults_.nccl(nccl_.comm_abort(*comm), "ncclCommAbort");
  }
  if (grouped) faults_.nccl(nccl_.group_end(), "ncclGroupEnd");
  open_.clear();
}

}  // namespace gridlock
