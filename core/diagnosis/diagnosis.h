#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/outcome.h"
#include "core/base/rank_set.h"

namespace gridlock {

/// What can be said about a run. Spelled as in JSON, reports and docs. See the table in diagnosis.cpp for
/// meaning.
enum class Code : std::uint8_t {
  GROUP_CREATE_DIVERGENT,
  GROUP_CREATE_MISSING_RANK,
  GROUP_MEMBERSHIP_DIVERGES,
  GROUP_RANK_ORDER_SURPRISE,
  BUFFER_RACE,
  THREADS_SHARE_GROUP,
  NOT_A_MEMBER,
  RANK_SPACE_CONFUSION,
  DEVICE_UNBOUND,
  DEVICE_CONFLICT,
  BACKEND_DEVICE_MISMATCH,
  INVALID_CALL,
  COMM_INIT_MISSING_RANK,
  COMM_INIT_CYCLE,
  COMM_SPLIT_INCOMPLETE,
  COLL_MISSING_RANK,
  COLL_SEQUENCE_SHIFT,
  COLL_ORDER_MISMATCH,
  COLL_TYPE_MISMATCH,
  COLL_COUNT_MISMATCH,
  ZERO_SIZE_ASYMMETRY,
  COLL_DTYPE_MISMATCH,
  COLL_OP_MISMATCH,
  COLL_ROOT_MISMATCH,
  COMM_ORDER_CYCLE,
  COMM_ORDER_RISK,
  SEMANTIC_LAYOUT_MISMATCH,
  LABEL_MISMATCH,
  P2P_CYCLE,
  P2P_UNMATCHED_SEND,
  P2P_UNMATCHED_RECV,
  P2P_SIZE_MISMATCH,
  P2P_PEER_ORDER_MISMATCH,
  P2P_TAG_REORDER,
  P2P_GROUPING_MISMATCH,
  P2P_PLAN_SPLIT_RISK,
  ABORT_INCOMPLETE,
  TEARDOWN_ORDER_MISMATCH,
  HOST_BLOCKED,
  HOST_EDGE_FAILED,
  RANK_FAILED_PEERS_WAIT,
  RANK_EXITED,
  SLOW_RANK_TIMEOUT,
  LEFTOVER_WORK,
};

/// What follows for the user: look at it, distrust the numbers, or the run cannot go on.
enum class Severity : std::uint8_t { warning, silent_wrong_result, error };
/// How far the evidence carries: proved by the histories, the best of several readings, or not to be told
/// from them.
enum class Certainty : std::uint8_t { certain, likely, undecided };

/// Why these ranks are named.
enum class Relation : std::uint8_t {
  owner,     ///< the one rank whose own call is wrong
  minority,  ///< they differ from a strict majority
  tie,       ///< the sides are equally large; alternatives lists them
  edge,      ///< the ranks that others wait for and that will not come
  cycle,     ///< they wait for each other
  all,       ///< the same everywhere
};

/// Whose call is to be looked at first. Ranks that merely wait are never among them.
struct Blame {
  RankSet ranks;
  Relation relation = Relation::all;
  /// Other readings of the evidence: the sides of a tie.
  std::vector<RankSet> alternatives;
};

/// One side of the place where ranks first parted.
struct Divergence {
  RankSet ranks;
  /// "all_reduce #2 on actor.tensor, 1024 x bfloat16, sum"; "nothing more on actor.tensor"
  std::string call;
  /// Text of the label there: "forward [m=2]"; may be empty.
  std::string label;
  /// Place in the source; may be empty.
  std::string place;
};

/// `from` waits for `to`; `reason` says where: "in all_reduce #4 on actor.tensor".
struct WaitEdge {
  RankSet from;
  RankSet to;
  std::string reason;
};

/// One finding about a run, with its evidence. Values only: it outlives the histories that it was made from.
struct Diagnosis {
  Code code = Code::HOST_BLOCKED;
  Severity severity = Severity::error;
  Certainty certainty = Certainty::certain;
  Blame blame;
  /// One sentence: what is wrong, with names and numbers.
  std::string summary;
  /// First difference between the ranks, one entry per side; the side that is blamed first.
  std::vector<Divergence> first_divergence;
  /// The wait-for cycle (closed: the last `to` is the first `from`) or the missing edge.
  std::vector<WaitEdge> wait_for;
  /// Ranks that merely wait. Never blamed.
  RankSet waiting;
  /// What to change.
  std::string hint;
};

/// One row of the table behind `gridlock explain`, docs and the outcome of a run.
struct CodeInfo {
  Code code;
  std::string_view name;
  /// Outcome of a run whose first diagnosis this is.
  Outcome outcome;
  std::string_view meaning;
  std::string_view fix;
};

std::span<const CodeInfo> all_codes();
const CodeInfo& code_info(Code code);
std::string_view code_name(Code code);
std::optional<Code> code_from_name(std::string_view name);
std::string_view severity_name(Severity severity);
std::string_view certainty_name(Certainty certainty);
std::string_view relation_name(Relation relation);

}  // namespace gridlock
