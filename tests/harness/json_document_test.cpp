#include "harness/read/json_document.h"

#include <gtest/gtest.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

std::string error_of(const std::string& text) {
  try {
    parse_json(text, "a.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

std::string place(const JsonNode& node) { return node.place.to_string(); }

TEST(JsonDocument, KnowsWhereEveryValueAndKeyWasWritten) {
  const JsonNode root = parse_json(
      "{\n  \"a\": 12, // twelve: \"b\"\n  \"b\": [1/* one */, -2.5e3],\n  \"c\":\"x\\\"y\"\n}", "a.json");
  EXPECT_EQ(place(root), "a.json:1:1");
  EXPECT_EQ(place(*root.find("a")), "a.json:2:8");
  EXPECT_EQ(place(*root.find("b")), "a.json:3:8");
  EXPECT_EQ(place(root.find("b")->array()[0]), "a.json:3:9");
  EXPECT_EQ(place(root.find("b")->array()[1]), "a.json:3:21");
  EXPECT_EQ(place(*root.find("c")), "a.json:4:7");
  EXPECT_EQ(root.object()[2].key_place.to_string(), "a.json:4:3");
}

TEST(JsonDocument, PlacesHoldAfterNestedEndsAndNumbersAtTheEnd) {
  const JsonNode root = parse_json("[[1],{\"k\":2},[[]],true,null,{}]", "a.json");
  std::vector<int> columns;
  for (const JsonNode& item : root.array()) columns.push_back(item.place.column);
  // Counted by hand in the text above.
  EXPECT_EQ(columns, (std::vector<int>{2, 6, 14, 19, 24, 29}));
}

TEST(JsonDocument, SyntaxErrorsShowTheLineAndACaret) {
  EXPECT_EQ(error_of("{\n  \"a\": 1\n  \"b\": 2\n}"),
            "a.json:3:3: syntax error while parsing object - unexpected string literal; expected '}'\n"
            "    \"b\": 2\n"
            "    ^");
  EXPECT_EQ(error_of("[1, 2,, 3]"),
            "a.json:1:7: syntax error while parsing value - unexpected ','; expected '[', '{', or a literal\n"
            "  [1, 2,, 3]\n"
            "        ^");
}

TEST(JsonDocument, AnEndTooEarlyIsReportedAtTheEnd) {
  EXPECT_EQ(error_of("[1,\n2"),
            "a.json:2:2: syntax error while parsing array - unexpected end of input; expected ']'\n"
            "  2\n"
            "   ^");
}

// As the parser takes them: what it reads behind a comment and what is counted as read must not part.
TEST(JsonDocument, CommentsEndAtALineBreakAReturnOrANul) {
  const std::string nul(1, '\0');
  for (const std::string& end : {std::string("\n"), std::string("\r"), nul}) {
    const JsonNode root = parse_json("{ //x" + end + "\"a\": 1 }", "a.json");
    EXPECT_EQ(place(*root.find("a")), end == "\n" ? "a.json:2:6" : "a.json:1:12");
    EXPECT_TRUE(error_of("{//} \" {" + end + "}}").starts_with("a.json:")) << end;
  }
}

TEST(JsonDocument, AKeyThatAppearsTwiceIsRefused) {
  EXPECT_EQ(error_of("{\"a\": 1,\n \"b\": 2, \"a\": 3}"),
            "a.json:2:10: the key 'a' appears twice in this object; first in line 1");
  EXPECT_EQ(error_of("{\"a\": {\"b\": 1}, \"b\": 2}"), "");
}

TEST(JsonDocument, NumbersAndNestingHaveBounds) {
  EXPECT_EQ(error_of("[9223372036854775807]"), "");
  EXPECT_EQ(error_of("[9223372036854775808]"),
            "a.json:1:2: the integer 9223372036854775808 does not fit into 64 bits");
  const std::string deep(kJsonDepthMax, '[');
  EXPECT_EQ(error_of(deep + std::string(kJsonDepthMax, ']')), "");
  EXPECT_EQ(error_of("[" + deep), "a.json:1:129: nested deeper than 128 levels");
}

TEST(JsonDocument, ControlCharactersDoNotReachNames) {
  EXPECT_EQ(error_of(R"({"a": "x\u001b[31m"})"), "a.json:1:7: the control character U+001B inside a string");
  EXPECT_EQ(error_of(R"({"a\u0007": 1})"), "a.json:1:2: the control character U+0007 inside a string");
  EXPECT_EQ(error_of(R"({"a": "two\nlines\tand a tab"})"), "");
}

TEST(JsonDocument, WhatIsWrittenReadsBackTheSame) {
  const std::string text =
      R"({"b": [1, -2, 0.1, 1e300, true, null, "a\"\\\n\u00e9"], "a": {"nested": [[], {}, [[1]]]}, "": 3})";
  const JsonNode root = parse_json(text, "a.json");
  for (const int width : {1, 20, 100, 1000}) EXPECT_EQ(parse_json(write_json(root, width), "b.json"), root);
}

TEST(JsonDocument, WrittenTextFitsTheWidthWhereItCan) {
  const JsonNode root = parse_json(R"({"a":[1,2],"b":{"c":[1000000,2000000]}})", "a.json");
  EXPECT_EQ(write_json(root, 24),
            "{\n  \"a\": [1, 2],\n  \"b\": {\n    \"c\": [\n      1000000,\n      2000000\n    ]\n  }\n}\n");
}

}  // namespace
}  // namespace gridlock
