#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "core/mpu/dump_check.h"

namespace gridlock {

/// What `gridlock accessors --check` finds, for programs; documented in docs/report_format.md. `object` is
/// what was dumped. Key order is fixed.
nlohmann::ordered_json json_report(const DumpCheck& check, const std::string& object);

}  // namespace gridlock
