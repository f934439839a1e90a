#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/mpu/dump_grid.h"
#include "core/mpu/mpu_dump.h"

namespace gridlock {

/// The dumps of all ranks of one world.
struct DumpSet {
  /// One a rank, in rank order.
  std::vector<MpuDump> dumps;
  /// Class or module of the object, as the first file says.
  std::string object;
  /// Names of the object that look like accessors and are none.
  std::vector<std::string> other_names;
  /// What the dumps say about their axes; empty when nothing.
  AxisSizes axes;
};

/// Reads dumps of a Python mpu (docs/mpu_dumps.md): files that hold one rank or many, or folders of them.
/// Throws InputError with file, line and JSON pointer for what is no dump, for files of different worlds, and
/// for a rank that is there twice or not at all.
DumpSet read_dumps(std::span<const std::string> paths);

/// "pipe=2,data=2,tensor=2". Throws InputError (place "axes") for anything else.
AxisSizes parse_axes(const std::string& text);

}  // namespace gridlock
