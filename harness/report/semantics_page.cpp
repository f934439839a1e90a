#include "harness/report/semantics_page.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "core/world/semantics.h"

namespace gridlock {
namespace {

constexpr std::string_view kIntroduction = R"(# Semantics

How the simulated libraries behave, as data. A scenario names a preset and changes single knobs of it:

```json
{ "semantics": { "preset": "nccl_strict", "send_capacity_bytes": 65536 } }
```

Without a preset scenarios start from `torch_nccl`. What was measured on real GPUs, and where the simulator differs, is on
the page [fidelity](fidelity.md).

)";

/// A rule of the libraries that code and knobs name by its id.
struct Rule {
  std::string_view id;
  std::string_view text;
  std::string_view source;
};

constexpr std::array kRules = {
    Rule{"S01",
         "A call returns once it is enqueued on its stream; completion is stream order. Several streams in "
         "one batch are one sync point: all wait for its start and its end.",
         "NCCL user guide, streams"},
    Rule{"S02",
         "Any call may block the host until other ranks come: the first collective of a communicator and the "
         "first message of a pair connect, which is a meeting of the hosts.",
         "NCCL user guide, groups; measured"},
    Rule{"S03", "Calls on one communicator pair up by the order in which they are issued.",
         "NCCL user guide, groups"},
    Rule{"S04", "Nothing is compared between ranks when a call is enqueued.", "NCCL enqueue.cc"},
    Rule{"S05",
         "Inside one group call NCCL sorts collectives by size and gathers equal ones, so their order there "
         "does not matter.",
         "NCCL enqueue.cc; measured"},
    Rule{"S07",
         "Sends and recvs match first in first out per communicator and ordered pair. In a batch, messages "
         "of different peers progress independently.",
         "NCCL user guide, p2p"},
    Rule{"S08",
         "Documented as rendezvous; in fact small sends complete early. Measured: up to 64 MiB per pair on "
         "one host, 8 MiB between hosts.",
         "NCCL user guide, env; measured"},
    Rule{"S09",
         "Messages of a batch are scheduled in rounds with a fixed distance to the peer; at most 8 p2p works "
         "run together.",
         "NCCL enqueue.cc, device.h; PyTorch #174942"},
    Rule{"S10",
         "Several communicators on one device need one total order of calls, or room for all kernels at a "
         "time.",
         "NCCL user guide, communicators; NCCL #592, #195"},
    Rule{"S11", "NCCL_LAUNCH_ORDER_IMPLICIT orders the kernels of a device by host issue order.",
         "NCCL user guide, env"},
    Rule{"S12",
         "A communicator has one device for each rank: two ranks on one GPU are refused when it is made.",
         "NCCL user guide, api/comms; measured"},
    Rule{"S13",
         "A split is called by every rank of the parent, without a color by those that want no part; members "
         "are ordered by key, then by parent rank.",
         "NCCL user guide, api/comms"},
    Rule{"S14", "A shrink is called by the ranks that stay only; they are renumbered without gaps.",
         "NCCL user guide, api/comms"},
    Rule{"S15",
         "An abort is local and ends the work of its rank; all active ranks must call it. Destroying without "
         "finalizing may be a call of all members.",
         "NCCL user guide, api/comms; measured"},
    Rule{"S16",
         "On one host the death of a peer is never seen: the survivors hang. Between hosts it surfaces at "
         "once as ncclRemoteError.",
         "measured"},
    Rule{"S17", "Which operations have an in-place form, and where the own share lies.",
         "NCCL user guide, inplace"},
    Rule{"S18", "Checks at the call are local: root range, types, sizes.", "NCCL argcheck.cc"},
    Rule{"S19", "A collective of zero elements is discarded on its rank and connects nothing.",
         "NCCL taskAppend"},
    Rule{"S20", "A communicator of one rank copies on its stream and needs no partner.", "NCCL taskAppend"},
    Rule{"S21", "all_to_all, gather and scatter are made of sends and recvs.", "NCCL taskAppend"},
    Rule{"S26",
         "A communicator is for one host thread at a time, and communicators of one device want one order of "
         "their calls, whichever thread makes them.",
         "NCCL user guide, threadsafety"},
    Rule{"S27", "A send to oneself needs its recv in the same batch, else both are refused.",
         "NCCL scheduleP2pTasksToPlan; measured"},
    Rule{"P01",
         "new_group is a call of every rank of the world, in one order, members or not; with local "
         "synchronisation of the members only.",
         "PyTorch docs"},
    Rule{"P02", "Names of groups are counters; with local synchronisation hashes of the members.",
         "PyTorch distributed_c10d.py"},
    Rule{"P03",
         "The members of a new group are sorted by rank unless it says otherwise; roots and peers are ranks "
         "of "
         "the world unless they are given as places in the group.",
         "PyTorch docs; PyTorch #176126, PR #176578"},
    Rule{"P04",
         "Without device_id a group's communicator is made by its first collective or batch, and sends and "
         "recvs outside a batch use a communicator of the two ranks alone.",
         "PyTorch ProcessGroupNCCL.cpp"},
    Rule{"P05",
         "A communicator is made by all its members: the lower rank publishes an id, the others wait for it "
         "in the store. A batch as the first use needs all members of the group.",
         "PyTorch ProcessGroupNCCL.cpp"},
    Rule{"P07",
         "A watchdog looks at enqueued works; the clock of a work starts when it is made, so waits before "
         "that are not seen.",
         "PyTorch ProcessGroupNCCL.cpp"},
    Rule{"P14", "A barrier on NCCL is an all_reduce of one element.", "PyTorch distributed_c10d.py"},
    Rule{"P16", "Groups are to be destroyed on all ranks in one order.", "PyTorch docs"},
    Rule{"G01",
         "Gloo blocks the host until its call is complete, compares sizes, and sees the death of a peer.",
         "PyTorch docs; Gloo"},
};

std::string preset_table() {
  std::string text = "| knob |";
  std::string line = "|---|";
  for (const SemanticsPreset& preset : all_presets()) {
    text += fmt::format(" `{}` |", preset.name);
    line += "---|";
  }
  text += " rules |\n" + line + "---|\n";
  for (const SemanticsKnob& knob : all_knobs()) {
    text += fmt::format("| `{}` |", knob.name);
    for (const SemanticsPreset& preset : all_presets())
      text += fmt::format(" {} |", knob_text(knob, preset.semantics));
    text += fmt::format(" {} |\n", knob.rules);
  }
  return text;
}

std::string meanings(bool of_device) {
  std::string text;
  for (const SemanticsKnob& knob : all_knobs()) {
    if (knob.is_device == of_device) text += fmt::format("- `{}`: {}\n", knob.name, knob.meaning);
  }
  return text;
}

}  // namespace

std::string semantics_page() {
  std::string page(kIntroduction);
  page += "## Presets\n\n";
  for (const SemanticsPreset& preset : all_presets())
    page += fmt::format("- `{}`: {}\n", preset.name, preset.meaning);
  page += "\n" + preset_table();
  page += "\n## Knobs of the device and its library\n\n" + meanings(true);
  page += "\n## Knobs of the framework\n\n" + meanings(false);
  page += "\n## Rules\n\n| id | rule | source |\n|---|---|---|\n";
  for (const Rule& rule : kRules) page += fmt::format("| {} | {} | {} |\n", rule.id, rule.text, rule.source);
  return page;
}

}  // namespace gridlock
