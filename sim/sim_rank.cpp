#include "sim/sim_rank.h"

#include <algorithm>
#include <string>

#include "core/rank/buffer_check.h"
#include "sim/engine.h"

namespace gridlock::sim {

RankId SimRank::world_size() const { return engine_->histories().groups.world_size(); }
std::uint64_t SimRank::seed() const { return engine_->options().seed; }
bool SimRank::has_data() const { return engine_->has_data(); }
Nanos SimRank::now() const { return engine_->now(); }
const GroupTable& SimRank::groups() const { return engine_->histories().groups; }
SiteId SimRank::site(const Site& site) { return engine_->histories().sites.intern(site); }

BufferHandle SimRank::allocate(std::int64_t count, DType dtype) {
  check_new_buffer(count);
  if (has_data()) engine_->claim(count, dtype);
  return engine_->state(id_).buffers.allocate(count, dtype, has_data(), only(id_));
}

void SimRank::free(BufferHandle buffer) {
  Buffers& own = engine_->state(id_).buffers;
  if (const Buffer* freed = own.find(buffer); freed != nullptr && has_data())
    engine_->disclaim(freed->count, freed->dtype);
  own.free(buffer);
  engine_->races().freed(id_, buffer);
}

void SimRank::upload(BufferHandle buffer, std::span<const std::byte> bytes) {
  complain_if_busy(buffer, "written");
  Buffer* target = engine_->state(id_).buffers.find(buffer);
  check_live_buffer(buffer, target != nullptr);
  check_whole_buffer(buffer, target->byte_count(), bytes.size());
  target->contributors = only(id_);
  if (has_data()) std::copy(bytes.begin(), bytes.end(), target->span().begin());
}

void SimRank::download(BufferHandle buffer, std::span<std::byte> bytes) const {
  complain_if_busy(buffer, "read");
  const Buffer* source = engine_->state(id_).buffers.find(buffer);
  check_live_buffer(buffer, source != nullptr);
  check_whole_buffer(buffer, source->byte_count(), bytes.size());
  if (has_data()) {
    std::copy_n(source->span().begin(), bytes.size(), bytes.begin());
  } else {
    std::fill(bytes.begin(), bytes.end(), std::byte{0});
  }
}

void SimRank::complain_if_busy(BufferHandle buffer, const char* touch) const {
  const Buffer* touched = engine_->state(id_).buffers.find(buffer);
  if (touched == nullptr || touched->open_uses == 0) return;
  const int number = static_cast<int>(buffer);
  engine_->complain({Complaint::Kind::expectation_failed, id_, Label{},
                     "buffer " + std::to_string(number) + " is " + touch +
                         " while a call that uses it is open; wait for its ticket first"});
}

std::int64_t SimRank::buffer_count(BufferHandle buffer) const {
  const Buffer* known = engine_->state(id_).buffers.find(buffer);
  check_live_buffer(buffer, known != nullptr);
  return known->count;
}

DType SimRank::buffer_dtype(BufferHandle buffer) const {
  const Buffer* known = engine_->state(id_).buffers.find(buffer);
  check_live_buffer(buffer, known != nullptr);
  return known->dtype;
}

std::optional<std::vector<RankId>> SimRank::contributors(BufferHandle buffer) const {
  const Buffer* known = engine_->state(id_).buffers.find(buffer);
  check_live_buffer(buffer, known != nullptr);
  return engine_->device().provenance().ranks(known->contributors);
}

bool SimRank::is_complete(Ticket ticket) const { return !engine_->device().streams().is_open(id_, ticket); }

void SimRank::complain(Complaint complaint) {
  complaint.rank = id_;
  engine_->complain(std::move(complaint));
}

Reply SimRank::execute(const Request& request) { return engine_->execute_on_fiber(host_, request); }

}  // namespace gridlock::sim
