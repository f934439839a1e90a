#pragma once

#include <string>

#include "harness/read/json_document.h"

namespace gridlock {

/// Lays a JSON merge patch (RFC 7386) over `target`: objects merge key by key, null removes a key, anything
/// else, lists included, replaces. Keys of the target keep their order, new ones follow. Every node keeps the
/// place it was written at.
void merge_patch(JsonNode& target, const JsonNode& patch);

/// Reads a file and what it extends: the value of its root key "extends", a path relative to the file, is
/// read first and the file is the patch over it; bases may extend in turn. The result has no "extends".
/// Throws InputError for unreadable files, syntax errors, a root that is no object, and a chain that comes
/// back to one of its files.
JsonNode read_extended(const std::string& path);

}  // namespace gridlock
