#include "harness/mpu/dump_answer.h"

#include <fmt/format.h>

#include <limits>
#include <map>

namespace gridlock {
namespace {

constexpr std::int64_t kNumberMax = std::numeric_limits<std::int64_t>::max();
/// MpuGroup::place of groups that no recorded call of all ranks made.
constexpr std::int64_t kWorldPlace = -1;
constexpr std::int64_t kUnrecordedPlace = -2;
constexpr std::int64_t kLocalPlace = -3;

/// Any number: an object that is wrong may name ranks which do not exist.
RankId read_rank(const JsonCursor& cursor) {
  return static_cast<RankId>(
      cursor.integer(std::numeric_limits<RankId>::min(), std::numeric_limits<RankId>::max()));
}

Members read_members(const JsonCursor& cursor, RankId world_size) {
  std::vector<RankId> ranks;
  for (const JsonCursor& item : cursor.items())
    ranks.push_back(static_cast<RankId>(item.integer(0, world_size - 1)));
  return cursor.located([&] { return Members::checked(ranks, world_size, cursor.pointer()); });
}

BackendKind kind_of(const std::string& backend) {
  return backend == "gloo" ? BackendKind::gloo : BackendKind::nccl;
}

DumpTables::Creations read_creations(const JsonCursor& list, RankId world_size) {
  std::vector<DumpedCreation> calls;
  DumpTables::Creations creations;
  std::int64_t ordered = 0;
  std::map<std::vector<RankId>, std::int64_t> local;
  for (const JsonCursor& item : list.items()) {
    item.check_keys({"ranks", "backend", "local"});
    DumpedCreation call{read_members(item.at("ranks"), world_size), item.at("backend").string(), false};
    if (const auto flag = item.find("local")) call.local = flag->boolean();
    creations.places.push_back(call.local ? kLocalPlace - local[call.members.to_vector()]++ : ordered++);
    calls.push_back(std::move(call));
  }
  creations.calls = std::make_shared<const std::vector<DumpedCreation>>(std::move(calls));
  return creations;
}

/// A list of ranks, or of pairs of ranks.
DumpedAnswer read_list(const JsonCursor& cursor) {
  const std::vector<JsonCursor> items = cursor.items();
  if (items.empty() || !items.front().is_array()) {
    std::vector<RankId> ranks;
    for (const JsonCursor& item : items) ranks.push_back(read_rank(item));
    return std::make_shared<const std::vector<RankId>>(std::move(ranks));
  }
  std::vector<RankPair> pairs;
  for (const JsonCursor& item : items) {
    const std::vector<JsonCursor> two = item.items();
    if (two.size() != 2) item.fail(fmt::format("expected two ranks, got {}", two.size()));
    pairs.push_back({read_rank(two[0]), read_rank(two[1])});
  }
  return std::make_shared<const std::vector<RankPair>>(std::move(pairs));
}

template <typename Item>
const Item& item_of(const JsonCursor& cursor, const std::vector<Item>& table, std::string_view name) {
  if (table.empty()) cursor.fail(fmt::format("the file has no {}", name));
  return table[static_cast<std::size_t>(cursor.integer(0, static_cast<std::int64_t>(table.size()) - 1))];
}

MpuGroup read_group(const JsonCursor& cursor, const DumpTables& tables,
                    const DumpTables::Creations& creations) {
  if (cursor.is_string()) {
    if (cursor.string() != "world") cursor.fail_name("group", cursor.string(), {"world"});
    return {Members::range(0, tables.world_size), BackendKind::nccl, kWorldPlace};
  }
  if (cursor.is_object()) {
    cursor.check_keys({"ranks", "backend"});
    return {read_members(cursor.at("ranks"), tables.world_size), kind_of(cursor.at("backend").string()),
            kUnrecordedPlace};
  }
  const DumpedCreation& call = item_of(cursor, *creations.calls, "creations");
  return {call.members, kind_of(call.backend), item_of(cursor, creations.places, "creations")};
}

DumpedAnswer read_plain(const JsonCursor& cursor, const DumpTables& tables,
                        const DumpTables::Creations& creations) {
  if (const auto value = cursor.find("value")) {
    if (value->node().is_null()) return DumpedNone{};
    if (value->is_array()) return read_list(*value);
    return value->integer(-kNumberMax, kNumberMax);
  }
  if (const auto place = cursor.find("shared")) return item_of(*place, tables.lists, "shared lists");
  if (const auto group = cursor.find("group")) return read_group(*group, tables, creations);
  if (const auto type = cursor.find("raises")) return ProbeError{type->string(), cursor.at("text").string()};
  if (const auto type = cursor.find("type")) return DumpedOther{type->string(), cursor.at("text").string()};
  if (cursor.has("missing")) return DumpedMissing{};
  if (cursor.has("present")) return DumpedPresent{};
  if (cursor.has("non_member")) return DumpedNonMember{};
  cursor.fail("expected one of value, shared, group, raises, type, missing, present, non_member");
}

void read_calls(const JsonCursor& list, const DumpTables& tables, const DumpTables::Creations& creations,
                MpuDump& dump) {
  for (const JsonCursor& item : list.items()) {
    item.check_keys({"stage", "with", "value", "raises", "type", "text"});
    DumpedStageCall call{read_rank(item.at("stage")), {}, read_plain(item, tables, creations)};
    if (const auto with = item.find("with")) {
      for (const auto& [axis, index] : with->members()) call.with.push_back({axis, read_rank(index)});
    }
    dump.stage_calls.push_back(std::move(call));
  }
}

ProcessTopology read_topology(const JsonCursor& axes) {
  std::vector<std::string> names;
  std::vector<std::int64_t> sizes;
  for (const auto& [name, size] : axes.members()) {
    names.push_back(name);
    sizes.push_back(size.integer(1, std::numeric_limits<RankId>::max()));
  }
  return axes.located([&] { return ProcessTopology(names, sizes); });
}

}  // namespace

DumpTables read_dump_tables(const JsonCursor& file, RankId world_size) {
  DumpTables tables;
  tables.world_size = world_size;
  for (const JsonCursor& list : file.at("creations").items())
    tables.creations.push_back(read_creations(list, world_size));
  for (const JsonCursor& list : file.at("shared").items()) tables.lists.push_back(read_list(list));
  return tables;
}

void read_dump_answer(const JsonCursor& cursor, Accessor accessor, const DumpTables& tables,
                      const DumpTables::Creations& creations, MpuDump& dump) {
  DumpedAnswer& answer = dump.answers[static_cast<std::size_t>(accessor)];
  if (const auto calls = cursor.find("calls"); calls && accessor == Accessor::stage_to_global) {
    cursor.check_keys({"calls"});
    read_calls(*calls, tables, creations, dump);
    answer = DumpedPresent{};
    return;
  }
  if (const auto axes = cursor.find("axes"); axes && accessor == Accessor::_topo) {
    cursor.check_keys({"axes", "digits"});
    dump.topology = read_topology(*axes);
    if (const auto digits = cursor.find("digits"))
      dump.index_digits = static_cast<int>(digits->integer(1, 10));
    answer = DumpedPresent{};
    return;
  }
  cursor.check_keys(
      {"value", "shared", "group", "raises", "type", "text", "missing", "present", "non_member"});
  answer = read_plain(cursor, tables, creations);
  // An empty list fits both.
  if (const auto* ranks = std::get_if<DumpedRanks>(&answer);
      accessor == Accessor::p2p_groups && ranks != nullptr && (*ranks)->empty()) {
    answer = std::make_shared<const std::vector<RankPair>>();
  }
}

}  // namespace gridlock
