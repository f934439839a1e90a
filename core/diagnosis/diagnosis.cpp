#include "core/diagnosis/diagnosis.h"

#include <array>

#include "core/base/check.h"

namespace gridlock {
namespace {

constexpr std::array<CodeInfo, 44> kCodes{{
    {Code::GROUP_CREATE_DIVERGENT, "GROUP_CREATE_DIVERGENT", Outcome::mismatch,
     "Creating a group is a call of the whole world: every rank, member or not, asks for the same groups in "
     "the same order. Here the ranks ask for different groups with one and the same creation. On a real "
     "system the unique ids of two groups cross, and an arbitrary part of the ranks hangs.",
     "Make every rank create the same groups in the same order, with all members in each list, whether it "
     "is a member or not."},
    {Code::GROUP_CREATE_MISSING_RANK, "GROUP_CREATE_MISSING_RANK", Outcome::stall,
     "Some ranks wait inside the creation of a group, and at least one rank of the world does not take part "
     "in it. Ranks that are not members have to take part as well.",
     "Move the creation out of the branch that only some ranks take: every rank of the world calls it."},
    {Code::GROUP_MEMBERSHIP_DIVERGES, "GROUP_MEMBERSHIP_DIVERGES", Outcome::mismatch,
     "Ranks use one group under one name but disagree who is in it. Their calls on it cannot pair up.",
     "Derive the member list from the same inputs on every rank."},
    {Code::GROUP_RANK_ORDER_SURPRISE, "GROUP_RANK_ORDER_SURPRISE", Outcome::passed,
     "The members of a group are sorted by world rank, and the order in which the model numbers them is "
     "another one. A group rank is then not the model's index: roots, peers and the order of gathered data "
     "are other ranks than the model means.",
     "Look ranks up by their coordinates instead of by position, or lay the model on the world with an "
     "increasing rank mapping."},
    {Code::BUFFER_RACE, "BUFFER_RACE", Outcome::passed,
     "Two calls of a rank touch one buffer, at least one of them writes it, and nothing orders them: they "
     "are "
     "on different streams without an event or a wait between them, or in one batch. What the buffer holds "
     "afterwards depends on which is faster.",
     "Let the second stream wait for an event that is recorded behind the first call, wait for the first "
     "call on the host, or give the two calls buffers of their own."},
    {Code::THREADS_SHARE_GROUP, "THREADS_SHARE_GROUP", Outcome::passed,
     "Two host threads of a rank make calls on one group, and nothing orders them: neither a post that the "
     "other one awaits nor the end of one before the start of the other. Calls of a communicator pair up in "
     "the order in which they are issued, so which call meets which differs from rank to rank and from run "
     "to "
     "run; and NCCL allows one thread at a time in a communicator.",
     "Give each thread a group of its own, make all calls from one thread, or let one thread await what the "
     "other one posts behind its call."},
    {Code::NOT_A_MEMBER, "NOT_A_MEMBER", Outcome::mismatch,
     "A rank uses a group that it is not in. The call is refused at once; on real systems the handle of a "
     "non-member is a sentinel and the call fails or does nothing.",
     "Guard the call by membership, or put the rank into the group when it is created."},
    {Code::RANK_SPACE_CONFUSION, "RANK_SPACE_CONFUSION", Outcome::mismatch,
     "The root or peer of a call is outside the group: a global rank was passed where a group rank is "
     "expected, or a group rank where a global one is, which then is no member. The two spaces agree on the "
     "world group only.",
     "Pass the place inside the group, 0 to size-1 in the order of the members, or translate it: "
     "get_global_rank in torch."},
    {Code::DEVICE_UNBOUND, "DEVICE_UNBOUND", Outcome::passed,
     "A call was made on another GPU than that of its rank: a barrier or object collective without a bound "
     "device guesses one, mostly GPU 0. What follows depends on the version: it works, it hangs, or the "
     "library refuses two ranks on one GPU.",
     "Bind each rank to its GPU: set the current device first, and pass device_id to init_process_group or "
     "device_ids to barrier."},
    {Code::DEVICE_CONFLICT, "DEVICE_CONFLICT", Outcome::mismatch,
     "Two ranks of one host came to one communicator with the same GPU. NCCL refuses that when the "
     "communicator is made (duplicate GPU detected), or hangs.",
     "Give each rank of a host a GPU of its own: take the local rank, not the rank of a group or of the "
     "world."},
    {Code::BACKEND_DEVICE_MISMATCH, "BACKEND_DEVICE_MISMATCH", Outcome::mismatch,
     "The data of a call lies where the group's library cannot read it: NCCL has no path for the memory of "
     "the host, gloo none for sends and recvs on a GPU. The call is refused at once on its rank.",
     "Move the data, or use a group of the other library; in torch a group with both: cpu:gloo,cuda:nccl."},
    {Code::INVALID_CALL, "INVALID_CALL", Outcome::mismatch,
     "A call was refused when it was made: a root or peer out of range, a buffer of the wrong size or type, "
     "or a destroyed group. Nothing was enqueued for it, so the other members wait if they made it.",
     "Correct the arguments of the call that is named."},
    {Code::COMM_INIT_MISSING_RANK, "COMM_INIT_MISSING_RANK", Outcome::stall,
     "The first use of a group makes its communicator, and that blocks the host until all members have come. "
     "Here some members never use the group. A batch of sends and receives as the first use needs all "
     "members too, not only those that send and receive.",
     "Let every member use the group once before, for example in a barrier, or use a group of just the ranks "
     "that take part."},
    {Code::COMM_INIT_CYCLE, "COMM_INIT_CYCLE", Outcome::stall,
     "The first use of a group, and outside a batch the first message of a pair, makes a communicator, which "
     "blocks the host until all of its ranks have come. Here each host waits for another one that stands in "
     "the "
     "first use of another communicator. Streams do not help: nothing has been enqueued yet.",
     "Use groups and pairs for the first time in one order on all ranks, for example by a barrier on each "
     "group "
     "right after it was created, and put sends and recvs that belong together into one batch."},
    {Code::COMM_SPLIT_INCOMPLETE, "COMM_SPLIT_INCOMPLETE", Outcome::stall,
     "A group is made from a part of another one, and not all ranks that have to come to its making do. A "
     "split is a call of the whole parent: ranks that want no part of it come without a color.",
     "Make every rank of the parent take part in each split, and every rank that stays in each shrink."},
    {Code::COLL_MISSING_RANK, "COLL_MISSING_RANK", Outcome::stall,
     "The members of a group disagree how many collectives they make on it: some wait in a call that others "
     "never make, or that meets another operation there. The first place where they part is earlier than the "
     "wait when later calls of the same "
     "kind paired up by accident.",
     "Make every member call it, or none: look for a branch, an early exit of a loop or an uneven number of "
     "micro-batches around the call."},
    {Code::COLL_SEQUENCE_SHIFT, "COLL_SEQUENCE_SHIFT", Outcome::mismatch,
     "A rank skipped or repeated a call on a group. Its next calls of the same operation were taken for it, "
     "and "
     "everything after is shifted.",
     "Make the skipped or repeated call the same number of times on all members."},
    {Code::COLL_ORDER_MISMATCH, "COLL_ORDER_MISMATCH", Outcome::mismatch,
     "The members of a group make the same calls in different orders. Calls of one communicator pair up by "
     "position and not by meaning.",
     "Make the calls in one order everywhere: do not iterate over sets, hash tables or arrival order."},
    {Code::COLL_TYPE_MISMATCH, "COLL_TYPE_MISMATCH", Outcome::mismatch,
     "At one position of a group's order of calls, members call different operations. NCCL does not compare "
     "calls between ranks: both sides hang.",
     "Make all members call the same operation there."},
    {Code::COLL_COUNT_MISMATCH, "COLL_COUNT_MISMATCH", Outcome::mismatch,
     "Members call one collective with different numbers of elements. Whether real libraries hang, fail or "
     "silently leave a wrong tail depends on size, protocol and version.",
     "Agree on the count first: pad, or exchange the sizes before."},
    {Code::ZERO_SIZE_ASYMMETRY, "ZERO_SIZE_ASYMMETRY", Outcome::mismatch,
     "Some members call one collective with no elements and others with some. NCCL drops an empty collective "
     "on its rank alone, which then never takes part: the others hang.",
     "Let every member call it with one count (pad the empty ones), or let all of them leave it out."},
    {Code::COLL_DTYPE_MISMATCH, "COLL_DTYPE_MISMATCH", Outcome::mismatch,
     "Members call one collective with different element types. With other element sizes the side with more "
     "bytes hangs; with equal sizes the numbers are garbage.",
     "Cast to one type on all members before the call."},
    {Code::COLL_OP_MISMATCH, "COLL_OP_MISMATCH", Outcome::mismatch,
     "Members call one reduction with different reduce operations. NCCL completes silently, and every rank "
     "gets the result of one rank's operation.",
     "Use the same reduce operation on all members."},
    {Code::COLL_ROOT_MISMATCH, "COLL_ROOT_MISMATCH", Outcome::mismatch,
     "Members call one rooted collective with different roots. NCCL may complete silently with every rank's "
     "own data.",
     "Use the same root on all members; mind that it is a rank of the group, not of the world."},
    {Code::COMM_ORDER_CYCLE, "COMM_ORDER_CYCLE", Outcome::stall,
     "Ranks wait for each other around a circle, each in a call on one group that another rank makes only "
     "after its own call on another group.",
     "Give the groups one order that all ranks follow, or use streams that do not wait for each other."},
    {Code::COMM_ORDER_RISK, "COMM_ORDER_RISK", Outcome::passed,
     "Two ranks call the same two collectives on two groups in opposite orders. The run passed, because "
     "their "
     "devices had room for both kernels at one time. With room for one, or when other work takes the room, "
     "each "
     "device starts the kernel that the other one cannot start yet, and both hang.",
     "Give the groups one order that all ranks follow, also where the calls go to different streams."},
    {Code::SEMANTIC_LAYOUT_MISMATCH, "SEMANTIC_LAYOUT_MISMATCH", Outcome::mismatch,
     "Members reduced or broadcast data that is not the same thing, although operation, count and type "
     "agree: "
     "other shards, other parameters, another layout. Nothing fails, and the numbers are wrong.",
     "Derive the layout of the data from the same inputs on all members."},
    {Code::LABEL_MISMATCH, "LABEL_MISMATCH", Outcome::passed,
     "Calls met that agree in operation, count and type, but the programs call them by different names: "
     "another "
     "step, or another micro-batch. Elsewhere the same programs use these names alike, so what met here was "
     "probably not meant for each other, and the numbers are wrong without any error.",
     "Make the calls in one order on all of the ranks; look for one that was left out or made twice before."},
    {Code::P2P_CYCLE, "P2P_CYCLE", Outcome::stall,
     "Ranks wait for each other around a circle of sends and receives, for example when two neighbours both "
     "send first. It can pass as long as the messages fit into buffers.",
     "Put the sends and receives into one batch, or let even ranks send first and odd ranks receive first."},
    {Code::P2P_UNMATCHED_SEND, "P2P_UNMATCHED_SEND", Outcome::stall,
     "A rank sends and the peer never posts the receive. Small messages may complete early on real systems.",
     "Post the receive on the peer, or leave out the send: both ends must agree on the number of messages."},
    {Code::P2P_UNMATCHED_RECV, "P2P_UNMATCHED_RECV", Outcome::stall,
     "A rank waits for a message that the peer never sends.",
     "Send it on the peer, or leave out the receive: both ends must agree on the number of messages."},
    {Code::P2P_SIZE_MISMATCH, "P2P_SIZE_MISMATCH", Outcome::mismatch,
     "The two ends of a transfer disagree on the number or type of elements. Real libraries hang, fail or "
     "leave the rest of the buffer untouched, depending on the size.",
     "Give both ends the same count and type, or send the shape first."},
    {Code::P2P_PEER_ORDER_MISMATCH, "P2P_PEER_ORDER_MISMATCH", Outcome::mismatch,
     "Two ranks exchange several messages, and one receives them in another order than the other sends them. "
     "Messages of a pair match in their order and by nothing else, so each is taken for another one.",
     "Post the receives in the order of the peer's sends; where the next and the previous stage are one "
     "rank, "
     "use two groups or another order on every second rank."},
    {Code::P2P_TAG_REORDER, "P2P_TAG_REORDER", Outcome::mismatch,
     "A message was sent with one tag and received with another one. NCCL has no tags: messages of a pair "
     "match in their order, so the receiver got other data than it asked for, without any error.",
     "Post the receives in the order of the sends, or use gloo, which honours tags."},
    {Code::P2P_GROUPING_MISMATCH, "P2P_GROUPING_MISMATCH", Outcome::mismatch,
     "One end of a transfer is in a batch and the other is not. Outside a batch torch uses a communicator of "
     "the two ranks alone, in a batch the group's: the two ends never meet. Or the first batch of a pair "
     "sends "
     "and receives on one end and only one of both on the other: NCCL connects what a batch names on both "
     "ends "
     "at once, and ends with an internal error (2.28.9: message truncated).",
     "Put both ends into batches, or neither, and the same messages of a pair into its first batch."},
    {Code::P2P_PLAN_SPLIT_RISK, "P2P_PLAN_SPLIT_RISK", Outcome::stall,
     "A batch has more sends and receives than the library runs at a time. It runs them in parts, and the "
     "parts of two ranks wait for each other.",
     "Make smaller batches that are complete in themselves: what one rank sends in a batch its partner "
     "receives in the corresponding one."},
    {Code::ABORT_INCOMPLETE, "ABORT_INCOMPLETE", Outcome::rank_lost,
     "Some members of a group aborted it while others still wait in it. An abort ends the work of the rank "
     "that calls it and of nobody else.",
     "Let every member abort the group, or give it a timeout action on all of them."},
    {Code::TEARDOWN_ORDER_MISMATCH, "TEARDOWN_ORDER_MISMATCH", Outcome::stall,
     "Ranks destroy groups in different orders, or only some of them do. Destroying a group waits for its "
     "other members in some versions.",
     "Destroy all groups in one order on all ranks, at the same point of the program."},
    {Code::HOST_BLOCKED, "HOST_BLOCKED", Outcome::stall,
     "The host program of a rank waits for something that nothing in the run will bring: a name that nobody "
     "posts, or work that cannot go on. Or the process of a rank of a real run was suspended (SIGSTOP, a "
     "debugger), and the others wait for it.",
     "Post the name on the rank that is meant to, or remove the wait; continue the process that was "
     "suspended."},
    {Code::HOST_EDGE_FAILED, "HOST_EDGE_FAILED", Outcome::rank_lost,
     "What a rank awaited on the host (an answer of a remote call, a key of the store) came as an error, and "
     "its program ended there. Others may wait for that rank; the error is where it began.",
     "Find out why the rank that answered failed (its own log), and let the one that awaits handle an error "
     "without leaving the others alone: all of them have to learn of it."},
    {Code::RANK_FAILED_PEERS_WAIT, "RANK_FAILED_PEERS_WAIT", Outcome::rank_lost,
     "A rank died, and others wait for calls that only it could make. They hang until their own timeout; "
     "the survivors are not to blame.",
     "Find out why that rank died (its own log, out of memory, the node); give groups a timeout action so "
     "that survivors end soon."},
    {Code::RANK_EXITED, "RANK_EXITED", Outcome::rank_lost,
     "A rank left before the end of its program while others still needed it, or died when nobody did.",
     "Let every rank leave at the same point of the program; catch the exception that made this one leave."},
    {Code::SLOW_RANK_TIMEOUT, "SLOW_RANK_TIMEOUT", Outcome::timeout,
     "A deadline passed while a rank was still working: it would have come, but too late.",
     "Raise the timeout of the group, give slow work of one rank a group of its own, or make it faster."},
    {Code::LEFTOVER_WORK, "LEFTOVER_WORK", Outcome::leftover,
     "Every rank returned, but work that was started never completed and nobody waited for it.",
     "Wait for the work before the program ends, and see to it that the other end takes part."},
}};

static_assert(kCodes.size() == static_cast<std::size_t>(Code::LEFTOVER_WORK) + 1);

constexpr std::array<std::string_view, 3> kSeverities{"warning", "silent_wrong_result", "error"};
constexpr std::array<std::string_view, 3> kCertainties{"certain", "likely", "undecided"};
constexpr std::array<std::string_view, 6> kRelations{"owner", "minority", "tie", "edge", "cycle", "all"};

}  // namespace

std::span<const CodeInfo> all_codes() { return kCodes; }

const CodeInfo& code_info(Code code) {
  const auto index = static_cast<std::size_t>(code);
  GRIDLOCK_CHECK(index < kCodes.size() && kCodes[index].code == code);
  return kCodes[index];
}

std::string_view code_name(Code code) { return code_info(code).name; }

std::optional<Code> code_from_name(std::string_view name) {
  for (const CodeInfo& info : kCodes) {
    if (info.name == name) return info.code;
  }
  return std::nullopt;
}

std::string_view severity_name(Severity severity) {
  return kSeverities.at(static_cast<std::size_t>(severity));
}
std::string_view certainty_name(Certainty certainty) {
  return kCertainties.at(static_cast<std::size_t>(certainty));
}
std::string_view relation_name(Relation relation) {
  return kRelations.at(static_cast<std::size_t>(relation));
}

}  // namespace gridlock
