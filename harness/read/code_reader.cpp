#include "harness/read/code_reader.h"

#include <fmt/format.h>

namespace gridlock {

Code code_named(const std::string& name) {
  if (const std::optional<Code> code = code_from_name(name)) return *code;
  std::vector<std::string> known;
  for (const CodeInfo& info : all_codes()) known.emplace_back(info.name);
  throw InputError("", fmt::format("there is no diagnosis '{}'", name), name_hint(name, known));
}

Code read_code(const JsonCursor& cursor) {
  return cursor.located([&cursor] { return code_named(cursor.string()); });
}

}  // namespace gridlock
