#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/input_error.h"
#include "harness/histories/pickle.h"

namespace gridlock {
namespace {

using namespace std::string_literals;

std::string refusal(const std::string& bytes) {
  try {
    read_pickle(bytes, "p");
  } catch (const InputError& error) {
    return error.place() + ": " + error.message();
  }
  return "";
}

// The bytes are what CPython 3.11 writes: pickle.dumps(value, protocol).
TEST(Pickle, ReadsPlainValuesOfCPython) {
  EXPECT_EQ(read_pickle("\x80\x02}q\x00(X\x01\x00\x00\x00"
                        "aq\x01K\x01X\x01\x00\x00\x00"
                        "bq\x02]q\x03(J\xff\xff\xff\xff\x88Ne"
                        "X\x01\x00\x00\x00"
                        "cq\x04G?\xf8\x00\x00\x00\x00\x00\x00u."s,
                        "p"),
            nlohmann::json::parse(R"({"a":1,"b":[-1,true,null],"c":1.5})"));
  EXPECT_EQ(read_pickle("\x80\x04\x95\x12\x00\x00\x00\x00\x00\x00\x00\x8c\x01"
                        "0\x94\x8c\x0a"
                        "default_pg\x94\x86\x94."s,
                        "p"),
            nlohmann::json::parse(R"(["0","default_pg"])"));
  EXPECT_EQ(read_pickle("\x80\x02\x8a\x05\x00\x00\x00\x00\x01."s, "p"), nlohmann::json(4294967296));
}

TEST(Pickle, AListInTheMemoIsTheListAsItIsAtTheEnd) {
  // a = []; [a, a] after a.append(7)
  EXPECT_EQ(read_pickle("\x80\x02]q\x00(]q\x01K\x07"
                        "ah\x01"
                        "e."s,
                        "p"),
            nlohmann::json::parse("[[7],[7]]"));
}

TEST(Pickle, RefusesToLookUpOrCallAnything) {
  // os.system("true") as a pickle of protocol 0 and 2 would do it.
  EXPECT_EQ(
      refusal("\x80\x02"
              "cos\nsystem\nX\x04\x00\x00\x00true\x85R."s),
      "p: byte 2: this is no pickle of plain values: opcode 0x63 is not allowed; only plain values are read, "
      "nothing is executed");
  for (const char opcode : {'c', 'R', 'i', 'o', 'b', '\x81', '\x92', '\x93', 'P', 'Q', '\x82'}) {
    EXPECT_THAT(refusal("\x80\x02N"s + opcode + "."), ::testing::HasSubstr("byte 3")) << opcode;
  }
}

TEST(Pickle, RefusesWhatIsDamagedWithThePlace) {
  EXPECT_EQ(refusal("\x80\x02X\xff\xff\xff\x7f"
                    "a"s),
            "p: byte 2: this is no pickle of plain values: it ends in the middle");
  EXPECT_EQ(refusal(""), "p: byte 0: this is no pickle of plain values: it ends in the middle");
  EXPECT_EQ(refusal("\x80\x02."s),
            "p: byte 2: this is no pickle of plain values: the end does not leave exactly one value");
  EXPECT_EQ(refusal("\x80\x02h\x05."s), "p: byte 2: this is no pickle of plain values: memo 5 was never put");
  EXPECT_EQ(refusal("\x80\x02N(e."s),
            "p: byte 4: this is no pickle of plain values: it fills something that is no list");
  EXPECT_EQ(refusal("\x80\x02}(Ku."s),
            "p: byte 6: this is no pickle of plain values: the end does not leave exactly one value");
  EXPECT_EQ(refusal("\x80\x09."s),
            "p: byte 0: this is no pickle of plain values: protocol 9 is not one of 2 to 5");
}

TEST(Pickle, AListInsideItselfAndABombOfListsAreRefused) {
  EXPECT_THAT(refusal("\x80\x02]q\x00h\x00"
                      "a."s),
              ::testing::HasSubstr("it nests too deep"));
  std::string bomb = "\x80\x02(]q\x00"s;
  for (char level = 1; level < 40; ++level) {
    bomb += "](h"s + static_cast<char>(level - 1) + "h" + static_cast<char>(level - 1) + "h" +
            static_cast<char>(level - 1) + "eq" + level;
  }
  EXPECT_THAT(refusal(bomb + "t."), ::testing::HasSubstr("more values than any dump has"));
}

TEST(Pickle, WritesWhatItReads) {
  const auto value =
      nlohmann::ordered_json::parse(R"({"a":[1,-2,4294967296,1.25,null,true,false,"x",{}],"b":[]})");
  EXPECT_EQ(read_pickle(pickle_text(value), "p"), nlohmann::json(value));
}

}  // namespace
}  // namespace gridlock
