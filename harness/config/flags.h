#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gridlock {

/// Command line arguments of some program, quoted as for a shell: "--name value value", "--name=value", and
/// words before the first flag. A value that looks like a negative number is a value.
class Flags {
 public:
  struct Flag {
    std::string name;
    std::vector<std::string> values;
    bool used = false;
  };

  /// `place` is what errors name. '_' in names is read as '-', as argparse users mix them. Throws InputError
  /// for a quote that is not closed.
  Flags(const std::string& text, std::string place);

  const std::vector<std::string>& words() const { return words_; }
  const std::string& place() const { return place_; }

  /// Whether the flag is there, with or without values.
  bool has(const std::string& name);
  /// The values of the last flag of that name; nothing without it.
  std::optional<std::vector<std::string>> values(const std::string& name);
  /// The first of them. Throws InputError for a flag without one, and for a second one that is a number.
  std::optional<std::string> value(const std::string& name);
  /// An integer of at least 1. Throws InputError for a flag with another or no value.
  std::optional<std::int64_t> size(const std::string& name);
  std::int64_t size_or(const std::string& name, std::int64_t otherwise);
  /// Integers of at least 1; empty without the flag.
  std::vector<std::int64_t> sizes(const std::string& name);

  /// The flags that nobody asked for, as they were written. Throws InputError for
  /// one for which there is a hint_for_unknown().
  std::vector<std::string> unused() const;

 private:
  Flag* find(const std::string& name);
  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const;
  std::int64_t number(const std::string& name, const std::string& value) const;

  std::string place_;
  std::vector<std::string> words_;
  std::vector<Flag> flags_;
  /// Names that were asked for, present or not.
  std::vector<std::string> known_;
};

/// What to say to a name that nobody asked for and that must not be ignored, as groups may depend on it: one
/// spelled like a known name (all words but one are equal and that one is nearly, or it is its beginning), or
/// one that says a parallel size, unless the size is 1. Nothing for all others.
std::optional<std::string> hint_for_unknown(const std::string& name, const std::string& value,
                                            const std::vector<std::string>& known);

/// The one size that all who give one (not 0) give; 0 when nobody does. Throws InputError for two that
/// differ.
std::int64_t agreed_world_size(const std::string& place, const std::vector<std::int64_t>& given);

/// "12" as a number; nothing for other text and for numbers that no world can count.
std::optional<std::int64_t> parse_size(const std::string& text);

}  // namespace gridlock
