#include "tests/tree/include_arrows.h"

#include <algorithm>
#include <regex>
#include <set>
#include <span>

namespace gridlock::tree {
namespace {

using Names = std::vector<std::string_view>;

/// What the files of one folder may include: our folders, and third-party or system headers by prefix.
/// Headers of the C++ standard library are free everywhere. A library in the sources of a folder is hidden
/// from those who include its headers.
struct Arrows {
  std::string_view folder;
  Names ours;
  Names in_headers;
  Names in_sources;
};

const std::vector<Arrows>& all_arrows() {
  const Names process = {"dirent.h",  "dlfcn.h", "fcntl.h",  "netdb.h", "netinet/", "arpa/",   "poll.h",
                         "pthread.h", "sched.h", "signal.h", "spawn.h", "sys/",     "unistd.h"};
  const auto with = [](Names names, const Names& more) {
    names.insert(names.end(), more.begin(), more.end());
    return names;
  };
  const Names everything =
      with(process, {"boost/", "fmt/", "xxhash.h", "nlohmann/", "valijson/", "CLI/", "gloo/", "gmock/",
                     "gtest/", "benchmark/", "sanitizer/", "cxxabi.h"});
  static const std::vector<Arrows> arrows = {
      {"core", {"core"}, {}, {"fmt/", "xxhash.h"}},
      {"sim", {"core", "sim"}, {"boost/"}, {"boost/", "fmt/", "sanitizer/", "cxxabi.h", "sys/", "unistd.h"}},
      {"launch", {"core", "launch"}, process, with(process, {"fmt/"})},
      {"gloo_backend", {"core", "launch", "gloo_backend"}, {"gloo/"}, with(process, {"fmt/", "gloo/"})},
      {"nccl_backend",
       {"core", "launch", "nccl_backend"},
       {"cuda", "nccl"},
       with(process, {"fmt/", "cuda", "nccl"})},
      {"harness", {"core", "harness"}, {"nlohmann/"}, {"fmt/", "nlohmann/", "valijson/"}},
      {"testing", {"core", "testing"}, {"gmock/", "gtest/"}, {"gmock/", "gtest/"}},
      {"cli",
       {"core", "sim", "launch", "gloo_backend", "nccl_backend", "harness", "cli"},
       {"CLI/", "nlohmann/"},
       with(process, {"CLI/", "fmt/", "nlohmann/"})},
      {"tests",
       {"core", "sim", "launch", "gloo_backend", "nccl_backend", "harness", "testing", "cli", "tests"},
       everything,
       everything},
      {"bench", {"core", "sim", "harness", "bench"}, everything, everything},
      {"examples",
       {"core", "sim", "launch", "gloo_backend", "nccl_backend", "harness", "testing"},
       {},
       everything},
  };
  return arrows;
}

const Arrows* find_arrows(std::string_view folder) {
  const auto& all = all_arrows();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Arrows& row) { return row.folder == folder; });
  return found == all.end() ? nullptr : &*found;
}

bool starts_with_any(std::string_view name, const Names& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view p) { return name.starts_with(p); });
}

bool is_standard(std::string_view name) { return name.find_first_of("/.") == name.npos; }

/// What is wrong with including `name`, or "".
std::string complaint(const Arrows& arrows, bool in_header, bool quoted, const std::string& name) {
  if (!quoted) {
    if (is_standard(name)) return "";
    if (starts_with_any(name, in_header ? arrows.in_headers : arrows.in_sources)) return "";
    return "<" + name + "> does not belong in the " + (in_header ? "headers" : "sources") + " of " +
           std::string(arrows.folder);
  }
  const std::size_t slash = name.find('/');
  const std::string folder = name.substr(0, slash);
  if (slash == name.npos || find_arrows(folder) == nullptr)
    return "\"" + name + "\" is no path from the root";
  if (std::find(arrows.ours.begin(), arrows.ours.end(), folder) != arrows.ours.end()) return "";
  return std::string(arrows.folder) + " must not include " + folder + " (" + name + ")";
}

}  // namespace

Findings check_includes(const SourceFile& file) {
  static const std::regex pattern(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"].*)");
  const Arrows* arrows = find_arrows(file.folder());
  if (arrows == nullptr || !file.is_cpp()) return {};
  Findings findings;
  int number = 0;
  for (const std::string& line : split_lines(file.text)) {
    ++number;
    std::smatch match;
    if (!std::regex_match(line, match, pattern)) continue;
    const std::string message = complaint(*arrows, file.is_header(), match[1] == "\"", match[2]);
    if (!message.empty()) findings.push_back({file.path, number, message});
  }
  return findings;
}

Findings check_folders(const SourceFiles& files) {
  std::set<std::string> unknown;
  for (const SourceFile& file : files) {
    if (file.is_cpp() && find_arrows(file.folder()) == nullptr) unknown.insert(file.folder());
  }
  Findings findings;
  for (const std::string& folder : unknown)
    findings.push_back({folder, 0, "no row in the table of include arrows"});
  return findings;
}

}  // namespace gridlock::tree
