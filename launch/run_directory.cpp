#include "launch/run_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

#include <fmt/format.h>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

std::string temporary_folder() {
  const char* named = std::getenv("TMPDIR");
  return named != nullptr && *named != '\0' ? named : "/tmp";
}

constexpr std::string_view kName = "gridlock-run-XXXXXX";
constexpr std::size_t kRandomLetters = 6;

bool is_run_name(std::string_view name) {
  return name.size() == kName.size() && name.starts_with(kName.substr(0, kName.size() - kRandomLetters));
}

/// The directory, locked, as long as the file is open; -1 when somebody holds it or it is not this user's.
int take(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  struct stat status {};
  const bool taken = file >= 0 && ::fstat(file, &status) == 0 && status.st_uid == ::geteuid() &&
                     ::flock(file, LOCK_EX | LOCK_NB) == 0;
  if (taken || file < 0) return file;
  ::close(file);
  return -1;
}

void remove_tree(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
}

void remove_orphans(const std::string& folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored)) {
    if (!is_run_name(entry.path().filename().string())) continue;
    const int file = take(entry.path());
    if (file < 0) continue;
    remove_tree(entry.path());
    ::close(file);
  }
}

}  // namespace

RunDirectory::RunDirectory() {
  const std::string folder = temporary_folder();
  remove_orphans(folder);
  do {
    path_ = fmt::format("{}/{}", folder, kName);
    if (::mkdtemp(path_.data()) == nullptr) {
      throw InputError("TMPDIR",
                       fmt::format("cannot make a run directory {}: {}", path_, std::strerror(errno)),
                       "point TMPDIR to a folder that you can write");
    }
  } while (!lock());
}

// Another launcher may have taken the new directory for an orphan before it was locked.
bool RunDirectory::lock() {
  lock_ = take(path_);
  if (lock_ < 0) return false;
  struct stat mine {};
  struct stat named {};
  const bool is_there = ::fstat(lock_, &mine) == 0 && ::stat(path_.c_str(), &named) == 0 &&
                        mine.st_dev == named.st_dev && mine.st_ino == named.st_ino;
  if (!is_there) ::close(lock_);
  return is_there;
}

RunDirectory::~RunDirectory() {
  remove_tree(path_);
  ::close(lock_);
}

std::string RunDirectory::make_folder(const std::string& name) const {
  std::string folder = path_ + "/" + name;
  if (::mkdir(folder.c_str(), 0700) != 0) {
    throw InputError("TMPDIR", fmt::format("cannot make the folder {}: {}", folder, std::strerror(errno)));
  }
  return folder;
}

}  // namespace gridlock
