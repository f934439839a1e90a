#pragma once

#include <array>
#include <span>
#include <vector>

#include "core/data/reference.h"
#include "core/history/history.h"
#include "sim/open_call.h"
#include "sim/pool.h"
#include "sim/provenance.h"
#include "sim/rank_state.h"

namespace gridlock::sim {

/// The calls that met at one place: one for each member in group order, or a send and its recv.
using MetCalls = std::span<OpenCall* const>;

/// What calls that are not alike leave in the outputs of those that complete.
enum class UnalikeData : std::uint8_t {
  shortest,  ///< as many elements as the smallest count are right; the rest is the rank's own input
  as_first,  ///< every rank gets what the first member's arguments give
  own,       ///< every rank keeps its own input
};

/// Moves what complete operations move: bytes (unless in shape mode), contributor sets, and the hashes of
/// outputs. Buffers are read and written when the operation is finished; rank code must not touch them while
/// a call is open.
class DataTransfer {
 public:
  /// All outlive the transfer.
  DataTransfer(const GroupTable& groups, const HistoryStore& store, std::vector<RankState>& ranks,
               bool has_data);

  void finish(MetCalls calls);
  /// Writes the outputs of two calls that were not alike, of those for which `completes` is set.
  void finish_unalike(MetCalls calls, UnalikeData data, std::span<const bool> completes);
  /// Copies what a send that completes early sends; finish reads it from there.
  void leave_behind(OpenCall& send);
  /// Bytes as operation_cost takes them.
  std::int64_t bytes(MetCalls calls) const;
  const Provenance& provenance() const { return provenance_; }

 private:
  /// What a send left behind. In shape mode there are no bytes.
  struct Stash {
    std::vector<std::byte> bytes;
    ContributorId contributors{};
  };

  DataMovement movement(MetCalls calls);
  void move_bytes(const DataMovement& movement, MetCalls calls);
  void add_results(MetCalls calls);
  void mark_contributors(MetCalls calls);
  void corrupt(MetCalls calls);
  ContributorId contributors(const OpenCall& call) const;
  ContributorId united(MetCalls calls);
  std::span<std::byte> input(const DataMovement& movement, const OpenCall& call, GroupRank place) const;
  std::span<std::byte> output(const DataMovement& movement, const OpenCall& call, GroupRank place) const;
  Buffer& buffer(const OpenCall& call, BufferHandle handle) const;

  const GroupTable& groups_;
  const HistoryStore& store_;
  std::vector<RankState>& ranks_;
  bool has_data_;
  Provenance provenance_;
  Pool<Stash> stashes_;
  // Scratch that keeps its memory from one operation to the next. outputs_ holds what finish wrote last.
  std::vector<ContributorId> sets_;
  std::vector<std::int64_t> counts_;
  std::vector<std::span<const std::byte>> inputs_;
  std::vector<std::span<std::byte>> outputs_;
  std::array<std::vector<std::byte>, 2> scratch_;
};

}  // namespace gridlock::sim
