#include "tests/tree/header_contract.h"

#include <algorithm>
#include <regex>

namespace gridlock::tree {
namespace {

std::string trim(const std::string& line) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == line.npos) return "";
  return line.substr(first, line.find_last_not_of(" \t") - first + 1);
}

/// Walks the code of a header and knows, before each line, whether a declaration at namespace level starts
/// there.
class NamespaceLevel {
 public:
  /// The line starts a declaration that is no preprocessor line, brace or namespace.
  bool starts_declaration(const std::string& code) const {
    static const std::regex none(R"(^(#|\}|namespace\b|extern\b|using\b|friend\b|static_assert\b).*)");
    return depth_ == 0 && statement_ended_ && !in_directive_ && !code.empty() &&
           !std::regex_match(code, none);
  }

  void pass(const std::string& code) {
    const bool directive = in_directive_ || code.starts_with("#");
    in_directive_ = directive && code.ends_with("\\");
    if (directive || code.empty()) return;
    if (std::regex_match(code, std::regex(R"((inline )?namespace\b.*\{)"))) return;
    const int opened = static_cast<int>(std::count(code.begin(), code.end(), '{'));
    const int closed = static_cast<int>(std::count(code.begin(), code.end(), '}'));
    // The closing brace of a namespace finds nothing open.
    depth_ = std::max(0, depth_ + opened - closed);
    statement_ended_ = code.ends_with(";") || code.ends_with("}") || code.ends_with("{");
  }

 private:
  int depth_ = 0;
  bool statement_ended_ = true;
  bool in_directive_ = false;
};

bool needs_comment(const std::string& code) {
  static const std::regex forward(R"(^(class|struct|enum class|enum)\s+\w+(\s*:\s*[\w:]+)?\s*;.*)");
  static const std::regex self_evident(R"(.*\b(\w+_name|\w+_from_name|\w+_info|all_\w+|to_string)\(.*)");
  static const std::regex type(R"(^(template\b.*|class\b.*|struct\b.*|enum\b.*))");
  static const std::regex constant(R"(^(inline )?constexpr\b[^(]*=.*)");
  if (std::regex_match(code, forward) || std::regex_match(code, constant)) return false;
  if (std::regex_match(code, type)) return true;
  return code.find('(') != code.npos && !std::regex_match(code, self_evident);
}

}  // namespace

Findings check_header(const SourceFile& file) {
  Findings findings;
  if (!file.is_header()) return findings;
  if (!file.text.starts_with("#pragma once\n"))
    findings.push_back({file.path, 1, "does not start with #pragma once"});
  if (file.folder() != "core") return findings;

  const std::vector<std::string> text = split_lines(file.text);
  const std::vector<std::string> code = split_lines(code_only(file.text));
  NamespaceLevel level;
  bool covered = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string declaration = trim(code[i]);
    if (trim(text[i]).starts_with("///")) covered = true;
    if (trim(text[i]).empty()) covered = false;
    if (level.starts_declaration(declaration) && !covered && needs_comment(declaration)) {
      findings.push_back({file.path, static_cast<int>(i) + 1, "no /// comment: " + declaration});
    }
    level.pass(declaration);
  }
  return findings;
}

}  // namespace gridlock::tree
