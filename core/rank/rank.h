#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/complaint.h"
#include "core/base/status.h"
#include "core/rank/call.h"
#include "core/rank/request.h"

namespace gridlock {

class GroupTable;

/// What one rank can do without asking the engine: none of these parks. Owned by the world; valid while the
/// rank's program runs, and to be used by that rank's program only.
class RankContext {
 public:
  virtual ~RankContext() = default;

  virtual RankId id() const = 0;
  virtual RankId world_size() const = 0;
  virtual std::uint64_t seed() const = 0;
  /// False in shape mode: buffers have sizes but no bytes, fill and check do nothing and report success.
  virtual bool has_data() const = 0;
  /// Virtual time on this rank (real worlds: 0).
  virtual Nanos now() const = 0;
  /// Groups known to this rank's world; handles of Reply resolve there.
  virtual const GroupTable& groups() const = 0;
  /// Adds a place to the run's site table.
  virtual SiteId site(const Site& site) = 0;

  // Each of these throws InputError for a negative count, a handle that is not live, or sizes that differ.

  /// A new buffer of `count` elements with undefined content. On the simulator a buffer beyond
  /// RunOptions::memory_max ends the run; on real worlds out of memory ends the rank's process.
  virtual BufferHandle allocate(std::int64_t count, DType dtype) = 0;
  virtual void free(BufferHandle buffer) = 0;
  /// Copies host bytes in or out; sizes must be equal. Requires: no open call uses the buffer.
  virtual void upload(BufferHandle buffer, std::span<const std::byte> bytes) = 0;
  virtual void download(BufferHandle buffer, std::span<std::byte> bytes) const = 0;
  virtual std::int64_t buffer_count(BufferHandle buffer) const = 0;
  virtual DType buffer_dtype(BufferHandle buffer) const = 0;
  /// Ranks whose data went into the buffer, so that a wrong peer or a lost contribution shows even in shape
  /// mode. std::nullopt on worlds that do not track it.
  virtual std::optional<std::vector<RankId>> contributors(BufferHandle buffer) const = 0;

  /// Whether the work behind a ticket is complete. Unlike RequestKind::test it is not part of the rank's
  /// history, so a program must not steer by it; it is for checking results as early as possible.
  virtual bool is_complete(Ticket ticket) const = 0;
  /// What the backend said about the last status that was not ok; "" on the simulator.
  virtual std::string error_text() const { return ""; }
  /// Keeps the complaint (at most kComplaintMax per rank) for the result of the run.
  virtual void complain(Complaint complaint) = 0;

  static constexpr int kComplaintMax = 16;
};

/// What rank code sees. Requests may park the rank (see RequestKind); a parked rank is resumed by its world,
/// or unwound when the run ends, after which every request answers world_ended.
class Rank : public RankContext {
 public:
  virtual Reply execute(const Request& request) = 0;

  // Thin spellings of execute. Each returns what the request's kind says.
  Reply submit(std::span<const Call> calls);
  Reply submit(const Call& call) { return submit(std::span<const Call>(&call, 1)); }
  Status wait(Ticket ticket);
  Status synchronize(StreamId stream = StreamId::main);
  Status compute(Nanos duration);
  Status post(std::string_view name);
  Status await(std::string_view name, Nanos timeout = Nanos{0});
  Reply new_group(const GroupSpec& spec);
  Reply create_grid(std::shared_ptr<const Plan> plan, std::string_view name = {});
  Status destroy_group(GroupHandle group);

  /// Submit and wait on the host: the blocking form that small programs and tests use.
  Status run(const Call& call);
};

}  // namespace gridlock
