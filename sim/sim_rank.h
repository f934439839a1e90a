#pragma once

#include <optional>
#include <span>
#include <vector>

#include "core/rank/rank.h"
#include "sim/hosts.h"

namespace gridlock::sim {

class Engine;

/// What a program, or one of its threads, sees of its rank in the simulator. Requests go to the engine; the
/// rest is answered from its state.
class SimRank final : public Rank {
 public:
  SimRank(Engine* engine, RankId id, HostId host) : engine_(engine), id_(id), host_(host) {}

  RankId id() const override { return id_; }
  RankId world_size() const override;
  std::uint64_t seed() const override;
  bool has_data() const override;
  Nanos now() const override;
  const GroupTable& groups() const override;
  SiteId site(const Site& site) override;
  BufferHandle allocate(std::int64_t count, DType dtype) override;
  void free(BufferHandle buffer) override;
  /// A touch of a buffer that an open call uses goes through and is kept as a complaint.
  void upload(BufferHandle buffer, std::span<const std::byte> bytes) override;
  void download(BufferHandle buffer, std::span<std::byte> bytes) const override;
  std::int64_t buffer_count(BufferHandle buffer) const override;
  DType buffer_dtype(BufferHandle buffer) const override;
  std::optional<std::vector<RankId>> contributors(BufferHandle buffer) const override;
  bool is_complete(Ticket ticket) const override;
  void complain(Complaint complaint) override;

  /// On a fiber only. A rank that is parked when the run ends is unwound by an exception that is no
  /// std::exception; requests made meanwhile, in destructors, return world_ended. Code must not park inside a
  /// noexcept function.
  Reply execute(const Request& request) override;

 private:
  void complain_if_busy(BufferHandle buffer, const char* touch) const;

  Engine* engine_;
  RankId id_;
  HostId host_;
};

}  // namespace gridlock::sim
