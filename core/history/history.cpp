#include "core/history/history.h"

#define XXH_INLINE_ALL  // a call and a dispatch by size cost more than the hash of 64 bytes
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "core/base/check.h"
#include "core/grid/plan.h"

namespace gridlock {
namespace {

/// Nodes and records are numbered with 32 bits: four billion calls of ranks that all differ are the bound of
/// one run.
constexpr std::size_t kNodeMax = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kFirstBucketCount = 1024;

/// Field by field, each as wide as it was written a moment ago; the scalar by its bits. What differs between
/// the records of one place comes first.
bool are_equal(const Record& a, const Record& b) {
  return a.ticket == b.ticket && a.sequence == b.sequence && a.kind == b.kind && a.call == b.call &&
         a.group == b.group && a.peer == b.peer && a.count == b.count && a.label == b.label &&
         a.dtype == b.dtype && a.op == b.op && a.unknown == b.unknown && a.rejected == b.rejected &&
         a.batched == b.batched && a.stream == b.stream && a.detail == b.detail && a.notes == b.notes &&
         a.thread == b.thread &&
         std::bit_cast<std::uint64_t>(a.scalar) == std::bit_cast<std::uint64_t>(b.scalar);
}

// A record is hashed as it lies in memory, so there must be no padding in it.
static_assert(sizeof(Record) == 80);

std::uint64_t hash_bytes(const void* bytes, std::size_t size) { return XXH3_64bits(bytes, size); }

std::uint64_t child_hash(std::uint32_t past, std::uint64_t record_hash) {
  return (record_hash ^ past) * 0x9E3779B97F4A7C15ull;
}

/// Index of the entry that `is_equal`, added by `add` when there is none.
template <typename IsEqual, typename Add>
std::int32_t find_or_add(std::unordered_multimap<std::uint64_t, std::int32_t>& ids, std::uint64_t hash,
                         std::size_t size, IsEqual is_equal, Add add) {
  const auto [first, last] = ids.equal_range(hash);
  for (auto entry = first; entry != last; ++entry) {
    if (is_equal(static_cast<std::size_t>(entry->second))) return entry->second;
  }
  GRIDLOCK_CHECK(size < static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
  add();
  return ids.emplace(hash, static_cast<std::int32_t>(size))->second;
}

}  // namespace

Record call_record(const Call& call) {
  const OperationInfo& info = operation(call.kind);
  Record record;
  record.kind = RecordKind::call;
  record.call = call.kind;
  record.group = call.group;
  record.stream = call.stream;
  record.label = call.label;
  if (info.count != CountMeaning::nothing) record.dtype = call.dtype;
  if (info.count != CountMeaning::nothing && info.count != CountMeaning::per_rank) record.count = call.count;
  if (info.reduces) record.op = call.op;
  if (info.reduces && call.op == ReduceOp::premul_sum) record.scalar = call.scalar;
  if (info.has_root || info.is_p2p) record.peer = call.peer;
  return record;
}

HistoryStore::HistoryStore() : node_buckets_(kFirstBucketCount), record_slots_(kFirstBucketCount) {
  nodes_.push_back({0, 0, 0, 0, 0});
}

HistoryNode HistoryStore::append(HistoryNode past, const Record& record) {
  const std::uint32_t recent = nodes_[index(past)].recent;
  if (recent != 0 && are_equal(records_[nodes_[recent].record], record))
    return static_cast<HistoryNode>(recent);
  const auto parent = static_cast<std::uint32_t>(past);
  const std::uint32_t node = child(parent, record);
  nodes_[parent].recent = node;
  return static_cast<HistoryNode>(node);
}

std::uint32_t HistoryStore::child(std::uint32_t past, const Record& record) {
  const std::uint64_t record_hash = hash_bytes(&record, sizeof(record));
  const std::uint64_t hash = child_hash(past, record_hash);
  // The high bits of a product depend on all bits of its factors.
  std::size_t bucket = static_cast<std::size_t>(hash >> 32) & (node_buckets_.size() - 1);
  for (std::uint32_t i = node_buckets_[bucket]; i != 0; i = nodes_[i].next_in_bucket) {
    const Node& node = nodes_[i];
    if (node.past == past && record_hashes_[node.record] == record_hash &&
        are_equal(records_[node.record], record)) {
      return i;
    }
  }
  GRIDLOCK_CHECK(nodes_.size() < kNodeMax && past < nodes_.size());
  if (nodes_.size() > node_buckets_.size()) {
    grow_node_buckets();
    bucket = static_cast<std::size_t>(hash >> 32) & (node_buckets_.size() - 1);
  }
  const auto added = static_cast<std::uint32_t>(nodes_.size());
  nodes_.push_back({past, intern(record, record_hash), nodes_[past].length + 1, node_buckets_[bucket], 0});
  node_buckets_[bucket] = added;
  return added;
}

std::uint32_t HistoryStore::intern(const Record& record, std::uint64_t hash) {
  const std::size_t mask = record_slots_.size() - 1;
  std::size_t slot = static_cast<std::size_t>(hash) & mask;
  for (; record_slots_[slot] != 0; slot = (slot + 1) & mask) {
    const std::uint32_t id = record_slots_[slot] - 1;
    if (record_hashes_[id] == hash && are_equal(records_[id], record)) return id;
  }
  const auto id = static_cast<std::uint32_t>(records_.size());
  records_.push_back(record);
  record_hashes_.push_back(hash);
  record_slots_[slot] = id + 1;
  if (records_.size() * 2 > record_slots_.size()) grow_record_slots();
  return id;
}

void HistoryStore::grow_node_buckets() {
  node_buckets_.assign(node_buckets_.size() * 2, 0);
  for (std::uint32_t i = 1; i < nodes_.size(); ++i) {
    const std::uint64_t hash = child_hash(nodes_[i].past, record_hashes_[nodes_[i].record]);
    std::uint32_t& first = node_buckets_[static_cast<std::size_t>(hash >> 32) & (node_buckets_.size() - 1)];
    nodes_[i].next_in_bucket = first;
    first = i;
  }
}

void HistoryStore::grow_record_slots() {
  record_slots_.assign(record_slots_.size() * 2, 0);
  const std::size_t mask = record_slots_.size() - 1;
  for (std::uint32_t id = 0; id < records_.size(); ++id) {
    std::size_t slot = static_cast<std::size_t>(record_hashes_[id]) & mask;
    while (record_slots_[slot] != 0) slot = (slot + 1) & mask;
    record_slots_[slot] = id + 1;
  }
}

std::vector<const Record*> HistoryStore::records(HistoryNode node) const {
  std::vector<const Record*> list(static_cast<std::size_t>(length(node)));
  for (std::size_t i = list.size(); i > 0; node = past(node)) list[--i] = &record(node);
  return list;
}

std::size_t HistoryStore::byte_count() const {
  return nodes_.capacity() * sizeof(Node) + records_.capacity() * sizeof(Record) +
         (node_buckets_.capacity() + record_slots_.capacity()) * sizeof(std::uint32_t);
}

std::int32_t HistoryStore::add_counts(std::span<const std::int64_t> counts) {
  const std::uint64_t hash = hash_bytes(counts.data(), counts.size_bytes());
  return find_or_add(
      counts_ids_, hash, counts_.size(),
      [&](std::size_t i) {
        return std::equal(counts_[i].begin(), counts_[i].end(), counts.begin(), counts.end());
      },
      [&] { counts_.emplace_back(counts.begin(), counts.end()); });
}

std::int32_t HistoryStore::add_spec(const GroupSpec& spec) {
  const std::uint64_t hash =
      spec.members.hash() ^ spec.passed.hash() ^ hash_bytes(spec.name.data(), spec.name.size());
  return find_or_add(
      spec_ids_, hash, specs_.size(), [&](std::size_t i) { return specs_[i] == spec; },
      [&] { specs_.push_back(spec); });
}

std::int32_t HistoryStore::add_plan(std::shared_ptr<const Plan> plan) {
  GRIDLOCK_CHECK(plan != nullptr);
  return find_or_add(
      plan_ids_, plan->fingerprint(), plans_.size(),
      [&](std::size_t i) { return plans_[i] == plan || plans_[i]->fingerprint() == plan->fingerprint(); },
      [&] { plans_.push_back(plan); });
}

std::int32_t HistoryStore::add_name(std::string_view name) {
  return find_or_add(
      name_ids_, hash_bytes(name.data(), name.size()), names_.size(),
      [&](std::size_t i) { return names_[i] == name; }, [&] { names_.emplace_back(name); });
}

std::int32_t HistoryStore::add_notes(const CallNotes& notes) {
  if (notes == notes_.front()) return -1;
  const std::array<std::int32_t, 3> numbers{notes.device, notes.tag, notes.kept_by};
  const std::uint64_t hash =
      hash_bytes(numbers.data(), sizeof(numbers)) ^ hash_bytes(notes.content.data(), notes.content.size());
  const std::int32_t place = find_or_add(
      notes_ids_, hash, notes_.size(), [&](std::size_t i) { return notes_[i] == notes; },
      [&] { notes_.push_back(notes); });
  return place - 1;
}

}  // namespace gridlock
