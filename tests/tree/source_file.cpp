#include "tests/tree/source_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gridlock::tree {
namespace {

constexpr std::array<std::string_view, 8> kProductFolders = {
    "core", "sim", "launch", "gloo_backend", "nccl_backend", "harness", "testing", "cli"};

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Length of the literal that starts at `start`, its quotes included; 0 when none starts there.
std::size_t literal_length(std::string_view text, std::size_t start) {
  const char quote = text[start];
  if (quote == 'R' && text.substr(start, 2) == "R\"") {
    const std::size_t open = text.find('(', start);
    if (open == text.npos) return 0;
    const std::string close = ")" + std::string(text.substr(start + 2, open - start - 2)) + "\"";
    const std::size_t end = text.find(close, open);
    return end == text.npos ? text.size() - start : end + close.size() - start;
  }
  if (quote != '"' && quote != '\'') return 0;
  // 1'000'000: a separator of digits.
  if (quote == '\'' && start > 0 && std::isalnum(static_cast<unsigned char>(text[start - 1]))) return 0;
  std::size_t i = start + 1;
  while (i < text.size() && text[i] != quote && text[i] != '\n') i += text[i] == '\\' ? 2 : 1;
  return std::min(i + 1, text.size()) - start;
}

std::size_t comment_length(std::string_view text, std::size_t start) {
  const std::string_view two = text.substr(start, 2);
  if (two == "//") return std::min(text.find('\n', start), text.size()) - start;
  if (two != "/*") return 0;
  const std::size_t end = text.find("*/", start + 2);
  return end == text.npos ? text.size() - start : end + 2 - start;
}

}  // namespace

std::string SourceFile::folder() const {
  const std::size_t slash = path.find('/');
  return slash == path.npos ? "" : path.substr(0, slash);
}

SourceFiles read_source_tree() {
  namespace fs = std::filesystem;
  const fs::path root = GRIDLOCK_SOURCE_DIR;
  SourceFiles files;
  for (auto entry = fs::recursive_directory_iterator(root); entry != fs::end(entry); ++entry) {
    const std::string name = entry->path().filename();
    if (entry->is_directory() && (name == ".git" || name == ".cache" || name == "build")) {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && name != ".git") {
      files.push_back({entry->path().lexically_relative(root).generic_string(), read_text(entry->path())});
    }
  }
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

SourceFiles product_sources(const SourceFiles& files) {
  SourceFiles product;
  std::copy_if(files.begin(), files.end(), std::back_inserter(product), [](const SourceFile& file) {
    const bool in_product =
        std::find(kProductFolders.begin(), kProductFolders.end(), file.folder()) != kProductFolders.end();
    return file.is_cpp() && in_product;
  });
  return product;
}

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string code_only(std::string_view text) {
  std::string code(text);
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = std::max(comment_length(text, i), literal_length(text, i));
    for (std::size_t j = i; j < i + length; ++j) {
      if (text[j] != '\n') code[j] = ' ';
    }
    i += std::max<std::size_t>(length, 1);
  }
  return code;
}

std::string to_string(const Findings& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += finding.path + (finding.line > 0 ? ":" + std::to_string(finding.line) : "") + ": " +
            finding.message + "\n";
  }
  return text;
}

void append(Findings& findings, Findings more) {
  std::move(more.begin(), more.end(), std::back_inserter(findings));
}

}  // namespace gridlock::tree
