#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/units.h"
#include "core/world/cost_profile.h"

namespace gridlock {

/// What happens to calls that meet but are not alike.
enum class OnMismatch : std::uint8_t {
  report,   ///< none of them completes, and the run is judged
  emulate,  ///< what the measured libraries did, where that is known; elsewhere as report
};

/// What a group's timeout does to a rank whose work is too late.
enum class TimeoutAction : std::uint8_t {
  end_run,    ///< the run ends there: a launcher ends the job when one rank's watchdog fires
  raise,      ///< the rank's wait returns timed_out, and its program goes on
  kill_rank,  ///< the rank dies
  ignore,     ///< nothing: the library alone knows no timeouts
};

/// When the members of a group notice that one of them is gone.
enum class DeathSeen : std::uint8_t {
  never,       ///< they wait on
  other_host,  ///< members on other hosts do: the connection breaks
  always,
};

/// What two ranks have to agree on to make one group by themselves: what its name is made of.
enum class GroupNames : std::uint8_t {
  members,  ///< its members
  counter,  ///< and how many groups the rank has made before
};

/// How the simulated libraries behave, as data. Default: the documented contract of NCCL and nothing that
/// only some versions do. Rule ids (S08, P03, ...) are those of docs/semantics.md, which is made from
/// all_knobs().
struct Semantics {
  // The device and its library.
  std::int64_t send_capacity_bytes = 0;
  std::int64_t send_capacity_other_host_bytes = 0;
  std::int32_t stream_depth_max = 1024;
  std::int64_t kernel_slots = 0;
  bool launch_order_implicit = false;
  bool first_use_blocks = false;
  std::int64_t batch_p2p_max = 0;
  bool batch_reorders = false;
  DeathSeen death_seen = DeathSeen::never;
  OnMismatch on_mismatch = OnMismatch::report;

  // The framework around it.
  bool lazy_communicators = false;
  bool pair_communicators = false;
  bool blocks_host = false;
  bool destroy_blocks = false;
  bool sort_members = true;
  GroupNames group_names = GroupNames::members;
  TimeoutAction on_timeout = TimeoutAction::end_run;
  std::int64_t timeout_ns = 0;

  bool operator==(const Semantics&) const = default;
};

/// A named set of values for all knobs.
struct SemanticsPreset {
  std::string_view name;
  std::string_view meaning;
  Semantics semantics;
};

/// Every preset; torch_nccl is what scenarios start from.
std::span<const SemanticsPreset> all_presets();
/// Nothing when no preset has that name.
std::optional<Semantics> preset_from_name(std::string_view name);
inline constexpr std::string_view kScenarioPreset = "torch_nccl";

/// One row of the table of knobs: readers, docs and messages know a knob from here alone. The value of a knob
/// is a number: of bytes, works or nanoseconds, 0 or 1, or an index into `words`.
struct SemanticsKnob {
  enum class Kind : std::uint8_t { number, boolean, word, duration };
  std::string_view name;
  Kind kind;
  /// Part of the device, or of the framework.
  bool is_device;
  /// Rules of docs/semantics.md.
  std::string_view rules;
  std::string_view meaning;
  std::int64_t min;
  std::int64_t max;
  std::span<const std::string_view> words;
  std::int64_t (*get)(const Semantics&);
  void (*set)(Semantics&, std::int64_t);
};

/// All knobs in the order of Semantics.
std::span<const SemanticsKnob> all_knobs();
/// A knob's value as scenarios write it: 1024, true, "emulate", "600s".
std::string knob_text(const SemanticsKnob& knob, const Semantics& semantics);

/// The cost of one operation in virtual time: latency + bytes on the wire / bandwidth. Integers, so that
/// every machine computes the same times. Defaults: H200 pair over NVLink, small-message latency and
/// large-message bandwidth.
struct CostParameters {
  Nanos latency{10'000};
  /// Bytes per microsecond that one rank moves.
  std::int64_t bytes_per_us = 300'000;
  /// Measured times, which come before latency and bandwidth for the operations that they hold. Shared: a
  /// profile is read once and never changed. nullptr: none.
  std::shared_ptr<const CostProfile> profile;
};

}  // namespace gridlock
