#include "harness/config/config.h"

#include <fmt/format.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

using Reader = Config (*)(const std::string& text, const ConfigSource& source);
constexpr std::pair<std::string_view, Reader> kKinds[] = {
    {"areal", read_allocation}, {"megatron", read_megatron_flags}, {"deepspeed", read_deepspeed}};

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\n");
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

bool is_word(const std::string& text) {
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string::npos;
}

void check_nodes(const ConfigSource& source) {
  if (source.world_size < 0 || source.ranks_per_node < 0)
    throw InputError("--from", "sizes on the command line must be positive");
}

}  // namespace

Config read_config(const ConfigSource& source) {
  check_nodes(source);
  const std::string text = trimmed(source.text);
  const std::size_t colon = text.find(':');
  for (const auto& [name, read] : kKinds) {
    if (text == name || text == std::string(name) + ":") return read("", source);
  }
  if (looks_like_allocation(text)) return read_allocation(text, source);
  const std::string kind = colon == std::string::npos ? "" : trimmed(text.substr(0, colon));
  for (const auto& [name, read] : kKinds) {
    if (kind == name) return read(trimmed(text.substr(colon + 1)), source);
  }
  if (text.ends_with(".json")) return read_deepspeed(text, source);
  if (!kind.empty() && is_word(kind)) {
    std::vector<std::string> names = {"areal", "deepspeed"};
    names.insert(names.end(), kAllocationBackends.begin(), kAllocationBackends.end());
    throw InputError("--from", fmt::format("unknown kind of configuration '{}'", kind),
                     name_hint(kind, names));
  }
  throw InputError("--from", fmt::format("expected a configuration, got '{}'", text),
                   "'megatron: --tensor-model-parallel-size 8 ...', an AReaL allocation such as d4p2t2, or a "
                   "DeepSpeed config.json");
}

}  // namespace gridlock
