#include "launch/shared_log.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/base/input_error.h"

namespace gridlock {
namespace {

/// The file grows by this much at a time, so that a full disk is an error here and not a SIGBUS later.
constexpr std::size_t kGrowBytes = std::size_t{256} << 10;
constexpr std::size_t kTextMax = 1000;

std::size_t padded(std::size_t bytes) { return (bytes + 7) & ~std::size_t{7}; }

}  // namespace

/// At the start of the file. Plain words that any process may read at any time.
struct SharedLog::Header {
  std::atomic<std::uint64_t> published{0};
  std::atomic<std::uint64_t> state_changes{0};
  std::atomic<std::uint64_t> results{0};
  std::atomic<std::int64_t> requests{0};
  std::atomic<std::int64_t> open_tickets{0};
  std::atomic<HostState> state{HostState::running};
  /// Written after trouble_text, so that a reader who sees it also sees the text.
  std::atomic<Trouble> trouble{Trouble::none};
  char trouble_text[kTextMax + 1] = {};
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock would be left held by a killed process");

SharedLog::SharedLog(const std::string& path) {
  file_ = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
  void* memory = MAP_FAILED;
  if (file_ >= 0 && reserve(sizeof(Header))) {
    memory = ::mmap(nullptr, kLogBytesMax, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, file_, 0);
  }
  if (memory == MAP_FAILED) {
    const int error = errno;
    const std::string reason = std::strerror(error);
    if (file_ >= 0) ::close(file_);
    if (file_ < 0 && error == EEXIST) {
      throw InputError("--store", fmt::format("{} is there already", path),
                       "two processes have one rank, or an earlier run was killed: give each run a folder of "
                       "its own, or empty this one");
    }
    if (file_ >= 0 && error == ENOMEM) {
      throw InputError("launch", fmt::format("cannot map the history file {}: {}", path, reason),
                       fmt::format("the histories take {} MiB of addresses for each rank: raise ulimit -v",
                                   kLogBytesMax >> 20));
    }
    throw InputError("TMPDIR", fmt::format("cannot make the history file {}: {}", path, reason),
                     "a run needs a few megabytes there");
  }
  memory_ = static_cast<std::byte*>(memory);
  new (memory_) Header;
}

std::unique_ptr<SharedLog> SharedLog::read(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  std::unique_ptr<SharedLog> log(new SharedLog);
  log->file_ = file;
  struct stat status {};
  if (::fstat(file, &status) != 0 || status.st_size < static_cast<off_t>(sizeof(Header))) return nullptr;
  void* memory = ::mmap(nullptr, kLogBytesMax, PROT_READ, MAP_SHARED | MAP_NORESERVE, file, 0);
  if (memory == MAP_FAILED) return nullptr;
  log->memory_ = static_cast<std::byte*>(memory);
  const std::uint64_t end = sizeof(Header) + log->header().published.load(std::memory_order_acquire);
  return end <= static_cast<std::uint64_t>(status.st_size) ? std::move(log) : nullptr;
}

SharedLog::~SharedLog() {
  if (memory_ != nullptr) ::munmap(memory_, kLogBytesMax);
  ::close(file_);
}

// The rank's process is gone, so what it wrote through its mapping lies in the page cache.
void SharedLog::flush() const { ::fsync(file_); }

bool SharedLog::reserve(std::size_t bytes) {
  if (bytes <= reserved_) return true;
  if (bytes > kLogBytesMax) return false;
  const std::size_t target = std::min(kLogBytesMax, (bytes / kGrowBytes + 1) * kGrowBytes);
  const int error = ::posix_fallocate(file_, 0, static_cast<off_t>(target));
  if (error != 0) {
    errno = error;
    return false;
  }
  // One fault instead of one for each page; a kernel that cannot (before 5.14) faults later.
  if (memory_ != nullptr) {
    static_cast<void>(::madvise(memory_ + reserved_, target - reserved_, MADV_POPULATE_WRITE));
  }
  reserved_ = target;
  return true;
}

bool SharedLog::append(LogEntry kind, std::string_view bytes) {
  const std::lock_guard lock(writing_);
  const std::uint64_t published = header().published.load(std::memory_order_relaxed);
  const std::size_t at = sizeof(Header) + published;
  const std::size_t size = sizeof(LogEntryHead) + padded(bytes.size());
  if (!reserve(at + size)) {
    set_trouble(Trouble::log_full,
                fmt::format("the history of this rank reached its bound of {} bytes or the disk is "
                            "full",
                            kLogBytesMax));
    return false;
  }
  const LogEntryHead head{kind, static_cast<std::uint32_t>(bytes.size())};
  std::memcpy(memory_ + at, &head, sizeof(head));
  std::memcpy(memory_ + at + sizeof(head), bytes.data(), bytes.size());
  header().published.store(published + size, std::memory_order_release);
  return true;
}

void SharedLog::set_state(HostState state) {
  header().state.store(state, std::memory_order_release);
  header().state_changes.fetch_add(1, std::memory_order_relaxed);
}

void SharedLog::add_result(std::uint64_t hash) {
  header().results.fetch_add(hash, std::memory_order_relaxed);
}

void SharedLog::add_request() { header().requests.fetch_add(1, std::memory_order_relaxed); }

void SharedLog::add_open_tickets(std::int64_t change) {
  header().open_tickets.fetch_add(change, std::memory_order_acq_rel);
}

void SharedLog::set_trouble(Trouble trouble, std::string_view text) {
  const std::lock_guard lock(troubling_);
  if (header().trouble.load(std::memory_order_relaxed) != Trouble::none) return;
  const std::size_t size = std::min(text.size(), kTextMax);
  std::memcpy(header().trouble_text, text.data(), size);
  header().trouble_text[size] = '\0';
  header().trouble.store(trouble, std::memory_order_release);
}

HostState SharedLog::state() const { return header().state.load(std::memory_order_acquire); }
Trouble SharedLog::trouble() const { return header().trouble.load(std::memory_order_acquire); }
std::string SharedLog::trouble_text() const { return header().trouble_text; }
std::uint64_t SharedLog::results() const { return header().results.load(std::memory_order_relaxed); }
std::int64_t SharedLog::requests() const { return header().requests.load(std::memory_order_relaxed); }
std::int64_t SharedLog::open_tickets() const { return header().open_tickets.load(std::memory_order_acquire); }

std::uint64_t SharedLog::progress() const {
  return header().published.load(std::memory_order_relaxed) +
         header().state_changes.load(std::memory_order_relaxed);
}

std::span<const std::byte> SharedLog::entries() const {
  return {memory_ + sizeof(Header), header().published.load(std::memory_order_acquire)};
}

}  // namespace gridlock
