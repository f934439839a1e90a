#include "harness/report/generated_docs.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

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

}  // namespace
}  // namespace gridlock
