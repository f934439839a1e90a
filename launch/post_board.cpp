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

// Under another name first: nobody sees half of it. The machine and the process keep two writers apart.
std::string PostBoard::draft(const std::string& path, std::string_view text) const {
  char machine[65] = {};
  ::gethostname(machine, sizeof(machine) - 1);
  std::string name = fmt::format("{}.{}.{}", path, machine, ::getpid());
  const int file = ::open(name.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (file < 0) return "";
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written ? name : "";
}

bool PostBoard::put(std::string_view name, std::string_view text) const {
  const std::string path = path_of(name);
  const std::string made = draft(path, text);
  return !made.empty() && std::rename(made.c_str(), path.c_str()) == 0;
}

bool PostBoard::claim(std::string_view name, std::string_view text) const {
  const std::string path = path_of(name);
  const std::string made = draft(path, text);
  const bool claimed = !made.empty() && ::link(made.c_str(), path.c_str()) == 0;
  ::unlink(made.c_str());
  return claimed;
}

std::optional<std::string> PostBoard::get(std::string_view name) const {
  std::ifstream file(path_of(name), std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
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
