#include "tests/tree/doc_links.h"

#include <filesystem>
#include <regex>
#include <set>

namespace gridlock::tree {
namespace {

constexpr std::string_view kIndex = "docs/README.md";

struct Link {
  int line;
  /// From the root of the repository.
  std::string target;
};

std::vector<Link> links_of(const SourceFile& page) {
  static const std::regex pattern(R"(\]\(([^)#\s]+)(#[^)]*)?\))");
  std::vector<Link> links;
  int number = 0;
  for (const std::string& line : split_lines(page.text)) {
    ++number;
    for (std::sregex_iterator match(line.begin(), line.end(), pattern), end; match != end; ++match) {
      const std::string target = (*match)[1];
      if (target.find("://") != target.npos || target.starts_with("mailto:")) continue;
      const auto path = std::filesystem::path(page.path).parent_path() / target;
      links.push_back({number, path.lexically_normal().generic_string()});
    }
  }
  return links;
}

/// Every file, and every folder that holds one, with and without a slash at its end.
std::set<std::string> link_targets(const SourceFiles& files) {
  std::set<std::string> targets;
  for (const SourceFile& file : files) {
    targets.insert(file.path);
    for (auto folder = std::filesystem::path(file.path).parent_path(); !folder.empty();
         folder = folder.parent_path()) {
      targets.insert(folder.generic_string());
      targets.insert(folder.generic_string() + "/");
    }
  }
  return targets;
}

}  // namespace

Findings check_doc_links(const SourceFiles& files) {
  const std::set<std::string> targets = link_targets(files);
  std::set<std::string> linked = {std::string(kIndex)};
  Findings findings;
  for (const SourceFile& file : files) {
    if (!file.path.ends_with(".md")) continue;
    for (const Link& link : links_of(file)) {
      if (file.path == kIndex) linked.insert(link.target);
      if (!targets.contains(link.target))
        findings.push_back({file.path, link.line, "no such file: " + link.target});
    }
  }
  for (const SourceFile& file : files) {
    if (file.folder() != "docs" || !file.path.ends_with(".md") || linked.contains(file.path)) continue;
    findings.push_back({file.path, 0, "not linked from " + std::string(kIndex)});
  }
  return findings;
}

}  // namespace gridlock::tree
