#include "harness/config/flags.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <sstream>
#include <utility>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

bool is_flag(const std::string& word) { return word.size() > 2 && word.starts_with("--"); }

std::vector<std::string> words_of(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::string word;
  std::istringstream in(text);
  while (std::getline(in, word, separator)) words.push_back(word);
  return words;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// The words of a command line as a shell cuts it: quotes keep blanks and are no part of a word, a backslash
/// before a line's end joins the lines. Variables and patterns are left as they are.
std::vector<std::string> shell_words(const std::string& text, const std::string& place) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  const auto add = [&](std::string_view part) {
    if (!in_word) words.emplace_back();
    in_word = true;
    words.back() += part;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_last = i + 1 == text.size();
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      add("");
    } else if (c == '\\' && quote != '\'' && (is_last || is_blank(text[i + 1]))) {
      continue;
    } else if (c == '\\' && quote != '\'') {
      add(std::string_view(text).substr(++i, 1));
    } else if (quote == 0 && is_blank(c)) {
      in_word = false;
    } else {
      add(std::string_view(text).substr(i, 1));
    }
  }
  if (quote != 0)
    throw InputError(place, fmt::format("a quote {} is not closed after '{}'", quote, words.back()));
  return words;
}

std::string dashed(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

/// Without the dashes before it.
std::string bare(const std::string& name) {
  const std::size_t first = name.find_first_not_of('-');
  return first == std::string::npos ? "" : name.substr(first);
}

/// Whether a name differs from a known one in a single word, and there only by a slip.
bool is_misspelt(const std::string& name, const std::string& known) {
  const std::vector<std::string> words = words_of(name, '-');
  const std::vector<std::string> others = words_of(known, '-');
  if (words.size() != others.size()) return false;
  std::size_t different = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == others[i]) continue;
    ++different;
    if (nearest_name(words[i], std::span(&others[i], 1)).empty()) return false;
  }
  return different == 1;
}

/// How sizes are called for short, and the word of the long name.
constexpr std::pair<std::string_view, std::string_view> kShortNames[] = {
    {"tp", "tensor"}, {"pp", "pipeline"}, {"dp", "data"},    {"cp", "context"},
    {"ep", "expert"}, {"etp", "expert"},  {"sp", "sequence"}};

std::string_view long_name(std::string_view word) {
  for (const auto& [brief, name] : kShortNames) {
    if (brief == word) return name;
  }
  return word;
}

bool has_word(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "--tp-size", "--pp", "--data-parallel-size", "sequence_parallel_size".
bool says_a_parallel_size(const std::vector<std::string>& words) {
  const bool is_size = has_word(words, "size") || has_word(words, "sizes") || has_word(words, "degree");
  if (is_size && has_word(words, "parallel")) return true;
  const bool is_short = std::any_of(words.begin(), words.end(),
                                    [](const std::string& word) { return long_name(word) != word; });
  return is_short && words.size() <= (is_size ? 2U : 1U);
}

/// The first known size of the same axis; empty when there is none.
std::string size_of_axis(const std::vector<std::string>& words, const std::vector<std::string>& known) {
  for (const std::string& name : known) {
    const std::vector<std::string> others = words_of(dashed(name), '-');
    if (!has_word(others, "parallel") || !has_word(others, "size")) continue;
    for (const auto& [brief, axis] : kShortNames) {
      if ((has_word(words, brief) || has_word(words, axis)) && has_word(others, axis)) return name;
    }
  }
  return "";
}

}  // namespace

std::optional<std::string> hint_for_unknown(const std::string& name, const std::string& value,
                                            const std::vector<std::string>& known) {
  const std::string plain = dashed(name);
  const std::vector<std::string> words = words_of(bare(plain), '-');
  std::string near;
  for (const std::string& other : known) {
    const bool is_beginning = words.size() > 1 && dashed(other).starts_with(plain);
    if (near.empty() && (is_beginning || is_misspelt(plain, dashed(other)))) near = other;
  }
  if (near.empty() && (value == "1" || !says_a_parallel_size(words))) return std::nullopt;
  if (near.empty()) near = size_of_axis(words, known);
  return near.empty() ? "a size that groups depend on does not count under this name"
                      : fmt::format("did you mean '{}'?", near);
}

