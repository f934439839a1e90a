#pragma once

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace gridlock {

/// Bad input: the only exception this project throws at callers. Thrown before anything was started, so
/// nothing half-done is left behind.
///   place    where: "actor.json:12:7 /grids/actor/topology", or the name of the argument
///   message  what was expected and what was got
///   hint     what to write instead; empty when there is nothing to say
class InputError : public std::runtime_error {
 public:
  InputError(std::string place, std::string message, std::string hint = "");

  const std::string& place() const { return place_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

 private:
  std::string place_;
  std::string message_;
  std::string hint_;
};

/// The candidate that `name` was most likely meant to be (smallest edit distance, two neighbours exchanged
/// being one edit; at most a third of its length, but at least 1; first candidate wins a tie), or "" when
/// none is near.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

/// "did you mean 'X'?" for the nearest candidate; otherwise "known: a, b, c".
std::string name_hint(std::string_view name, std::span<const std::string> candidates);

}  // namespace gridlock
