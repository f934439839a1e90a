#pragma once

#include <string>
#include <string_view>

namespace gridlock {

/// Names that ranks of a run have posted, as empty files in one folder: seen by every process that shares the
/// folder, also over a network file system. A value; never blocks.
class PostBoard {
 public:
  explicit PostBoard(std::string folder) : folder_(std::move(folder)) {}

  /// Posting a name again changes nothing. False when the file cannot be made.
  bool post(std::string_view name) const;
  bool has(std::string_view name) const;

 private:
  std::string path_of(std::string_view name) const;

  std::string folder_;
};

}  // namespace gridlock
