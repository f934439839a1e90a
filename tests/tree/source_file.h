#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gridlock::tree {

/// One file of the source tree. `path` is relative to the root of the repository, with '/'.
struct SourceFile {
  std::string path;
  std::string text;

  /// "core" of "core/base/axis.h"; empty for a file in the root.
  std::string folder() const;
  bool is_header() const { return path.ends_with(".h"); }
  bool is_cpp() const { return is_header() || path.ends_with(".cpp"); }
};

using SourceFiles = std::vector<SourceFile>;

/// Every file of the repository by ascending path, without build output and version control.
SourceFiles read_source_tree();

/// Those files that the installed libraries and the binary are made of.
SourceFiles product_sources(const SourceFiles& files);

/// The lines of a text without their ends.
std::vector<std::string> split_lines(std::string_view text);

/// The text with the content of comments and of string and character literals replaced by spaces: what is
/// left is code, on the same line and column as before.
std::string code_only(std::string_view text);

/// A rule that a file breaks. Line 0 stands for the file as a whole.
struct Finding {
  std::string path;
  int line = 0;
  std::string message;

  bool operator==(const Finding&) const = default;
};

using Findings = std::vector<Finding>;

/// One "path:line: message" per line; "" when there are none.
std::string to_string(const Findings& findings);

void append(Findings& findings, Findings more);

}  // namespace gridlock::tree
