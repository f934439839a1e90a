#include "tests/tree/words.h"

#include <regex>

namespace gridlock::tree {
namespace {

struct Word {
  std::regex pattern;
  std::string_view message;
};

const std::vector<Word>& all_words() {
  static const std::vector<Word> words = {
      {std::regex(R"((^|[\s"'`(=:])/(home|root|work|Users|workspace)/\w)"), "a path of one machine"},
      {std::regex(R"(\.\./shared\b|/tmp/gl\b)"), "a path outside of the repository"},
      {std::regex(R"(\b(TODO|FIXME|XXX|HACK)\b)"), "a mark of unfinished work"},
      {std::regex(R"(\bnot (yet )?implemented\b|\bunimplemented\b)", std::regex::icase), "unfinished work"},
  };
  return words;
}

}  // namespace

Findings check_words(const SourceFile& file) {
  Findings findings;
  if (file.path.starts_with("tests/data/") || file.path.starts_with("tests/tree/words")) return findings;
  int number = 0;
  for (const std::string& line : split_lines(file.text)) {
    ++number;
    for (const Word& word : all_words()) {
      std::smatch match;
      if (!std::regex_search(line, match, word.pattern)) continue;
      findings.push_back({file.path, number, std::string(word.message) + ": " + match.str()});
    }
  }
  return findings;
}

}  // namespace gridlock::tree