std::int64_t agreed_world_size(const std::string& place, const std::vector<std::int64_t>& given) {
  std::int64_t agreed = 0;
  for (const std::int64_t size : given) {
    if (size == 0) continue;
    if (agreed > 0 && size != agreed)
      throw InputError(place, fmt::format("the world has {} ranks and also {}", agreed, size),
                       "--world-size is for a configuration that does not say it");
    agreed = size;
  }
  return agreed;
}

std::optional<std::int64_t> parse_size(const std::string& text) {
  if (text.empty() || text.size() > 9 || text.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoll(text);
}

Flags::Flags(const std::string& text, std::string place) : place_(std::move(place)) {
  for (const std::string& word : shell_words(text, place_)) {
    if (is_flag(word)) {
      const std::size_t equals = word.find('=');
      Flag flag{word.substr(0, equals), {}};
      std::replace(flag.name.begin(), flag.name.end(), '_', '-');
      if (equals != std::string::npos) flag.values.push_back(word.substr(equals + 1));
      flags_.push_back(std::move(flag));
    } else if (flags_.empty()) {
      words_.push_back(word);
    } else {
      flags_.back().values.push_back(word);
    }
  }
}

void Flags::fail(const std::string& message, const std::string& hint) const {
  throw InputError(place_, message, hint);
}

Flags::Flag* Flags::find(const std::string& name) {
  if (std::find(known_.begin(), known_.end(), name) == known_.end()) known_.push_back(name);
  Flag* found = nullptr;
  for (Flag& flag : flags_) {
    if (flag.name != name) continue;
    flag.used = true;
    found = &flag;
  }
  return found;
}

bool Flags::has(const std::string& name) { return find(name) != nullptr; }

std::optional<std::vector<std::string>> Flags::values(const std::string& name) {
  const Flag* flag = find(name);
  if (flag == nullptr) return std::nullopt;
  return flag->values;
}

std::optional<std::string> Flags::value(const std::string& name) {
  const Flag* flag = find(name);
  if (flag == nullptr) return std::nullopt;
  if (flag->values.empty()) fail(fmt::format("{} has no value", name));
  if (flag->values.size() > 1 && parse_size(flag->values[1]))
    fail(fmt::format("{} has more than one value: {}", name, fmt::join(flag->values, " ")));
  return flag->values.front();
}

std::int64_t Flags::number(const std::string& name, const std::string& value) const {
  const std::optional<std::int64_t> size = parse_size(value);
  if (!size || *size < 1) fail(fmt::format("{} must be a whole number of at least 1, got '{}'", name, value));
  return *size;
}

std::optional<std::int64_t> Flags::size(const std::string& name) {
  const std::optional<std::string> text = value(name);
  return text ? std::optional(number(name, *text)) : std::nullopt;
}

std::int64_t Flags::size_or(const std::string& name, std::int64_t otherwise) {
  return size(name).value_or(otherwise);
}

std::vector<std::int64_t> Flags::sizes(const std::string& name) {
  std::vector<std::int64_t> sizes;
  for (const std::string& text : values(name).value_or(std::vector<std::string>{}))
    sizes.push_back(number(name, text));
  return sizes;
}

std::vector<std::string> Flags::unused() const {
  std::vector<std::string> names;
  for (const Flag& flag : flags_) {
    if (flag.used) continue;
    const std::string value = flag.values.empty() ? "" : flag.values.front();
    if (const auto hint = hint_for_unknown(flag.name, value, known_))
      fail(fmt::format("unknown flag '{}'", flag.name), *hint);
    names.push_back(
        fmt::format("{}{}{}", flag.name, flag.values.empty() ? "" : " ", fmt::join(flag.values, " ")));
  }
  return names;
}

}  // namespace gridlock
