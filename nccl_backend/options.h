#pragma once

namespace gridlock {

/// How the ranks of a GPU world use NCCL. Equal on all ranks of a run.
struct NcclOptions {
  /// false: calls that would block the host (first use of a peer, creation of communicators) are polled and
  /// can be aborted, at the price of one thread start inside NCCL for each call. true: they block, and what
  /// hangs in one is ended with its process.
  bool blocking = false;
  /// Groups share the channels of the world's communicator: faster to make, but operations of all groups of a
  /// rank run one after the other, in the order of the host, whatever their streams (rule S13).
  bool share_resources = false;
  /// Whether outputs are kept and hashed, so that runs can be compared (RankEnd::results).
  bool keep_results = true;
};

}  // namespace gridlock
