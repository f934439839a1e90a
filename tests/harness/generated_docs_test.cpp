#include "harness/report/generated_docs.h"

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace gridlock {
namespace {

TEST(GeneratedDocs, ThePagesInTheRepositoryAreWhatTheTablesSay) {
  for (const GeneratedPage& page : generated_docs()) {
    std::ifstream in(std::string(GRIDLOCK_SOURCE_DIR) + "/docs/" + page.name);
    std::ostringstream text;
    text << in.rdbuf();
    EXPECT_EQ(text.str(), page.text) << "docs/" << page.name << " is out of date: ./dev gridlock docs";
  }
}

/// What stands between `before` and the next `after`, for every `before`.
std::vector<std::string> all_between(const std::string& text, const std::string& before, char after) {
  std::vector<std::string> found;
  for (std::size_t at = text.find(before); at != std::string::npos; at = text.find(before, at)) {
    at += before.size();
    found.push_back(text.substr(at, text.find(after, at) - at));
  }
  return found;
}

/// GitHub's anchor of a heading: lower case, blanks are dashes, other signs than '-' and '_' are dropped.
std::string anchor(const std::string& heading) {
  std::string made;
  for (const char c : heading) {
    if (c == ' ') made += '-';
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_')
      made += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return made;
}

TEST(GeneratedDocs, EveryLinkLeadsToAHeadingOrAFile) {
  const std::filesystem::path docs = GRIDLOCK_SOURCE_DIR "/docs";
  for (const GeneratedPage& page : generated_docs()) {
    std::multiset<std::string> anchors;
    for (const std::string& heading : all_between(page.text, "# ", '\n')) anchors.insert(anchor(heading));
    for (const std::string& target : all_between(page.text, "](", ')')) {
      if (target[0] == '#') {
        EXPECT_EQ(anchors.count(target.substr(1)), 1U) << page.name << " links to " << target;
      } else {
        EXPECT_TRUE(std::filesystem::is_regular_file(docs / target)) << page.name << " links to " << target;
      }
    }
  }
}

}  // namespace
}  // namespace gridlock
