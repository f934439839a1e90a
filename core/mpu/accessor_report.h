#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/rank_set.h"
#include "core/mpu/accessor_table.h"
#include "core/mpu/mpu_invariant.h"
#include "core/mpu/mpu_probe.h"

namespace gridlock {

/// One accessor in a class of ranks: the answers of all its ranks in a few words; "missing" when the object
/// lacks it.
struct AccessorRow {
  Accessor accessor = Accessor::get_stage_id;
  bool missing = false;
  std::string value;
};

/// What one function of DeepSpeed would get on ranks of a class. A function that ends differently on some
/// ranks of the class (it asks for the absolute rank, say) has several rows.
struct ProbeRow {
  std::string_view subsystem;
  std::string probe;
  RankSet ranks;
  /// Whether Python would raise.
  bool raises = false;
  std::string value;
};

/// Ranks whose accessors answer in one shape: the same names, sizes and group sizes; only rank numbers
/// differ.
struct AccessorClass {
  RankSet ranks;
  /// Whether the ranks have a place in the model.
  bool member = false;
  std::vector<AccessorRow> accessors;
  std::vector<ProbeRow> probes;
};

/// What would happen if the first member handed DeepSpeed an object with the names of a known provider only.
struct ProviderGap {
  MpuProvider provider = MpuProvider::areal_parallel_grid;
  /// Names whose absence makes DeepSpeed raise, in order of their first failure.
  std::vector<Accessor> missing;
  /// Subsystems that would raise though they work with the object as it is.
  std::vector<std::string_view> subsystems;
};

/// Everything that DeepSpeed would get from the mpus of a world, and what is wrong with them. `world_size`
/// ranks; ranks that are not in the model form classes of their own.
struct AccessorReport {
  RankId world_size = 0;
  std::vector<AccessorClass> classes;
  std::vector<MpuViolation> violations;
  std::vector<ProviderGap> gaps;

  bool consistent() const;
};

/// Asks every mpu for every accessor and runs every probe on it (the ones that list the whole world once a
/// class). O(world x (accessors + data-parallel size + stages)).
AccessorReport make_accessor_report(const MpuOfRank& mpus, RankId world_size);
/// The mpu of rank r is mpus[r]. None may be null.
AccessorReport make_accessor_report(std::span<const std::unique_ptr<Mpu>> mpus);

/// Plain text: the verdict, what is inconsistent and hazardous, then each class with what it raises, what
/// DeepSpeed gets, and every accessor. Ends with a line end.
std::string to_text(const AccessorReport& report);

}  // namespace gridlock
