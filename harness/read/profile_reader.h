#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/world/cost_profile.h"
#include "harness/read/json_document.h"

namespace gridlock {

/// Names of the profiles in profiles/, which are part of the binary.
std::vector<std::string> shipped_profiles();

/// A shipped profile by its name, or a file (with '/' or ".json" in it; a relative one starts at `folder`).
/// Throws InputError for an unknown name and for a file that is no profile.
std::shared_ptr<const CostProfile> load_profile(const std::string& name, const std::string& folder);

/// Throws InputError unless it is { "name", "description"?, "curves": [ { "operation", "ranks", "points":
/// [[bytes, nanoseconds], ...] } ] } with ascending bytes and every operation and size once.
CostProfile read_profile(const JsonNode& root);

/// The text of a profile file, which read_profile reads back as an equal profile.
std::string profile_text(const CostProfile& profile, const std::string& description);

}  // namespace gridlock
