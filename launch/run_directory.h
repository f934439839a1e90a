#pragma once

#include <string>

namespace gridlock {

/// A fresh directory that only this user can enter (0700), below the system's temporary folder (TMPDIR, else
/// /tmp). Everything a run leaves on disk lies in it and goes with it. It is locked while the launcher or one
/// of its ranks lives; making one removes those of this user that nobody holds, left by launchers that were
/// killed. Owned by the launcher; a copy made by fork must not be destroyed (rank processes leave by _exit).
class RunDirectory {
 public:
  /// Throws InputError when the temporary folder cannot be written.
  RunDirectory();
  ~RunDirectory();
  RunDirectory(const RunDirectory&) = delete;
  RunDirectory& operator=(const RunDirectory&) = delete;

  const std::string& path() const { return path_; }
  /// A sub-folder, made now (0700).
  std::string make_folder(const std::string& name) const;

 private:
  bool lock();

  std::string path_;
  int lock_ = -1;
};

}  // namespace gridlock
