#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/history/histories.h"
#include "core/rank/rank.h"

namespace gridlock {

/// Why a rank of a real world cannot go on although nobody told it to stop. The first trouble of a rank
/// stays.
enum class Trouble : std::uint8_t {
  none,
  unlike_calls,   ///< the members' calls do not fit together; the operation will never complete
  peer_lost,      ///< the connection to another rank broke
  backend_error,  ///< the backend failed in another way
  log_full,       ///< kLogBytesMax reached
  step_limit,     ///< RunOptions::step_max reached
};

/// What follows the header of a log: entries of these kinds, in the order in which they were written.
enum class LogEntry : std::uint32_t { record, counts, spec, plan, name, site, complaint, ticket_done, notes };

/// Bytes that one rank's log may take: more than a million calls.
inline constexpr std::size_t kLogBytesMax = std::size_t{256} << 20;

/// One rank's part of a run that the launcher sees whatever happens to the rank's process: a file (0600)
/// mapped by both. The rank writes an entry, and its state, before it enters the backend; an entry counts
/// once `published` covers it, so a process that is killed at any instruction leaves a readable log. Made by
/// the launcher before the fork.
class SharedLog {
 public:
  /// Creates the file. Throws InputError when the folder has no room for it, or has it already.
  explicit SharedLog(const std::string& path);
  /// A log that another launcher made, for reading; null when there is none, or nothing in it. Requires: its
  /// writer is gone.
  static std::unique_ptr<SharedLog> read(const std::string& path);
  ~SharedLog();
  SharedLog(const SharedLog&) = delete;
  SharedLog& operator=(const SharedLog&) = delete;

  // --- The rank's side. Any thread of its process may call these; none blocks on another process.

  /// False when the log is full: nothing was written and the trouble is set.
  [[nodiscard]] bool append(LogEntry kind, std::string_view bytes);
  void set_state(HostState state);
  void add_result(std::uint64_t hash);
  void add_request();
  /// Tickets that were given and are not complete: +1 and -1.
  void add_open_tickets(std::int64_t change);
  void set_trouble(Trouble trouble, std::string_view text);

  // --- The launcher's side; also good after the rank's process is gone.

  HostState state() const;
  Trouble trouble() const;
  std::string trouble_text() const;
  std::uint64_t results() const;
  std::int64_t requests() const;
  std::int64_t open_tickets() const;
  /// Grows whenever the rank did anything.
  std::uint64_t progress() const;
  /// All published entries.
  std::span<const std::byte> entries() const;
  /// Makes what was written visible on other machines that share the folder. Requires: its writer is gone.
  void flush() const;

 private:
  struct Header;
  SharedLog() = default;
  Header& header() const { return *reinterpret_cast<Header*>(memory_); }
  bool reserve(std::size_t bytes);

  std::byte* memory_ = nullptr;
  int file_ = -1;
  /// Bytes that the file really has.
  std::size_t reserved_ = 0;
  /// Between the threads of the rank's process. append may call set_trouble.
  std::mutex writing_;
  std::mutex troubling_;
};

/// Head of an entry; `bytes` of payload follow, padded to 8.
struct LogEntryHead {
  LogEntry kind;
  std::uint32_t bytes;
};

}  // namespace gridlock
