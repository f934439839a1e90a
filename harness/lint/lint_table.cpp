#include "core/base/check.h"
#include "harness/lint/lint.h"

namespace gridlock {
namespace {

constexpr auto kError = LintSeverity::error;
constexpr auto kWarning = LintSeverity::warning;
constexpr auto kNote = LintSeverity::note;

constexpr LintInfo kLints[] = {
    {LintCode::LAYERS_NOT_DIVISIBLE, kError, "LAYERS_NOT_DIVISIBLE",
     "The layers cannot be dealt out evenly to the pipeline stages and their virtual stages. Megatron "
     "refuses "
     "this unless the first or last stage is given another number of layers.",
     "Choose a pipeline size that divides the number of layers."},
    {LintCode::HEADS_NOT_DIVISIBLE, kError, "HEADS_NOT_DIVISIBLE",
     "The attention heads, or the heads of keys and values, cannot be dealt out to the tensor ranks.",
     "Choose a tensor size that divides the attention heads, and divides the heads of keys and values or is "
     "a "
     "multiple of them."},
    {LintCode::HIDDEN_NOT_DIVISIBLE, kError, "HIDDEN_NOT_DIVISIBLE",
     "The hidden size cannot be split into the attention heads, or the inner size of the feed-forward layer "
     "over the tensor ranks.",
     "Choose a number of heads and a tensor size that divide them."},
    {LintCode::SEQUENCE_NOT_DIVISIBLE, kError, "SEQUENCE_NOT_DIVISIBLE",
     "The sequence cannot be split. Context parallelism cuts it into two chunks for each context rank, so "
     "that causal attention is balanced; sequence parallelism deals a context rank's part out to the tensor "
     "ranks.",
     "Make the sequence a multiple of twice the context size, and of context size x tensor size."},
    {LintCode::EXPERTS_NOT_DIVISIBLE, kError, "EXPERTS_NOT_DIVISIBLE",
     "The experts cannot be dealt out evenly to the expert ranks.",
     "Choose an expert-parallel size that divides the number of experts."},
    {LintCode::BATCH_NOT_DIVISIBLE, kError, "BATCH_NOT_DIVISIBLE",
     "The global batch is no multiple of what all data ranks process in one micro-batch, or not the product "
     "of the batch sizes that were given. Ranks that make an uneven number of micro-batches hang.",
     "global batch = micro-batch x micro-batches x data size."},
    {LintCode::VIRTUAL_STAGES_NOT_USABLE, kError, "VIRTUAL_STAGES_NOT_USABLE",
     "An interleaved schedule needs at least two stages, and a number of micro-batches that the pipeline "
     "size "
     "divides.",
     "Drop the virtual stages, or change the batch sizes."},
    {LintCode::FEW_MICRO_BATCHES, kWarning, "FEW_MICRO_BATCHES",
     "There are fewer micro-batches than stages: more than half of the step is waiting. Some pipelines hang "
     "here (torchtitan issue 775).",
     "Make the micro-batch smaller or the pipeline shorter."},
    {LintCode::EXPERT_STAGES_DIFFER, kError, "EXPERT_STAGES_DIFFER",
     "A group of experts joins ranks of different pipeline stages, which never hold the same layer.",
     "Lay the view out with the same slowest axis as the topology."},
    {LintCode::EXPERT_GROUPS_IGNORE_MAPPING, kWarning, "EXPERT_GROUPS_IGNORE_MAPPING",
     "DeepSpeed (utils/groups.py) cuts torch's whole world into expert groups as if rank r of the model were "
     "rank r of the world. On a grid that is mapped otherwise, expert groups mix ranks of other data and "
     "pipeline groups, or of another model, and tokens reach the wrong experts.",
     "Map the model to the ranks of the world in order, or make the expert groups from the mapping."},
    {LintCode::GROUP_ORDER_SURPRISE, kWarning, "GROUP_ORDER_SURPRISE",
     "The mapping puts model ranks into another order than world ranks. Torch sorts the members of a group, "
     "so the group rank of a member is not its index on the axis.",
     "Do not take group ranks for coordinates, or map in increasing order."},
    {LintCode::TENSOR_CROSSES_NODE, kWarning, "TENSOR_CROSSES_NODE",
     "A tensor group has members on several nodes. It communicates in every layer, over the network then.",
     "Make the tensor axis the fastest, with a size that divides the ranks of a node."},
    {LintCode::EXPERT_CROSSES_NODE, kWarning, "EXPERT_CROSSES_NODE",
     "An expert group has members on several nodes: every mixture-of-experts layer exchanges its tokens over "
     "the network.",
     "Choose expert and expert-tensor sizes that fit into a node, if the experts then fit into memory."},
    {LintCode::EMBEDDING_CROSSES_NODE, kNote, "EMBEDDING_CROSSES_NODE",
     "The first and the last stage, which hold a tied embedding, are on different nodes: its gradient goes "
     "over the network once a step.",
     "Nothing, or untie the embeddings; nothing uses these groups then."},
    {LintCode::UNUSED_RANKS, kNote, "UNUSED_RANKS",
     "Ranks of the world are in no grid. They still take part in every creation.",
     "Make the world smaller, if they are not meant for something else."},
    {LintCode::MANY_CREATIONS, kWarning, "MANY_CREATIONS",
     "Every rank makes this many new_group calls, members or not, each of which visits the store. At a "
     "millisecond each, ten thousand calls are ten seconds on an idle store and minutes on a busy one.",
     "Leave out families that nothing uses (gloo twins), or create groups with use_local_synchronization."},
    {LintCode::MANY_GLOO_CONNECTIONS, kWarning, "MANY_GLOO_CONNECTIONS",
     "Each gloo group connects every member with every other. The rank with the most connections comes near "
     "the usual limit of 1,024 open files.",
     "Leave the gloo twins out, or raise the limit (ulimit -n)."},
    {LintCode::COMMUNICATOR_MEMORY, kWarning, "COMMUNICATOR_MEMORY",
     "If all communicators of a rank are used, their buffers take this much device memory, at 486 MiB each "
     "as "
     "measured on two H200 (NCCL 2.28.3).",
     "Use fewer groups, smaller NCCL_BUFFSIZE or fewer channels (NCCL_MAX_NCHANNELS, max_ctas)."},
};

}  // namespace

std::span<const LintInfo> all_lints() { return kLints; }

const LintInfo& lint_info(LintCode code) {
  const LintInfo& info = kLints[static_cast<std::size_t>(code)];
  GRIDLOCK_CHECK(info.code == code);
  return info;
}

std::string_view lint_severity_name(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::error:
      return "error";
    case LintSeverity::warning:
      return "warning";
    case LintSeverity::note:
      return "note";
  }
  return "";
}

}  // namespace gridlock
