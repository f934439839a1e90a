#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "core/diagnosis/judge.h"

namespace gridlock {

/// Words of the history format, one table per enumeration; the index of a word is the value.
std::span<const std::string_view> host_state_words();
std::span<const std::string_view> run_end_words();
/// Records that are no call; calls are spelled by their operation.
std::span<const std::string_view> record_kind_words();

/// What stands for a planned post.
inline constexpr std::string_view kPlannedPostWord = "post";
/// What stands for planned_rest(is_cut).
std::string_view planned_rest_word(bool is_cut);
/// Whether the record is planned_rest().
bool is_planned_rest(const Record& record);

/// One flag of Record::unknown.
struct UnknownWord {
  UnknownField field;
  std::string_view word;
};
std::span<const UnknownWord> unknown_words();

/// Place of a word in a table; nothing when it is not there.
std::optional<std::size_t> find_word(std::span<const std::string_view> words, std::string_view word);

}  // namespace gridlock
