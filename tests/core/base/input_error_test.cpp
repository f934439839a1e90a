#include "core/base/input_error.h"

#include <gtest/gtest.h>

#include <vector>

namespace gridlock {
namespace {

const std::vector<std::string> kNames = {"count", "dtype", "group", "input"};

TEST(InputError, TextIsPlaceMessageAndHint) {
  EXPECT_STREQ(InputError("a.json:1:2", "no such thing", "try another").what(),
               "a.json:1:2: no such thing\n  hint: try another");
  EXPECT_STREQ(InputError("", "no such thing").what(), "no such thing");
}

TEST(InputError, OneSlipInAShortNameIsForgiven) {
  EXPECT_EQ(nearest_name("coun", kNames), "count");
  EXPECT_EQ(nearest_name("counts", kNames), "count");
  EXPECT_EQ(nearest_name("caunt", kNames), "count");
  EXPECT_EQ(nearest_name("cuont", kNames), "count");
  EXPECT_EQ(nearest_name("ocunt", kNames), "count");
}

TEST(InputError, AFarNameIsNotGuessed) {
  EXPECT_EQ(nearest_name("cuotn", kNames), "");
  EXPECT_EQ(nearest_name("bytes", kNames), "");
  EXPECT_EQ(name_hint("bytes", kNames), "known: count, dtype, group, input");
  EXPECT_EQ(name_hint("bytes", {}), "");
}

}  // namespace
}  // namespace gridlock
