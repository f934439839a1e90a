#include "tests/tree/banned_calls.h"

#include <algorithm>
#include <regex>

namespace gridlock::tree {
namespace {

using Folders = std::vector<std::string_view>;

struct Rule {
  std::string_view name;
  std::string_view message;
  /// Empty: every product folder.
  Folders only;
  Folders except;
  /// A line without any of these cannot match: regular expressions are slow.
  std::vector<std::string_view> triggers;
  std::regex pattern;
};

std::vector<Rule> make_rules() {
  const Folders repeatable = {"core", "sim", "harness", "nccl_backend", "testing"};
  std::vector<Rule> rules;
  rules.push_back(
      {"clock",
       "reads the wall clock",
       repeatable,
       {},
       {"clock", "time", "sleep"},
       std::regex(R"(\b(system_clock|steady_clock|high_resolution_clock|gettimeofday|clock_gettime)\b)"
                  R"(|\b(sleep_for|usleep)\b|\bstd::(time|clock)\(|\btime\((nullptr|NULL|0)\))")});
  rules.push_back(
      {"thread",
       "uses threads",
       repeatable,
       {},
       {"thread", "mutex", "atomic", "condition_variable", "async", "future", "promise"},
       std::regex(R"(\bstd::(thread|jthread|\w*mutex|atomic\w*|condition_variable\w*|async|future|promise)\b)"
                  R"(|\bpthread_\w+)")});
  rules.push_back(
      {"random",
       "draws numbers that differ between standard libraries or runs",
       {},
       {},
       {"distribution", "mt19937", "rand", "shuffle", "sample"},
       std::regex(
           R"(\bstd::(\w+_distribution|mt19937\w*|minstd_rand\w*|default_random_engine|random_device)\b)"
           R"(|\bstd::(shuffle|sample|rand|srand)\b|\b(rand|random|drand48)\(\))")});
  rules.push_back({"environment",
                   "reads the environment",
                   {},
                   {"launch", "cli"},
                   {"env"},
                   std::regex(R"(\b(secure_)?(getenv|setenv|putenv|unsetenv)\s*\(|\benviron\b)")});
  rules.push_back({"stdout",
                   "writes to the standard output",
                   {},
                   {"cli"},
                   {"cout", "printf", "put", "stdout", "STDOUT", "fmt::print"},
                   std::regex(R"(\bstd::cout\b|(^|\W)(printf|puts|putchar)\s*\(|\bstdout\b|\bSTDOUT_FILENO\b)"
                              R"(|\bfmt::print\(\s*$|\bfmt::print\(\s{2,})")});
  rules.push_back({"assert",
                   "vanishes in release builds: use GRIDLOCK_CHECK",
                   {},
                   {},
                   {"assert"},
                   std::regex(R"((^|\W)assert\s*\()")});
  rules.push_back(
      {"state",
       "keeps state outside of objects",
       {},
       {},
       {"static", "thread_local"},
       std::regex(R"(\bthread_local\b|(^|\s)static\s+(?!const\b|constexpr\b|inline\s+const)[^()]*[=;{])")});
  rules.push_back({"pointer_order",
                   "orders by address",
                   {},
                   {},
                   {"std::map<", "std::set<", "std::less<"},
                   std::regex(R"(\bstd::(map|set|less)<\s*(const\s+)?[\w:]+(\s+const)?\s*\*)")});
  return rules;
}

bool matches(const Rule& rule, const std::string& line) {
  return std::any_of(rule.triggers.begin(), rule.triggers.end(),
                     [&](std::string_view word) { return line.find(word) != line.npos; }) &&
         std::regex_search(line, rule.pattern);
}

bool holds(const Folders& folders, std::string_view folder) {
  return std::find(folders.begin(), folders.end(), folder) != folders.end();
}

bool is_permitted(std::span<const Permission> permitted, std::string_view path, std::string_view rule) {
  return std::any_of(permitted.begin(), permitted.end(),
                     [&](const Permission& entry) { return entry.path == path && entry.rule == rule; });
}

/// Names of the variables that are declared as unordered containers in this code. A heuristic: one
/// declaration a line.
std::vector<std::string> unordered_names(const std::string& code) {
  static const std::regex declaration(R"(\bunordered_(?:multi)?(?:map|set)<.*>&?\s+(\w+)\s*(?:[;={(,)]|$))");
  std::vector<std::string> names;
  for (const std::string& line : split_lines(code)) {
    std::smatch match;
    if (line.find("unordered_") == line.npos) continue;
    if (std::regex_search(line, match, declaration)) names.push_back(match[1]);
  }
  return names;
}

Findings unordered_iterations(const SourceFile& file, const std::string& code, std::string_view header) {
  std::vector<std::string> names = unordered_names(code);
  for (std::string& name : unordered_names(code_only(header))) names.push_back(std::move(name));
  Findings findings;
  for (const std::string& name : names) {
    const std::regex loop(R"(\bfor\s*\(.*:\s*(\w+(\.|->))*)" + name + R"(\s*\)|\b)" + name +
                          R"(\.c?begin\(\))");
    int number = 0;
    for (const std::string& line : split_lines(code)) {
      ++number;
      if (line.find(name) != line.npos && std::regex_search(line, loop)) {
        findings.push_back({file.path, number, "unordered_iteration: visits " + name + " in no order"});
      }
    }
  }
  return findings;
}

/// Everything that breaks a rule, permitted or not; messages start with the name of the rule.
Findings all_findings(const SourceFile& file, std::string_view header) {
  static const std::vector<Rule> rules = make_rules();
  const std::string code = code_only(file.text);
  Findings findings;
  int number = 0;
  for (const std::string& line : split_lines(code)) {
    ++number;
    for (const Rule& rule : rules) {
      if (!rule.only.empty() && !holds(rule.only, file.folder())) continue;
      if (holds(rule.except, file.folder()) || !matches(rule, line)) continue;
      findings.push_back({file.path, number, std::string(rule.name) + ": " + std::string(rule.message)});
    }
  }
  append(findings, unordered_iterations(file, code, header));
  return findings;
}

std::string rule_of(const Finding& finding) { return finding.message.substr(0, finding.message.find(':')); }

}  // namespace

Findings check_banned_calls(const SourceFile& file, std::string_view header,
                            std::span<const Permission> permitted) {
  Findings findings = all_findings(file, header);
  std::erase_if(findings, [&](const Finding& f) { return is_permitted(permitted, f.path, rule_of(f)); });
  return findings;
}

Findings check_permissions(const SourceFiles& files, std::span<const Permission> permitted) {
  Findings findings;
  for (const Permission& entry : permitted) {
    const auto needs = [&](const SourceFile& file) {
      if (file.path != entry.path) return false;
      const Findings all = all_findings(file, "");
      return std::any_of(all.begin(), all.end(), [&](const Finding& f) { return rule_of(f) == entry.rule; });
    };
    if (std::any_of(files.begin(), files.end(), needs)) continue;
    findings.push_back(
        {std::string(entry.path), 0, "the permission '" + std::string(entry.rule) + "' is not needed"});
  }
  return findings;
}

}  // namespace gridlock::tree
