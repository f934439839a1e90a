#include "harness/read/extends.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "harness/read/json_cursor.h"

namespace gridlock {
namespace {

constexpr JsonFileHints kScenarioHints{
    "the least scenario has \"world\" and \"programs\"",
    "write repeated steps with \"repeat\", and equal ranks as one program"};

std::string canonical(const std::string& path) {
  std::error_code error;
  const std::filesystem::path found = std::filesystem::weakly_canonical(path, error);
  return error ? path : found.string();
}

/// `chain`: the files from the first one to the one that names this base, as the user would write them.
JsonNode read_link(const std::string& path, std::vector<std::string> chain) {
  JsonNode patch = read_json_file(path, kScenarioHints);
  const JsonCursor root(patch);
  if (!root.is_object()) root.fail(fmt::format("expected an object, got {}", describe(patch)));
  const std::optional<JsonCursor> extends = root.find("extends");
  chain.push_back(path);
  if (!extends) return patch;

  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  const std::string base_path = (folder / extends->string()).lexically_normal().string();
  const auto is_base = [&](const std::string& file) { return canonical(file) == canonical(base_path); };
  const auto again = std::find_if(chain.begin(), chain.end(), is_base);
  if (again != chain.end()) {
    extends->fail(fmt::format("the chain of extends comes back to where it was: {} -> {}",
                              fmt::join(again, chain.end(), " -> "), base_path));
  }
  if (!std::filesystem::is_regular_file(base_path)) {
    extends->fail(fmt::format("there is no file {}", base_path),
                  "the path is relative to the file that extends");
  }
  patch.erase("extends");
  JsonNode merged = read_link(base_path, std::move(chain));
  merge_patch(merged, patch);
  // What is missing from the whole is missing from the file that was asked for.
  merged.place = patch.place;
  return merged;
}

}  // namespace

void merge_patch(JsonNode& target, const JsonNode& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = {JsonNode::Object{}, patch.place};
  for (const JsonMember& member : patch.object()) {
    if (member.value.is_null()) {
      target.erase(member.key);
    } else if (JsonNode* present = target.find(member.key)) {
      JsonNode merged = *present;
      merge_patch(merged, member.value);
      target.set(member.key, member.key_place, std::move(merged));
    } else {
      JsonNode added;
      merge_patch(added, member.value);
      target.set(member.key, member.key_place, std::move(added));
    }
  }
}

JsonNode read_extended(const std::string& path) { return read_link(path, {}); }

}  // namespace gridlock
