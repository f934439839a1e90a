// AReaL's allocation strings: areal/api/alloc_mode.py (ALLOCATION_GRAMMAR), and the older ones of realhf
// ("d4p2m1", "sglang.d4p1m1+d4p2m2").
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "core/base/input_error.h"
#include "core/grid/megatron.h"
#include "harness/config/config.h"
#include "harness/config/flags.h"

namespace gridlock {
namespace {

const std::string kPlace = "--from areal";

/// Sizes by letter; a letter that is not there is 1.
using Dims = std::map<char, std::int64_t>;

struct Component {
  std::string backend;
  std::string name;
  /// The whole text, for messages.
  std::string text;
  Dims dims;
  /// Sizes of the expert part, of "(attn:...|ffn:...)".
  std::optional<Dims> experts;
  std::int64_t offset = 0;

  bool is_server() const { return backend == "sglang" || backend == "vllm"; }
};

std::int64_t size_of(const Dims& dims, char letter) {
  const auto found = dims.find(letter);
  return found == dims.end() ? 1 : found->second;
}

std::int64_t rank_count(const Component& component) {
  return size_of(component.dims, 'd') * size_of(component.dims, 't') * size_of(component.dims, 'p') *
         size_of(component.dims, 'c');
}

[[noreturn]] void refuse(std::string message, std::string hint = "") {
  throw InputError(kPlace, std::move(message), std::move(hint));
}

/// Reads an allocation string from left to right.
class Parser {
 public:
  explicit Parser(const std::string& text) {
    for (const char c : text) {
      if (c != ' ') text_ += c;
    }
  }

  /// Groups of components that share their ranks, in order; the words after "+" that allocate none go to
  /// `ignored`.
  std::vector<std::vector<Component>> parse(std::vector<std::string>& ignored) {
    std::vector<std::vector<Component>> groups;
    do {
      if (accept("cpu") || accept("eval")) {
        ignored.push_back(text_.substr(text_.rfind('+', at_) + 1, at_ - text_.rfind('+', at_) - 1));
        continue;
      }
      std::vector<Component> sharing = {component()};
      while (accept("|")) sharing.push_back(component());
      groups.push_back(std::move(sharing));
    } while (accept("+"));
    if (at_ != text_.size()) expected("'+', '|' or the end");
    return groups;
  }

 private:
  std::string_view rest() const { return std::string_view(text_).substr(at_); }
  bool accept(std::string_view word) {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  [[noreturn]] void expected(const std::string& what, const std::string& hint = "") const {
    refuse(fmt::format("expected {} at '{}' of '{}'", what, rest(), text_), hint);
  }

  std::string word() {
    std::size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_'))
      ++end;
    std::string found = text_.substr(at_, end - at_);
    at_ = end;
    return found;
  }

  void read_name(Component& made) {
    if (!accept("[")) return;
    made.name = word();
    if (made.name.empty() || !accept("]")) expected("a name and ']'");
  }

  void read_backend(Component& made) {
    const std::size_t start = at_;
    const std::size_t end = text_.find_first_of(":.[+|(", at_);
    if (end == std::string::npos || text_[end] == '+' || text_[end] == '|' || text_[end] == '(') return;
    const std::string name = text_.substr(at_, end - at_);
    if (name == "attn" || name == "ffn") return;
    if (!name.empty() &&
        std::find(kAllocationBackends.begin(), kAllocationBackends.end(), name) == kAllocationBackends.end())
      refuse(fmt::format("unknown backend '{}' in '{}'", name, text_), name_hint(name, kAllocationBackends));
    made.backend = name;
    at_ = start + name.size();
    read_name(made);
    if (!accept(":") && !(made.is_server() && accept("."))) expected("':'");
  }

  Component component() {
    const std::size_t start = at_;
    Component made;
    read_backend(made);
    const bool is_bracketed = accept("(");
    if (accept("attn:")) {
      made.dims = dims("dptc", "attn");
      if (!accept("|ffn:")) expected("'|ffn:'");
      made.experts = dims("dpte", "ffn");
      if (is_bracketed && !accept(")")) expected("')'");
    } else if (is_bracketed) {
      expected("'attn:'", "(attn:d2p2t2|ffn:d1p2t1e4)");
    } else {
      made.dims = dims(made.is_server()         ? "dtpm"
                       : made.backend == "fsdp" ? "dtc"
                                                : "dptcem",
                       made.backend.empty() ? "a trainer" : made.backend);
    }
    made.text = text_.substr(start, at_ - start);
    return made;
  }

  Dims dims(std::string_view letters, const std::string& owner) {
    Dims found;
    while (at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_]))) {
      const char letter = text_[at_];
      if (letters.find(letter) == std::string_view::npos) {
        expected(fmt::format("a dimension of {} (one of {})", owner, letters));
      }
      ++at_;
      std::size_t end = at_;
      while (end < text_.size() && std::isdigit(static_cast<unsigned char>(text_[end]))) ++end;
      const std::optional<std::int64_t> size = parse_size(text_.substr(at_, end - at_));
      if (!size || *size < 1) expected(fmt::format("a size of at least 1 for '{}'", letter));
      at_ = end;
      // m(odel) is what the older strings call tensor parallelism.
      if (!found.emplace(letter == 'm' ? 't' : letter, *size).second)
        refuse(fmt::format("'{}' names the dimension '{}' twice", text_, letter));
    }
    if (found.empty()) expected("dimensions such as d4p2t2");
    return found;
  }

  std::string text_;
  std::size_t at_ = 0;
};

