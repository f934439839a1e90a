#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/mpu/mpu_dump.h"
#include "harness/read/json_cursor.h"

namespace gridlock {

/// What the ranks of one dump file share.
struct DumpTables {
  RankId world_size = 0;
  /// One entry for each list of new_group calls, with the place that each call's group gets.
  struct Creations {
    std::shared_ptr<const std::vector<DumpedCreation>> calls;
    std::vector<std::int64_t> places;
  };
  std::vector<Creations> creations;
  /// Long lists: of ranks or of pairs.
  std::vector<DumpedAnswer> lists;
};

/// Reads "creations" and "shared" of a file. Throws InputError.
DumpTables read_dump_tables(const JsonCursor& file, RankId world_size);

/// Reads the answer to one name into the dump of its rank. Throws InputError.
void read_dump_answer(const JsonCursor& cursor, Accessor accessor, const DumpTables& tables,
                      const DumpTables::Creations& creations, MpuDump& dump);

}  // namespace gridlock
