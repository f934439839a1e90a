#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/rank_set.h"
#include "core/mpu/mpu_dump.h"

namespace gridlock {

/// Which object a read is made on.
enum class AskedOf : std::uint8_t {
  /// What the user hands to deepspeed.initialize.
  mpu,
  /// The grid of a pipeline module, which is the mpu of its engine too.
  grid,
  /// A module that DeepSpeed itself puts in place of the user's mpu.
  own_module,
};

/// One value that DeepSpeed takes from an mpu, as data. It asks for `names` in order and takes the first that
/// the object has.
struct ContractRead {
  std::string subsystem;
  /// "deepspeed/runtime/pipe/engine.py:736".
  std::string where;
  std::vector<Accessor> names;
  /// What it goes on with when the object has none of them ("1"); empty: it raises.
  std::string instead;
  /// The read is made only if the object has one of these names (none named: always), and only if it lacks
  /// that one.
  std::vector<Accessor> when_has;
  std::optional<Accessor> when_lacks;
  /// Every engine makes it, whatever parts of DeepSpeed are used.
  bool always = false;
  /// stage_to_global: with the other axes given too, as the pipe module asks for the copies of tied layers.
  bool overrides = false;
  AskedOf of = AskedOf::mpu;
};

/// Everything that one version of DeepSpeed reads from an mpu.
struct MpuContract {
  /// "deepspeed@0.19.6".
  std::string name;
  std::vector<ContractRead> reads;
  /// Names of the hazards (mpu_invariants()) that this version has.
  std::vector<std::string> hazards = {};
};

/// What is wrong with a name, on some ranks.
enum class GapKind : std::uint8_t {
  /// The object lacks it, and there is no other name to fall back on.
  missing,
  /// Reading it raises.
  raises,
  /// It answers with something else than its readers can use.
  wrong_kind,
};

/// A place in DeepSpeed that a gap breaks.
struct BrokenRead {
  std::string_view subsystem;
  std::string_view where;
  /// ContractRead::always.
  bool always = false;

  bool operator==(const BrokenRead&) const = default;
};

/// One name that DeepSpeed cannot read, and every part of DeepSpeed that fails by it.
struct ContractGap {
  Accessor accessor = Accessor::get_stage_id;
  GapKind kind = GapKind::missing;
  RankSet ranks;
  /// What the first of the ranks gave.
  std::string got;
  /// In the order of the contract; never empty.
  std::vector<BrokenRead> breaks;
  /// The most general of the objects that they are asked of.
  AskedOf of = AskedOf::own_module;
};

/// What DeepSpeed would fail on. One gap for each name and kind, in the order of the contract. The gaps
/// keep views of the contract.
std::vector<ContractGap> find_contract_gaps(const MpuContract& contract, std::span<const MpuDump> dumps);

/// All subsystems of a contract, in its order.
std::vector<std::string> contract_subsystems(const MpuContract& contract);

}  // namespace gridlock
