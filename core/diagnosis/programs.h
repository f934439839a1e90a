#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/diagnosis/argument.h"
#include "core/diagnosis/evidence.h"

namespace gridlock {

/// Which ranks run the same program, as far as their collectives tell: the other replicas of a rank are
/// witnesses of what it was meant to do. Groups count by their names with all digits left out, so that
/// "data_0" and "data_1", or two groups of one family, are one; a rank that uses several of them, such as
/// "group1" and "group2", has a first and a second one.
class Programs {
 public:
  explicit Programs(Evidence& evidence) : evidence_(evidence) {}

  /// Which calls count: collectives, which the stages of a pipeline have in common, or all.
  enum class Calls : std::uint8_t { collectives, all };

  /// Ranks that made the same calls up to and including `call`, which `rank` made; itself among them. With
  /// `argument`, that one of the last call has to be the same too. O(records of all histories) at the first
  /// use.
  std::vector<RankId> like(RankId rank, const Record& call, Calls which = Calls::collectives,
                           std::optional<Argument> argument = std::nullopt);

  /// Number of ranks that are no members and whose whole program, made and planned, is that of `rank`;
  /// nothing where not all of it is known. O(records of all histories) at the first use.
  std::optional<std::size_t> twins_outside(RankId rank, const Members& members);

  /// Where a rank departs from the one that did the same for longest, all calls counted.
  struct Departure {
    RankId witness = kNoRank;
    /// What the rank and its witness called there.
    const Record* call = nullptr;
    const Record* witness_call = nullptr;
  };
  /// Nothing when no rank did the same for at least one call and then something else.
  std::optional<Departure> departure(RankId rank);

 private:
  /// A collective and the hash of all collectives up to it.
  struct Step {
    const Record* call;
    std::uint64_t hash;
  };

  const std::vector<Step>& steps(RankId rank, Calls which);
  /// The groups of one rank by hash of the name, in the order of their first use.
  using Used = std::vector<std::pair<std::uint64_t, GroupHandle>>;

  std::uint64_t next_hash(std::uint64_t hash, const Record& call, Used& used);
  /// Of all calls, made and planned; 0 where not all are known.
  std::uint64_t whole_hash(RankId rank);
  std::uint64_t group_hash(GroupHandle group, Used& used);
  std::uint64_t name_hash(GroupHandle group);

  Evidence& evidence_;
  // By history node and by group; only looked up.
  std::array<std::unordered_map<std::uint32_t, std::vector<Step>>, 2> steps_;
  std::unordered_map<std::int32_t, std::uint64_t> name_hashes_;
  /// Index = rank; empty until somebody asks for twins. And how many ranks have each.
  std::vector<std::uint64_t> whole_hashes_;
  std::unordered_map<std::uint64_t, std::size_t> whole_counts_;
};

}  // namespace gridlock
