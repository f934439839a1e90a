#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "core/grid/topology.h"

namespace gridlock::testing {

using Json = nlohmann::json;

/// All files of tests/data whose name starts with `prefix`, parsed, in name order. At least one (checked).
std::vector<Json> recorded_files(const std::string& prefix);

/// One case of a recording as a test parameter: printed as its id, not as its whole content.
struct RecordedCase {
  Json content;
  std::string id() const { return content.at("id"); }
  friend std::ostream& operator<<(std::ostream& out, const RecordedCase& shown) { return out << shown.id(); }
};

/// The topology of {"axes": [...], "dims": [...]}.
ProcessTopology recorded_topology(const Json& topology);

/// A test name may hold letters and digits only.
std::string as_test_name(std::string id);

/// What `ask` returns, or "!" and the whole message of the InputError that it throws.
template <typename Ask>
Json answer_or_refusal(Ask&& ask);

Json lists_of(const GroupList& groups);

}  // namespace gridlock::testing

#include "core/base/input_error.h"

template <typename Ask>
nlohmann::json gridlock::testing::answer_or_refusal(Ask&& ask) {
  try {
    return Json(ask());
  } catch (const InputError& error) {
    return "!" + error.message();
  }
}
