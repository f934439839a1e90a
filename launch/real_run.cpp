#include "launch/real_run.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/base/check.h"
#include "core/base/input_error.h"
#include "core/diagnosis/silent_calls.h"
#include "launch/board_referee.h"
#include "launch/merge.h"

namespace gridlock {
namespace {

constexpr auto kLookEvery = std::chrono::milliseconds(10);
/// How long launchers wait for each other after the run.
constexpr auto kPartTime = std::chrono::seconds(10);

constexpr char kLeft[] = "left";
constexpr char kRead[] = "read";

std::string part_name(const char* what, RankId rank) { return fmt::format("rank {} has {}", rank, what); }

void make_private_folder(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return;
  throw InputError("--store", fmt::format("cannot make the folder {}: {}", path, std::strerror(errno)),
                   "name a folder that every rank can write");
}

}  // namespace

RealRun::RealRun(const RunOptions& options, RankId world_size, SiteTable sites, RealPlace place)
    : options_(options), world_size_(world_size), sites_(std::move(sites)), place_(std::move(place)) {
  RankId first = 0;
  RankId last = world_size;
  if (is_outside()) {
    check_fits(*place_.start, world_size);
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(place_.folder).parent_path(), ignored);
    make_private_folder(place_.folder);
    folder_ = place_.folder;
    first = place_.start->rank;
    last = first + 1;
  } else {
    directory_ = std::make_unique<RunDirectory>();
    folder_ = directory_->path();
  }
  for (RankId rank = first; rank < last; ++rank) {
    logs_.push_back(std::make_unique<SharedLog>(log_path(rank)));
  }
  store_ = make_folder("store");
  posts_ = make_folder("posts");
}

RealRun::~RealRun() {
  if (!is_outside()) return;
  std::error_code ignored;
  if (present_.empty()) {
    // It never ran: others may be in there.
    std::filesystem::remove(log_path(place_.start->rank), ignored);
    return;
  }
  if (place_.start->rank == present_.front()) {
    await_others(kRead, present_);
    // Who comes when all is over is told so, and does not begin a run of its own.
    await_others(kRead, late_);
    std::filesystem::remove_all(folder_, ignored);
    return;
  }
  const auto deadline = std::chrono::steady_clock::now() + kPartTime;
  while (std::filesystem::exists(folder_, ignored) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(kLookEvery);
  }
}

std::string RealRun::make_folder(const std::string& name) const {
  std::string path = folder_ + "/" + name;
  make_private_folder(path);
  return path;
}

std::string RealRun::log_path(RankId rank) const { return fmt::format("{}/rank-{}.log", folder_, rank); }

// Of everything that labels name, which is nearly all of a scenario, and of the binary, which must read the
// histories of the others.
std::uint64_t RealRun::fingerprint() const {
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325ULL;
  const auto add = [&hash](std::string_view text) {
    for (const char letter : text) hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100'0000'01b3ULL;
    hash = (hash ^ text.size()) * 0x100'0000'01b3ULL;
  };
  std::error_code unknown;
  add(fmt::format("{} {} {}", world_size_, options_.seed,
                  std::filesystem::file_size("/proc/self/exe", unknown)));
  for (std::size_t i = 0; i < sites_.size(); ++i) {
    for_each_text(sites_.site(static_cast<SiteId>(i)), [&](const std::string& text) { add(text); });
  }
  return hash;
}

RunResult RealRun::run(const std::function<void(RankProcess&)>& body, std::chrono::milliseconds leave_time) {
  LaunchResult launched;
  if (is_outside()) {
    launched = launch_one(body, leave_time);
  } else {
    LoneReferee referee(options_.real_timeout);
    launched = launch(logs_, 0, referee, body, leave_time);
  }
  RunResult result;
  MergedRun merged = merge_logs(logs_, launched.states, std::move(sites_));
  note_silent_calls(*merged.histories);
  if (is_outside()) post(kRead);
  result.end = launched.end;
  result.error = launched.error;
  result.request_count = launched.request_count;
  result.verdict = judge(*merged.histories, result.end, merged.complaints);
  result.histories = std::move(merged.histories);
  result.complaints = std::move(merged.complaints);
  return result;
}

LaunchResult RealRun::launch_one(const std::function<void(RankProcess&)>& body,
                                 std::chrono::milliseconds leave_time) {
  const RankId rank = place_.start->rank;
  BoardReferee referee(PostBoard(posts_),
                       {rank, world_size_, fingerprint(), machine_name(), place_.interface.empty()},
                       {.real_timeout = options_.real_timeout});
  LaunchResult launched = launch(logs_, rank, referee, body, leave_time);
  for (RankId other = 0; other < world_size_; ++other) {
    if (!referee.came(other)) late_.push_back(other);
  }
  gather(referee.ranks());
  return launched;
}

// The logs of all ranks in place of the own one.
void RealRun::gather(std::span<const RankStatus> ranks) {
  logs_.front()->flush();
  post(kLeft);
  for (RankId rank = 0; rank < world_size_; ++rank) {
    // A launcher that was not heard of has a status of its own making; its log is read as it is.
    if (!ranks[static_cast<std::size_t>(rank)].is_silent) present_.push_back(rank);
  }
  await_others(kLeft, present_);
  std::vector<std::unique_ptr<SharedLog>> all;
  for (RankId rank = 0; rank < world_size_; ++rank) {
    const bool is_own = rank == place_.start->rank;
    all.push_back(is_own ? std::move(logs_.front()) : SharedLog::read(log_path(rank)));
  }
  logs_ = std::move(all);
}

void RealRun::post(const char* what) const {
  // Who cannot say it is waited for no longer than kPartTime.
  static_cast<void>(PostBoard(posts_).post(part_name(what, place_.start->rank)));
}

void RealRun::await_others(const char* what, std::span<const RankId> ranks) const {
  const PostBoard board(posts_);
  const auto deadline = std::chrono::steady_clock::now() + kPartTime;
  for (const RankId rank : ranks) {
    while (!board.has(part_name(what, rank)) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(kLookEvery);
    }
  }
}

}  // namespace gridlock