/// One family for each axis larger than one or not.
ConfigGrid mesh(const Component& component, std::vector<std::string> axes,
                const std::vector<std::int64_t>& sizes) {
  ConfigGrid grid{component.name, component.backend, true, {ProcessTopology(std::move(axes), sizes), {}}};
  grid.is_server = component.is_server();
  return grid;
}

ConfigGrid megatron_grid(const Component& component) {
  const Dims& dims = component.dims;
  MegatronSizes sizes;
  sizes.tensor = size_of(dims, 't');
  sizes.pipe = size_of(dims, 'p');
  sizes.context = size_of(dims, 'c');
  // AReaL's expert_tensor_parallel_size is 1 unless the ffn part says otherwise.
  sizes.expert = size_of(component.experts ? *component.experts : dims, 'e');
  sizes.expert_tensor = component.experts ? size_of(*component.experts, 't') : sizes.expert > 1 ? 1 : 0;
  ConfigGrid grid{component.name, "megatron", false, megatron_layout(sizes, rank_count(component))};
  return grid;
}

/// What AReaL checks of "(attn:...|ffn:...)".
void check_experts(const Component& component) {
  const Dims& experts = *component.experts;
  const std::int64_t pipe = size_of(component.dims, 'p');
  if (experts.count('p') > 0 && experts.at('p') != pipe) {
    refuse(fmt::format("the pipeline sizes of attn and ffn must be equal in '{}', they are {} and {}",
                       component.text, pipe, experts.at('p')));
  }
  if (experts.count('d') == 0) return;
  const std::int64_t ranks = size_of(experts, 'd') * size_of(experts, 't') * size_of(experts, 'e') * pipe;
  if (ranks != rank_count(component)) {
    refuse(fmt::format("attn and ffn must take as many ranks in '{}', they take {} and {}", component.text,
                       rank_count(component), ranks));
  }
}

ConfigGrid grid_of(const Component& component) {
  const Dims& dims = component.dims;
  if (component.experts) check_experts(component);
  const auto size = [&](char letter) { return size_of(dims, letter); };
  if (component.is_server())
    return mesh(component, {"data", "pipe", "tensor"}, {size('d'), size('p'), size('t')});
  if (component.backend == "fsdp" || component.backend == "archon") {
    if (size('p') > 1 || size('e') > 1)
      refuse(fmt::format("'{}': pipelines and experts need megatron", component.text));
    return mesh(component, {"data", "context", "tensor"}, {size('d'), size('c'), size('t')});
  }
  const bool needs_megatron = component.experts || size('e') > 1 || size('c') > 1;
  if (component.backend == "megatron" || needs_megatron) return megatron_grid(component);
  return {component.name,
          "areal",
          false,
          {ProcessTopology({"pipe", "data", "tensor"}, {size('p'), size('d'), size('t')}), {}}};
}

void check_names(std::vector<Component*>& all) {
  std::vector<std::string> names;
  for (Component* component : all) {
    if (component->name.empty()) component->name = component->is_server() ? "rollout" : "trainer";
    if (component->name == "world" || component->name == "rank")
      refuse(fmt::format("'{}' means something else already", component->name));
    if (std::find(names.begin(), names.end(), component->name) != names.end()) {
      refuse(fmt::format("two components are called '{}'", component->name),
             "name them: sglang[rollout]:d4+fsdp[actor]:d4+fsdp[critic]:d4");
    }
    names.push_back(component->name);
  }
}

}  // namespace

const std::array<std::string, 5> kAllocationBackends = {"sglang", "vllm", "fsdp", "megatron", "archon"};

bool looks_like_allocation(const std::string& text) {
  if (text.empty() || text.find_first_of("-/") != std::string::npos) return false;
  if (text[0] == '[' || text[0] == '(') return true;
  const std::size_t end = text.find_first_of(":.[");
  const std::string word = text.substr(0, end);
  if (std::find(kAllocationBackends.begin(), kAllocationBackends.end(), word) != kAllocationBackends.end())
    return true;
  return text.size() > 1 && std::string_view("dptcem").find(text[0]) != std::string_view::npos &&
         std::isdigit(static_cast<unsigned char>(text[1])) != 0;
}

Config read_allocation(const std::string& text, const ConfigSource& source) {
  Config config;
  std::vector<std::vector<Component>> groups = Parser(text).parse(config.ignored);
  std::vector<Component*> all;
  std::int64_t offset = 0;
  for (std::vector<Component>& sharing : groups) {
    for (Component& component : sharing) {
      component.offset = offset;
      all.push_back(&component);
      if (rank_count(component) == rank_count(sharing.front())) continue;
      refuse(fmt::format("'{}' and '{}' share their ranks, but take {} and {}", sharing.front().text,
                         component.text, rank_count(sharing.front()), rank_count(component)));
    }
    offset += rank_count(sharing.front());
  }
  check_names(all);
  if (source.world_size > 0 && source.world_size < offset)
    refuse(fmt::format("'{}' takes {} ranks, the world has {}", text, offset, source.world_size));
  try {
    for (const Component* component : all) {
      config.grids.push_back(grid_of(*component));
      config.grids.back().offset = static_cast<RankId>(component->offset);
    }
  } catch (const InputError& error) {
    refuse(error.message(), error.hint());
  }
  config.name = "areal";
  config.description = "One step of an AReaL allocation: " + text;
  config.world_size = static_cast<RankId>(std::max(offset, source.world_size));
  config.ranks_per_node = static_cast<RankId>(source.ranks_per_node > 0 ? source.ranks_per_node : 8);
  return config;
}

}  // namespace gridlock
