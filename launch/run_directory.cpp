#include "launch/run_directory.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fmt/format.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

}  // namespace

RunDirectory::RunDirectory() : path_(temporary_folder() + "/gridlock-XXXXXX") {
  if (::mkdtemp(path_.data()) == nullptr) {
    throw InputError("TMPDIR", fmt::format("cannot make a run directory {}: {}", path_, std::strerror(errno)),
                     "point TMPDIR to a folder that you can write");
  }
}

RunDirectory::~RunDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string RunDirectory::make_folder(const std::string& name) const {
  std::string folder = path_ + "/" + name;
  if (::mkdir(folder.c_str(), 0700) != 0) {
    throw InputError("TMPDIR", fmt::format("cannot make the folder {}: {}", folder, std::strerror(errno)));
  }
  return folder;
}

}  // namespace gridlock
