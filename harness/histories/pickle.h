#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace gridlock {

/// Reads a Python pickle (protocols 2 to 5) that is made of plain values only: None, booleans, integers of 64
/// bits, floats, text, lists, tuples (which become lists) and dictionaries with text or integer keys. Nothing
/// in it is executed or looked up: an opcode that would name a class, call a function or build an object is
/// refused, as is every opcode that is not needed for plain values. Throws InputError with the file, the byte
/// and the opcode; also for what ends too early, nests deeper than kPickleDepthMax, or unfolds (through its
/// memo) to more than kPickleValuesMax values.
nlohmann::json read_pickle(std::string_view bytes, const std::string& file);

/// The value as a pickle of protocol 2, as read_pickle reads it.
std::string pickle_text(const nlohmann::ordered_json& value);

inline constexpr int kPickleDepthMax = 64;
inline constexpr std::size_t kPickleValuesMax = 20'000'000;

}  // namespace gridlock
