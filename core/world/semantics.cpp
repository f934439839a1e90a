#include "core/world/semantics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

namespace gridlock {
namespace {

using Kind = SemanticsKnob::Kind;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kCountMax = 1'000'000'000;
constexpr std::int64_t kMegabyte = 1 << 20;

constexpr std::array<std::string_view, 2> kOnMismatch{"report", "emulate"};
constexpr std::array<std::string_view, 2> kGroupNames{"members", "counter"};
constexpr std::array<std::string_view, 4> kTimeoutActions{"end_run", "raise", "kill_rank", "ignore"};
constexpr std::array<std::string_view, 3> kDeathSeen{"never", "other_host", "always"};

template <auto Field>
std::int64_t get(const Semantics& semantics) {
  return static_cast<std::int64_t>(semantics.*Field);
}

template <auto Field>
void set(Semantics& semantics, std::int64_t value) {
  using Value = std::remove_reference_t<decltype(semantics.*Field)>;
  semantics.*Field = static_cast<Value>(value);
}

template <auto Field>
constexpr SemanticsKnob knob(std::string_view name, Kind kind, bool is_device, std::string_view rules,
                             std::string_view meaning, std::int64_t min, std::int64_t max,
                             std::span<const std::string_view> words = {}) {
  return {name, kind, is_device, rules, meaning, min, max, words, get<Field>, set<Field>};
}

constexpr std::array kKnobs = {
    knob<&Semantics::send_capacity_bytes>(
        "send_capacity_bytes", Kind::number, true, "S08",
        "Bytes that the sends of an ordered pair of ranks of one host leave behind in a group before their "
        "recvs came, all together. 0: a send waits for its recv.",
        0, kMost),
    knob<&Semantics::send_capacity_other_host_bytes>(
        "send_capacity_other_host_bytes", Kind::number, true, "S08",
        "The same for ranks of two hosts (`world.ranks_per_node`).", 0, kMost),
    knob<&Semantics::stream_depth_max>("stream_depth_max", Kind::number, true, "S01",
                                       "Works that a stream holds before the next submit blocks the host.", 1,
                                       kCountMax),
    knob<&Semantics::kernel_slots>(
        "kernel_slots", Kind::number, true, "S10",
        "Works of all streams that a device runs at a time; one that waits for its partners holds its slot. "
        "0: as many as there are.",
        0, kCountMax),
    knob<&Semantics::launch_order_implicit>(
        "launch_order_implicit", Kind::boolean, true, "S11",
        "A work starts only after all works that the host submitted before it have started, whatever their "
        "streams.",
        0, 1),
    knob<&Semantics::first_use_blocks>(
        "first_use_blocks", Kind::boolean, true, "S02",
        "The first collective of a group, and the first message between two ranks of it, block the host "
        "until the hosts of the others have come to theirs.",
        0, 1),
    knob<&Semantics::batch_p2p_max>(
        "batch_p2p_max", Kind::number, true, "S09",
        "Sends and recvs of a batch that progress together, in the library's order of peers; the rest waits "
        "until they are complete. A send to one peer and a recv from its mirror image count once. 0: all.",
        0, kCountMax),
    knob<&Semantics::batch_reorders>(
        "batch_reorders", Kind::boolean, true, "S05",
        "Collectives of one group in one batch pair up by operation, type and size and not by their order.",
        0, 1),
    knob<&Semantics::death_seen>(
        "death_seen", Kind::word, true, "S16, G01",
        "Who notices that a member of a group is gone: its waits in that group end with peer_lost.", 0, 2,
        kDeathSeen),
    knob<&Semantics::on_mismatch>(
        "on_mismatch", Kind::word, true, "S04",
        "Calls that meet and are not alike: `report` completes none of them and judges the run; `emulate` "
        "does what the measured version did, as far as it was measured.",
        0, 1, kOnMismatch),
    knob<&Semantics::lazy_communicators>(
        "lazy_communicators", Kind::boolean, false, "P04, P05",
        "A group's communicator is made by its first collective or batch, which blocks the host until all "
        "members have come to theirs.",
        0, 1),
    knob<&Semantics::pair_communicators>(
        "pair_communicators", Kind::boolean, false, "P04",
        "A send or recv outside a batch uses a communicator of its two ranks alone, so that it does not wait "
        "for the others of the group.",
        0, 1),
    knob<&Semantics::blocks_host>("blocks_host", Kind::boolean, false, "G01",
                                  "Every group blocks the host until its call is complete, as gloo groups "
                                  "always do.",
                                  0, 1),
    knob<&Semantics::destroy_blocks>(
        "destroy_blocks", Kind::boolean, false, "S15, P16",
        "destroy blocks the host until all members of the group have come to theirs.", 0, 1),
    knob<&Semantics::sort_members>(
        "sort_members", Kind::boolean, false, "P03",
        "A new group's members are ordered by rank, in whatever order the program lists them. A group may "
        "say otherwise (`sort`).",
        0, 1),
    knob<&Semantics::group_names>(
        "group_names", Kind::word, false, "P02",
        "What the name is made of under which ranks meet to make a group: its `members`, or a `counter` of "
        "the groups that the rank has made, which differs between ranks after a group that its members made "
        "alone.",
        0, 1, kGroupNames),
    knob<&Semantics::on_timeout>(
        "on_timeout", Kind::word, false, "P07",
        "What a group's timeout does to a rank whose work is late: `end_run`, `raise` (its wait returns "
        "timed_out), `kill_rank`, `ignore` (NCCL itself knows no timeouts).",
        0, 3, kTimeoutActions),
    knob<&Semantics::timeout_ns>("timeout", Kind::duration, false, "P07",
                                 "Timeout of every group in virtual time. 0: what each group says.", 0,
                                 kMost / 4),
};

/// One NCCL 2.28.9 process per H200, as measured (section 5 of the rules).
constexpr Semantics measured_nccl() {
  Semantics semantics;
  semantics.send_capacity_bytes = 64 * kMegabyte;
  semantics.send_capacity_other_host_bytes = 8 * kMegabyte;
  semantics.first_use_blocks = true;
  semantics.batch_p2p_max = 8;
  semantics.batch_reorders = true;
  semantics.death_seen = DeathSeen::other_host;
  semantics.sort_members = false;
  semantics.on_timeout = TimeoutAction::ignore;
  return semantics;
}

constexpr Semantics torch(bool is_lazy) {
  Semantics semantics = measured_nccl();
  semantics.on_timeout = TimeoutAction::end_run;
  semantics.sort_members = true;
  semantics.lazy_communicators = is_lazy;
  semantics.pair_communicators = is_lazy;
  return semantics;
}

constexpr Semantics strict_nccl() {
  Semantics semantics = measured_nccl();
  semantics.send_capacity_bytes = 0;
  semantics.send_capacity_other_host_bytes = 0;
  semantics.kernel_slots = 1;
  semantics.sort_members = true;
  semantics.lazy_communicators = true;
  semantics.destroy_blocks = true;
  semantics.on_timeout = TimeoutAction::end_run;
  return semantics;
}

constexpr Semantics gloo() {
  Semantics semantics;
  semantics.blocks_host = true;
  semantics.death_seen = DeathSeen::always;
  semantics.on_timeout = TimeoutAction::raise;
  return semantics;
}

constexpr std::array kPresets = {
    SemanticsPreset{"nccl", "NCCL itself: what one process per GPU did that calls it directly.",
                    measured_nccl()},
    SemanticsPreset{"torch_nccl", "torch.distributed on NCCL without device_id. What scenarios start from.",
                    torch(true)},
    SemanticsPreset{"torch_nccl_eager", "torch.distributed on NCCL with device_id.", torch(false)},
    SemanticsPreset{"nccl_strict",
                    "All that NCCL's documentation allows: code that passes here needs no luck.",
                    strict_nccl()},
    SemanticsPreset{"gloo", "torch.distributed on Gloo: CPU groups only.", gloo()},
};

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds % 1'000'000'000 == 0 && nanoseconds > 0)
    return fmt::format("{}s", nanoseconds / 1'000'000'000);
  return fmt::format("{}ns", nanoseconds);
}

}  // namespace

std::span<const SemanticsPreset> all_presets() { return kPresets; }

std::optional<Semantics> preset_from_name(std::string_view name) {
  for (const SemanticsPreset& preset : kPresets) {
    if (preset.name == name) return preset.semantics;
  }
  return std::nullopt;
}

std::span<const SemanticsKnob> all_knobs() { return kKnobs; }

std::string knob_text(const SemanticsKnob& knob, const Semantics& semantics) {
  const std::int64_t value = knob.get(semantics);
  switch (knob.kind) {
    case Kind::boolean:
      return value != 0 ? "true" : "false";
    case Kind::word:
      return std::string(knob.words[static_cast<std::size_t>(value)]);
    case Kind::duration:
      return value == 0 ? "0" : duration_text(value);
    case Kind::number:
      return fmt::format("{}", value);
  }
  return "";
}

}  // namespace gridlock
