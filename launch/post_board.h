#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gridlock {

/// Names that ranks of a run have posted, with or without a text, as files in one folder: seen by every
/// process that shares the folder, also over a network file system. A value; never blocks.
class PostBoard {
 public:
  explicit PostBoard(std::string folder) : folder_(std::move(folder)) {}

  /// Posting a name again changes nothing. False when the file cannot be made.
  bool post(std::string_view name) const;
  bool has(std::string_view name) const;
  /// Posts a name with a text, which whoever sees the name sees whole. False when the file cannot be made.
  bool put(std::string_view name, std::string_view text) const;
  /// As put, unless the name was posted before, by whomever: then false, and nothing changes.
  bool claim(std::string_view name, std::string_view text) const;
  /// The text of a name; nothing until it was posted.
  std::optional<std::string> get(std::string_view name) const;

 private:
  /// A file with the text, for this process only; empty when it cannot be made.
  std::string draft(const std::string& path, std::string_view text) const;
  std::string path_of(std::string_view name) const;

  std::string folder_;
};

}  // namespace gridlock
