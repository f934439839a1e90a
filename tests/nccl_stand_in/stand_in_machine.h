#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "nccl_backend/libraries.h"
#include "tests/nccl_stand_in/stand_in_comm.h"

namespace gridlock {

/// What tests choose about the GPUs and the NCCL of a stand-in.
struct StandInOptions {
  /// As ncclGetVersion reports it; before 2.28.3 there is no all_to_all, gather, scatter.
  int nccl_version = 22809;
  /// The call of this number (from 1, over both libraries) of `failing_rank` fails; 0: none does.
  std::int64_t failing_call = 0;
  int failing_rank = 0;
  /// What a failing call of NCCL answers. One of CUDA answers 719 (launch failure).
  int failing_result = kNcclSystemError;
  /// What ncclCommGetAsyncError answers from that call of a rank's submits on (from 1); 0: it stays well.
  int async_error_after = 0;
  int async_error_rank = 0;
  int async_error = kNcclRemoteError;
};

/// A machine with one GPU for each simulated rank, as far as the functions of GpuApi show it: device memory
/// is host memory, streams go on when some rank lets time pass, and operations run once all their parts
/// have started. Serves all ranks of a run from one thread. Keeps count of everything that it hands out, and
/// notes what a correct program never does.
class StandInMachine {
 public:
  StandInMachine(int world_size, StandInOptions options);

  /// The functions that one rank calls; `pause` lets time pass on its behalf, and is false when the run is
  /// over.
  GpuApi api(int rank, std::function<bool()> pause);

  /// Lets everything go on as far as it can.
  void progress();

  /// A rank is gone without giving anything back.
  void forget(int rank);

  /// Everything that was handed out and not given back, "2 streams of rank 1"; empty when nothing is.
  std::vector<std::string> leaks() const;
  /// What no correct program does: an unknown handle, a group that was not ended ...
  const std::vector<std::string>& violations() const { return violations_; }
  /// Names of all functions that a rank called, in order.
  const std::vector<std::string>& calls(int rank) const {
    return gpus_[static_cast<std::size_t>(rank)].calls;
  }
  /// Colours of the splits that a rank called, in order.
  const std::vector<int>& colors(int rank) const { return gpus_[static_cast<std::size_t>(rank)].colors; }
  /// Whether the call that should fail was reached.
  bool failed() const { return failed_; }

 private:
  friend class StandInNccl;
  friend class StandInCuda;

  /// A group of calls of one rank that waits for the first use of its peers.
  struct Launch {
    std::shared_ptr<StandInKernel> kernel;
    std::vector<StandInStream*> streams;
  };
  struct Gpu {
    /// Its rank went without giving anything back, as a process that is gone.
    bool gone = false;
    std::map<CudaPointer, std::vector<std::byte>> memory;
    std::map<CudaStream, std::unique_ptr<StandInStream>> streams;
    std::map<CudaEvent, std::unique_ptr<StandInEvent>> events;
    std::map<NcclComm, std::unique_ptr<StandInComm>> comms;
    int contexts = 0;
    std::vector<std::string> calls;
    std::vector<int> colors;
    int operations = 0;
    std::vector<Launch> launches;
    /// The group of calls that is open.
    int group_depth = 0;
    /// A call in it failed: nothing of it will start (S06).
    bool group_failed = false;
    std::vector<std::pair<std::shared_ptr<StandInPart>, StandInStream*>> group;
    std::function<bool()> pause;
  };

  Gpu& gpu(int rank) { return gpus_[static_cast<std::size_t>(rank)]; }
  /// Counts the call; true when it is the one that fails.
  bool count(int rank, const std::string& name);
  void complain(int rank, const std::string& text);
  bool is_connected(const StandInPart& part) const;
  bool launch(Gpu& gpu);
  std::shared_ptr<StandInGroup> group_for(const std::string& id, int size);

  StandInOptions options_;
  std::vector<Gpu> gpus_;
  std::map<std::string, std::shared_ptr<StandInGroup>> groups_by_id_;
  std::vector<std::weak_ptr<StandInGroup>> groups_;
  std::vector<std::string> violations_;
  std::int64_t ids_ = 0;
  std::int64_t counted_ = 0;
  bool failed_ = false;
};

}  // namespace gridlock
