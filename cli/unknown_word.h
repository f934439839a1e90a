#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <span>

#include "core/base/input_error.h"

namespace gridlock::cli {

/// The first command or option of a command line that `app` does not know, with the nearest one that it does;
/// for a command line that could not be parsed: CLI11 names the argument that it trips over later. Nothing
/// where all of them are known.
std::optional<InputError> unknown_word(const CLI::App& app, std::span<char* const> arguments);

}  // namespace gridlock::cli
