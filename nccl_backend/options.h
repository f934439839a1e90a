#pragma once

namespace gridlock {

/// How the ranks of a GPU world use NCCL. Equal on all ranks of a run.
struct NcclOptions {
  /// true: what waits for other ranks inside NCCL (first use of a peer, creation of communicators) blocks the
  /// host, and what hangs there is ended with its process. false: such calls are polled and can be aborted,
  /// but NCCL starts a thread for each call then: 58 us instead of 10 us measured on H200 with NCCL 2.28.9.
  bool blocking = true;
  /// Groups share the channels of the world's communicator: faster to make, but operations of all groups of a
  /// rank run one after the other, in the order of the host, whatever their streams (rule S13).
  bool share_resources = false;
  /// Whether outputs are kept and hashed, so that runs can be compared (RankEnd::results).
  bool keep_results = true;
};

}  // namespace gridlock
