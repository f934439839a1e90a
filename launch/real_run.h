#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/world/world.h"
#include "launch/launcher.h"
#include "launch/outside_start.h"
#include "launch/run_directory.h"

namespace gridlock {

/// One run of real processes, from the folder they share to the verdict: all ranks started here, or the one
/// that somebody else's launcher has this process for. In the second case every launcher gathers the
/// histories of all from the shared folder, and comes to the same verdict.
class RealRun {
 public:
  /// Makes the folders and the logs. Throws InputError when that does not work.
  RealRun(const RunOptions& options, RankId world_size, SiteTable sites, RealPlace place);
  /// Removes all files of the run. Ranks that were started from outside wait here, for a bounded time: rank 0
  /// until all have read the files, the others until rank 0 has reported and removed them, because torchrun
  /// ends what is left once the first of its processes ends with an error.
  ~RealRun();
  RealRun(const RealRun&) = delete;
  RealRun& operator=(const RealRun&) = delete;

  /// Folders that all ranks share: for Gloo's store, and for what ranks post.
  const std::string& store() const { return store_; }
  const std::string& posts() const { return posts_; }
  const RealPlace& place() const { return place_; }

  /// Runs the ranks and judges the run. `body` as for launch(). Requires: called once.
  RunResult run(const std::function<void(RankProcess&)>& body,
                std::chrono::milliseconds leave_time = kLeaveTime);

 private:
  bool is_outside() const { return place_.start.has_value(); }
  std::string make_folder(const std::string& name) const;
  std::string log_path(RankId rank) const;
  std::uint64_t fingerprint() const;
  LaunchResult launch_one(const std::function<void(RankProcess&)>& body,
                          std::chrono::milliseconds leave_time);
  void gather(std::span<const RankStatus> ranks);
  void post(const char* what) const;
  void await_others(const char* what, std::span<const RankId> ranks) const;

  RunOptions options_;
  RankId world_size_;
  SiteTable sites_;
  RealPlace place_;
  std::unique_ptr<RunDirectory> directory_;
  std::string folder_;
  std::string store_;
  std::string posts_;
  std::vector<std::unique_ptr<SharedLog>> logs_;
  /// Of ranks started from outside: those whose launchers were there at the end.
  std::vector<RankId> present_;
  /// And those whose launchers had not come by then.
  std::vector<RankId> late_;
};

}  // namespace gridlock
