#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/base/input_error.h"
#include "harness/read/json_document.h"

namespace gridlock {
namespace {

/// Iterator over the text that tells how far the parser has read: nlohmann's events carry no positions.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_number_char(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/// Builds the tree from nlohmann's events. The start of a token is found from the end of the token before it:
/// between them lie blanks, comments and at most one ',' or ':'.
class TreeBuilder {
 public:
  TreeBuilder(std::string_view text, std::string file)
      : text_(text), file_(std::make_shared<const std::string>(std::move(file))), reached_(text.data()) {
    const std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (text.substr(0, 3) == byte_order_mark) end_ = 3;
  }

  const char** reached() { return &reached_; }
  JsonNode take() { return std::move(root_); }

  // The interface that nlohmann::json::sax_parse asks for.
  bool null() { return scalar(nullptr); }
  bool boolean(bool value) { return scalar(value); }
  bool number_integer(std::int64_t value) { return number(value); }
  bool number_unsigned(std::uint64_t value) {
    const JsonPlace place = place_of(token_start());
    if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      throw InputError(place.to_string(), fmt::format("the integer {} does not fit into 64 bits", value));
    }
    return number(static_cast<std::int64_t>(value));
  }
  bool number_float(double value, const std::string&) { return number(value); }
  bool string(std::string& value) {
    check_characters(value);
    return scalar(std::move(value));
  }
  bool binary(std::vector<std::uint8_t>&) { return false; }
  bool start_object(std::size_t) { return open(JsonNode::Object{}); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(JsonNode::Array{}); }
  bool end_array() { return close(); }
  bool key(std::string& value) {
    check_characters(value);
    const JsonPlace place = place_of(token_start());
    for (const JsonMember& member : open_.back()->object()) {
      if (member.key != value) continue;
      throw InputError(place.to_string(),
                       fmt::format("the key '{}' appears twice in this object; first in line {}", value,
                                   member.key_place.line));
    }
    open_.back()->object().push_back({value, place, {nullptr, place}});
    token_ended(':');
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    const std::size_t start = token_start();
    const JsonPlace place = place_of(start);
    throw InputError(place.to_string(), reason(error.what()) + "\n" + caret(start, place));
  }

 private:
  void check_characters(const std::string& text) {
    const auto is_control = [](unsigned char c) { return (c < 0x20 && c != '\t' && c != '\n') || c == 0x7F; };
    const auto found = std::find_if(text.begin(), text.end(), is_control);
    if (found == text.end()) return;
    throw InputError(place_of(token_start()).to_string(),
                     fmt::format("the control character U+{:04X} inside a string", static_cast<int>(*found)));
  }

  bool scalar(decltype(JsonNode::value) value) {
    add({std::move(value), place_of(token_start())});
    token_ended(',');
    return true;
  }

  /// The parser has read one character beyond a number, so its end is looked for in the text.
  bool number(decltype(JsonNode::value) value) {
    const std::size_t start = token_start();
    add({std::move(value), place_of(start)});
    end_ = start;
    while (end_ < text_.size() && is_number_char(text_[end_])) ++end_;
    separator_ = ',';
    return true;
  }

  bool open(decltype(JsonNode::value) empty) {
    const JsonPlace place = place_of(token_start());
    if (open_.size() >= kJsonDepthMax) {
      throw InputError(place.to_string(), fmt::format("nested deeper than {} levels", kJsonDepthMax));
    }
    open_.push_back(add({std::move(empty), place}));
    token_ended('\0');
    return true;
  }

  bool close() {
    open_.pop_back();
    // After a number the closing bracket was read ahead, else just now; either way it is the next token.
    end_ = std::min(token_start() + 1, text_.size());
    separator_ = ',';
    return true;
  }

  JsonNode* add(JsonNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return &root_;
    }
    JsonNode& parent = *open_.back();
    if (parent.is_array()) {
      parent.array().push_back(std::move(node));
      return &parent.array().back();
    }
    parent.object().back().value = std::move(node);
    return &parent.object().back().value;
  }

  void token_ended(char separator) {
    end_ = static_cast<std::size_t>(reached_ - text_.data());
    separator_ = separator;
  }

  std::size_t token_start() const {
    std::size_t at = skip_blanks(end_);
    if (separator_ != '\0' && at < text_.size() && text_[at] == separator_) at = skip_blanks(at + 1);
    return at;
  }

  std::size_t skip_blanks(std::size_t at) const {
    while (at < text_.size()) {
      if (is_space(text_[at])) {
        ++at;
      } else if (text_.substr(at, 2) == "//") {
        // Where the parser sees its end; it takes a NUL for one, too, and goes on behind it.
        at = std::min(text_.find_first_of(std::string_view("\n\r\0", 3), at), text_.size());
        if (at < text_.size() && text_[at] == '\0') ++at;
      } else if (text_.substr(at, 2) == "/*") {
        const std::size_t close = text_.find("*/", at + 2);
        if (close == std::string_view::npos) return at;
        at = close + 2;
      } else {
        break;
      }
    }
    return at;
  }

  /// Requires: calls with ascending offsets, which lets the whole parse count lines once.
  JsonPlace place_of(std::size_t offset) {
    for (; counted_ < offset; ++counted_) {
      if (text_[counted_] != '\n') continue;
      ++line_;
      line_start_ = counted_ + 1;
    }
    return {file_, line_, static_cast<int>(offset - line_start_) + 1};
  }

  std::string caret(std::size_t offset, const JsonPlace& place) const {
    // Of a long line only what is near: a file without line breaks is not printed whole.
    constexpr std::size_t kBefore = 60;
    constexpr std::size_t kShown = 100;
    const std::size_t in_line = static_cast<std::size_t>(place.column - 1);
    const std::size_t begin = offset - std::min(in_line, kBefore);
    const std::size_t line_end = std::min(text_.find('\n', begin), text_.size());
    std::string shown(text_.substr(begin, std::min(line_end - begin, kShown)));
    std::replace_if(
        shown.begin(), shown.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; }, ' ');
    return fmt::format("  {}\n  {}^", shown, std::string(offset - begin, ' '));
  }

  /// nlohmann's sentence without its own position: "[json.exception...] parse error at line 1, column 3:
  /// <sentence>".
  static std::string reason(std::string_view what) {
    const std::string_view mark = "column ";
    std::size_t at = what.find(mark);
    at = at == std::string_view::npos ? what.find("] ") : what.find(": ", at);
    return std::string(at == std::string_view::npos ? what : what.substr(at + 2));
  }

  std::string_view text_;
  std::shared_ptr<const std::string> file_;
  const char* reached_;
  JsonNode root_;
  std::vector<JsonNode*> open_;
  /// End of the last token, and what may stand between it and the next one.
  std::size_t end_ = 0;
  char separator_ = '\0';
  std::size_t counted_ = 0;
  std::size_t line_start_ = 0;
  int line_ = 1;
};

}  // namespace

JsonNode parse_json(std::string_view text, std::string file) {
  TreeBuilder builder(text, std::move(file));
  const CountingIterator begin(text.data(), builder.reached());
  const CountingIterator end(text.data() + text.size(), builder.reached());
  nlohmann::json::sax_parse(begin, end, &builder, nlohmann::json::input_format_t::json, true, true);
  return builder.take();
}

}  // namespace gridlock
