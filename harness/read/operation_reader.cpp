#include "harness/read/operation_reader.h"

#include <fmt/format.h>

#include <fmt/ranges.h>
#include <cmath>

#include <algorithm>
#include <limits>

#include "core/grid/plan.h"
#include "harness/read/number_reader.h"

namespace gridlock {
namespace {

ReduceOp read_reduce_op(const JsonCursor& cursor) {
  if (const std::optional<ReduceOp> op = reduce_op_from_name(cursor.string())) return *op;
  std::vector<std::string> known;
  for (const ReduceOpInfo& info : all_reduce_ops()) known.emplace_back(info.name);
  cursor.fail_name("reduce operation", cursor.string(), known);
}

/// The word that p2p operations put before "rank" and "stage", and collectives say for their root.
std::string peer_word(const OperationInfo& info) {
  if (info.kind == CallKind::send) return "to";
  return info.kind == CallKind::recv ? "from" : "root";
}

std::vector<std::string> peer_keys(const OperationInfo& info) {
  if (!info.is_p2p && !info.has_root) return {};
  const std::string word = peer_word(info);
  std::vector<std::string> keys = {word, word + "_rank"};
  if (info.is_p2p) keys.push_back(word + "_stage");
  return keys;
}

RankId stage_count(const ReadContext& context, const JsonCursor& cursor, const GroupRef& group) {
  const RankId stages =
      group.kind == GroupRef::Kind::family ? context.topology(group.grid).get_dim("pipe") : 0;
  if (stages == 0) cursor.fail("a stage needs a group of a grid with the axis 'pipe'");
  return stages;
}

Peer read_peer(const ReadContext& context, const JsonCursor& cursor, const OperationInfo& info,
               const GroupRef& group) {
  const std::vector<std::string> keys = peer_keys(info);
  if (keys.empty()) return {};
  std::vector<std::string> given;
  std::copy_if(keys.begin(), keys.end(), std::back_inserter(given),
               [&](const auto& key) { return cursor.has(key); });
  if (given.empty()) {
    cursor.fail(fmt::format("the key '{}' is missing", keys[0]),
                fmt::format("one of: {}", fmt::join(keys, ", ")));
  }
  if (given.size() > 1) {
    cursor.fail_key(given[1], fmt::format("'{}' and '{}' say the same; give one", given[0], given[1]));
  }
  Peer peer;
  const JsonCursor value = cursor.at(given[0]);
  NumberLimits limits{0, context.scenario.world_size - 1};
  std::string hint;
  if (given[0].ends_with("_stage")) {
    peer.by = Peer::By::stage;
    limits.max = stage_count(context, value, group) - 1;
  } else if (given[0].ends_with("_rank")) {
    peer.by = Peer::By::world_rank;
  } else {
    peer.by = Peer::By::group_rank;
    if (const RankId size = group_size(context, group); size > 0) limits.max = size - 1;
    hint = fmt::format("'{}' counts inside the group; '{}' takes a rank of the world", given[0], keys[1]);
    limits.hint = hint;
  }
  peer.value = read_number(context, value, limits);
  return peer;
}

std::vector<Number> read_counts(const ReadContext& context, const JsonCursor& list, CallKind kind,
                                RankId group_size) {
  std::vector<Number> counts;
  for (const JsonCursor& item : list.items()) counts.push_back(read_number(context, item));
  const bool is_both_ways = kind == CallKind::all_to_all_v;
  const std::int64_t expected = std::int64_t{group_size} * (is_both_ways ? 2 : 1);
  if (group_size >= 0 && counts.size() != static_cast<std::size_t>(expected)) {
    list.fail(fmt::format(
        "expected {} counts, {}, got {}", expected,
        is_both_ways ? "what goes to each member and then what comes from each" : "one for each member",
        counts.size()));
  }
  return counts;
}

/// Factors for which results are exact in every type (core/data/pattern.h).
constexpr double kScalarMin = 0.0625;
constexpr double kScalarMax = 16;

void read_reduction(const ReadContext& context, const JsonCursor& cursor, Operation& operation) {
  if (const auto op = cursor.find("op")) operation.op = read_reduce_op(*op);
  const auto scalar = cursor.find("scalar");
  if (!scalar) return;
  operation.scalar = read_real(context, *scalar);
  const double value = operation.scalar.constant;
  if (operation.op == ReduceOp::premul_sum && operation.scalar.is_constant() && value != 0 &&
      (std::abs(value) < kScalarMin || std::abs(value) > kScalarMax)) {
    scalar->fail(fmt::format("expected 0, or a factor whose size is from {} to {}, got {}", kScalarMin,
                             kScalarMax, value));
  }
}

void read_buffers(const ReadContext& context, const JsonCursor& cursor, Operation& operation) {
  if (const auto input = cursor.find("input")) operation.input = read_buffer(context, *input);
  if (const auto output = cursor.find("output")) operation.output = read_buffer(context, *output);
  if (const auto in_place = cursor.find("in_place")) operation.in_place = in_place->boolean();
  if (operation.in_place && (operation.input != BufferName::none || operation.output != BufferName::none)) {
    cursor.fail_key("in_place", "in_place is for private buffers", "remove it, or the names of the buffers");
  }
  const auto is_needed = [](Extent extent) { return extent == Extent::one || extent == Extent::all; };
  const OperationInfo& info = gridlock::operation(operation.kind);
  if (!is_needed(info.input) || !is_needed(info.output)) return;
  if ((operation.input == BufferName::none) == (operation.output == BufferName::none)) return;
  const bool has_input = operation.input != BufferName::none;
  cursor.fail_key(
      has_input ? "input" : "output",
      fmt::format("'{}' without '{}'", has_input ? "input" : "output", has_input ? "output" : "input"),
      "name both buffers, or none of them: then the rank makes and checks its own");
}

constexpr std::int64_t kDeviceMax = 1023;
constexpr std::int64_t kTagMax = std::numeric_limits<std::int32_t>::max();

void read_notes(const ReadContext& context, const JsonCursor& cursor, Operation& operation) {
  if (const auto device = cursor.find("device")) {
    const bool is_host = device->is_string() && device->string() == "cpu";
    operation.device = is_host ? Number{kHostMemory, {}, {}} : read_number(context, *device, {0, kDeviceMax});
    operation.has_notes = true;
  }
  if (const auto tag = cursor.find("tag")) {
    operation.tag = read_number(context, *tag, {0, kTagMax});
    operation.has_notes = true;
  }
  if (const auto kept_by = cursor.find("kept_by")) {
    operation.kept_by = read_number(context, *kept_by, {0, context.scenario.world_size - 1});
    operation.has_notes = true;
  }
  if (const auto content = cursor.find("content")) {
    operation.content = content->string();
    operation.has_notes = true;
  }
}

}  // namespace

std::vector<std::string> operation_keys(CallKind kind) {
  const OperationInfo& info = operation(kind);
  std::vector<std::string> keys = {"group", "stream", "device"};
  const auto add = [&](const std::vector<std::string>& more) {
    keys.insert(keys.end(), more.begin(), more.end());
  };
  if (info.count == CountMeaning::whole || info.count == CountMeaning::chunk) add({"count"});
  if (info.count == CountMeaning::per_rank) add({"counts"});
  if (info.count != CountMeaning::nothing) add({"dtype", "content"});
  if (info.is_p2p) add({"tag"});
  if (kind == CallKind::reduce || kind == CallKind::gather) add({"kept_by"});
  if (info.reduces) add({"op", "scalar"});
  add(peer_keys(info));
  if (info.input != Extent::nothing) add({"input"});
  if (info.output != Extent::nothing) add({"output"});
  if (info.in_place != InPlace::never) add({"in_place"});
  return keys;
}

Operation read_operation(const ReadContext& context, CallKind kind, const JsonCursor& cursor) {
  const OperationInfo& info = operation(kind);
  cursor.check_keys(operation_keys(kind));
  Operation made;
  made.kind = kind;
  made.group = read_group(context, cursor.at("group"));
  if (info.count == CountMeaning::whole || info.count == CountMeaning::chunk) {
    made.count = read_number(context, cursor.at("count"));
  }
  if (info.count == CountMeaning::per_rank) {
    made.counts = read_counts(context, cursor.at("counts"), kind, group_size(context, made.group));
  }
  if (const auto dtype = cursor.find("dtype")) made.dtype = read_dtype(*dtype);
  read_reduction(context, cursor, made);
  made.peer = read_peer(context, cursor, info, made.group);
  if (const auto stream = cursor.find("stream")) made.stream = read_number(context, *stream, {0, kStreamMax});
  read_buffers(context, cursor, made);
  read_notes(context, cursor, made);
  return made;
}

DType read_dtype(const JsonCursor& cursor) {
  if (const std::optional<DType> dtype = dtype_from_name(cursor.string())) return *dtype;
  std::vector<std::string> known;
  for (const DTypeInfo& info : all_dtypes()) known.emplace_back(info.name);
  cursor.fail_name("dtype", cursor.string(), known);
}

BackendKind read_backend(const JsonCursor& cursor) {
  if (const std::optional<BackendKind> backend = backend_from_name(cursor.string())) return *backend;
  cursor.fail_name(
      "backend", cursor.string(),
      {std::string(backend_name(BackendKind::nccl)), std::string(backend_name(BackendKind::gloo))});
}

BufferName read_buffer(const ReadContext& context, const JsonCursor& cursor) {
  const std::int32_t index = index_of(context.scenario.buffer_names, cursor.string());
  if (index < 0) cursor.fail_name("buffer", cursor.string(), context.scenario.buffer_names);
  return static_cast<BufferName>(index);
}

}  // namespace gridlock
