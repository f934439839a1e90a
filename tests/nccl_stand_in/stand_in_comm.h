#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nccl_backend/nccl_api.h"
#include "tests/nccl_stand_in/stand_in_stream.h"

namespace gridlock {

class StandInComm;

/// One call of ncclCommSplit as its ranks make it, one after the other.
struct StandInSplit {
  /// Index = rank of the parent; nothing until that rank came.
  struct Coming {
    bool came = false;
    int color = 0;
    int key = 0;
  };
  std::vector<Coming> ranks;
  /// By colour, made when all came.
  std::map<int, std::shared_ptr<class StandInGroup>> children;

  bool complete() const;
};

/// What the ranks of one communicator share. Operations pair up by the order of the calls of each rank, and
/// messages by pair, as in NCCL (rules S03, S07); what does not fit never completes.
class StandInGroup {
 public:
  explicit StandInGroup(int size) : comms(static_cast<std::size_t>(size)) {}

  int size() const { return static_cast<int>(comms.size()); }
  /// A call of one rank takes its place.
  void add(int rank, const std::shared_ptr<StandInPart>& part);
  /// Runs what has started on all its ranks; true when anything was done.
  bool match();

  /// Index = rank; null before it came and after it went.
  std::vector<StandInComm*> comms;
  int arrived = 0;
  int finalized = 0;
  std::vector<std::unique_ptr<StandInSplit>> splits;

  /// First use: whether every rank has called a collective; whether both ends of a pair have called.
  bool all_called_collective() const;
  bool has_called(int from, int to, CallKind end) const;

 private:
  using Parts = std::deque<std::shared_ptr<StandInPart>>;
  struct Pair {
    Parts sends;
    Parts recvs;
    bool sent = false;
    bool received = false;
  };
  bool run_collective(const std::vector<std::shared_ptr<StandInPart>>& parts) const;

  /// By sequence, then rank.
  std::deque<std::vector<std::shared_ptr<StandInPart>>> collectives_;
  std::int64_t first_open_ = 0;
  std::map<int, std::int64_t> called_;
  std::map<std::pair<int, int>, Pair> pairs_;
};

/// A rank's handle of a communicator: what ncclComm_t points to.
class StandInComm {
 public:
  std::shared_ptr<StandInGroup> group;
  int rank = 0;
  /// The world rank that owns it.
  int owner = 0;
  bool blocking = false;
  bool finalizing = false;
  int split_count = 0;
  /// Where the split that is going on puts the child.
  NcclComm* child = nullptr;
  /// Factors of the operations made for premul_sum, by number.
  std::map<int, double> factors;
  int next_op = 5;
};

}  // namespace gridlock
