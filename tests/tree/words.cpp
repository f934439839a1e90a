#include "tests/tree/words.h"

#include <algorithm>
#include <regex>

namespace gridlock::tree {
namespace {

struct Word {
  /// A line without any of these cannot match: regular expressions are slow.
  std::vector<std::string_view> triggers;
  std::regex pattern;
  std::string_view message;
};

std::vector<Word> make_words() {
  std::vector<Word> words;
  words.push_back({{"/home/", "/root/", "/work", "/Users/"},
                   std::regex(R"((^|[\s"'`(=:])/(home|root|work|Users|workspace)/\w)"),
                   "a path of one machine"});
  words.push_back(
      {{"shared", "/tmp/"}, std::regex(R"(\.\./shared\b|/tmp/gl\b)"), "a path outside of the repository"});
  words.push_back({{"TODO", "FIXME", "XXX", "HACK"},
                   std::regex(R"(\b(TODO|FIXME|XXX|HACK)\b)"),
                   "a mark of unfinished work"});
  words.push_back({{"mplemented"},
                   std::regex(R"(\bnot (yet )?implemented\b|\bunimplemented\b)", std::regex::icase),
                   "unfinished work"});
  return words;
}

bool holds_any(std::string_view line, const std::vector<std::string_view>& triggers) {
  return std::any_of(triggers.begin(), triggers.end(),
                     [&](std::string_view word) { return line.find(word) != line.npos; });
}

}  // namespace

Findings check_words(const SourceFile& file) {
  static const std::vector<Word> words = make_words();
  Findings findings;
  if (file.path.starts_with("tests/data/") || file.path.starts_with("tests/tree/words")) return findings;
  int number = 0;
  for (const std::string& line : split_lines(file.text)) {
    ++number;
    for (const Word& word : words) {
      std::smatch match;
      if (!holds_any(line, word.triggers) || !std::regex_search(line, match, word.pattern)) continue;
      findings.push_back({file.path, number, std::string(word.message) + ": " + match.str()});
    }
  }
  return findings;
}

}  // namespace gridlock::tree
