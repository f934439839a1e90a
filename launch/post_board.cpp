#include "launch/post_board.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace gridlock {

bool PostBoard::post(std::string_view name) const {
  const int file = ::open(path_of(name).c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return false;
  ::close(file);
  return true;
}

bool PostBoard::has(std::string_view name) const { return ::access(path_of(name).c_str(), F_OK) == 0; }

bool PostBoard::put(std::string_view name, std::string_view text) const {
  const std::string path = path_of(name);
  // Under another name first: nobody sees half of it. The process number keeps two writers apart.
  const std::string draft = fmt::format("{}.{}", path, ::getpid());
  const int file = ::open(draft.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written && std::rename(draft.c_str(), path.c_str()) == 0;
}

std::optional<std::string> PostBoard::get(std::string_view name) const {
  if (!has(name)) return std::nullopt;
  std::ostringstream text;
  std::ifstream file(path_of(name), std::ios::binary);
  text << file.rdbuf();
  return text.str();
}

std::string PostBoard::path_of(std::string_view name) const {
  // Any text is a name, so the file is called after a hash of 128 bits (FNV-1a under two seeds) and the
  // length.
  std::uint64_t first = 0xcbf2'9ce4'8422'2325ULL;
  std::uint64_t second = 0x6c62'272e'07bb'0142ULL;
  for (const char letter : name) {
    first = (first ^ static_cast<unsigned char>(letter)) * 0x100'0000'01b3ULL;
    second = (second ^ static_cast<unsigned char>(letter)) * 0x9e37'79b9'7f4a'7c15ULL;
  }
  return fmt::format("{}/{:016x}{:016x}-{}", folder_, first, second, name.size());
}

}  // namespace gridlock
