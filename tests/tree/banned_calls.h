#pragma once

#include <span>
#include <string_view>

#include "tests/tree/source_file.h"

namespace gridlock::tree {

/// A place that may break a rule of check_banned_calls, and why.
struct Permission {
  std::string_view path;
  std::string_view rule;
  std::string_view reason;
};

/// The permissions of this repository.
std::span<const Permission> permissions();

/// Uses of what would make a run differ from the next one, hide state or write where only the binary may.
/// Rules are named in the messages: clock, thread, random, environment, stdout, assert, state, pointer_order,
/// unordered_iteration. `header` is the text of the header that belongs to a .cpp (its members are iterated
/// there); may be empty.
Findings check_banned_calls(const SourceFile& file, std::string_view header,
                            std::span<const Permission> permitted);

/// Permissions that nothing needs any more.
Findings check_permissions(const SourceFiles& files, std::span<const Permission> permitted);

}  // namespace gridlock::tree
