#include "harness/read/expect_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/read/code_reader.h"
#include "harness/read/number_reader.h"
#include "harness/read/operation_reader.h"
#include "harness/read/selection_reader.h"

namespace gridlock {
namespace {

std::vector<std::string> accessor_names(const std::string& grid) {
  std::vector<std::string> names;
  for (const Accessor accessor : all_accessors())
    names.push_back(fmt::format("{}.{}", grid, accessor_name(accessor)));
  return names;
}

bool is_table_of_lists(const JsonCursor& cursor) {
  const JsonNode* values = cursor.node().find("values");
  return values != nullptr && values->is_array() && !values->array().empty() &&
         !values->array()[0].is_integer();
}

/// `read` for one value, or for each value of a table over an axis.
template <typename T, typename Read>
PerAxis<T> read_per_axis(const ReadContext& context, const JsonCursor& cursor, Read&& read) {
  PerAxis<T> lists;
  lists.values.clear();
  if (!is_table_of_lists(cursor)) {
    lists.values.push_back(read(cursor));
    return lists;
  }
  lists.by = read_table_axis(context, cursor);
  for (const JsonCursor& item : cursor.at("values").items()) lists.values.push_back(read(item));
  return lists;
}

/// As read_members, but null and [] are the empty group.
PerAxis<Members> read_maybe_members(const ReadContext& context, const JsonCursor& cursor) {
  return read_per_axis<Members>(context, cursor, [&](const JsonCursor& item) {
    const bool is_empty = item.node().is_null() || (item.is_array() && item.items().empty());
    return is_empty ? Members{} : read_members(context, item);
  });
}

/// In file order: what an accessor answers need not be ascending.
std::vector<RankId> read_rank_list(const ReadContext& context, const JsonCursor& cursor) {
  if (cursor.is_string()) return read_index_set(cursor, context.scenario.world_size, "rank").to_vector();
  std::vector<RankId> ranks;
  for (const JsonCursor& item : cursor.items()) {
    ranks.push_back(static_cast<RankId>(item.integer(0, context.scenario.world_size - 1)));
  }
  return ranks;
}

AccessorValue read_accessor_value(const ReadContext& context, const JsonCursor& cursor) {
  if (cursor.node().is_null()) return std::monostate{};
  if (cursor.node().is_bool()) return Number{cursor.boolean() ? 1 : 0, {}, {}};
  const bool is_range = cursor.is_string() && !cursor.string().starts_with('$');
  if (!cursor.is_array() && !is_range && !is_table_of_lists(cursor))
    return read_number(context, cursor, {-1});
  return read_per_axis<std::vector<RankId>>(
      context, cursor, [&](const JsonCursor& item) { return read_rank_list(context, item); });
}

/// Whether the answer is a number, a group or a list of ranks. Names whose presence is all that counts, and
/// objects, are not.
bool can_be_expected(Accessor accessor) {
  switch (accessor) {
    case Accessor::initialize_sequence_parallel:
    case Accessor::p2p_groups:
    case Accessor::_topo:
    case Accessor::_init_tp_mesh_device:
    case Accessor::ColumnParallelLinear:
    case Accessor::RowParallelLinear:
      return false;
    default:
      return true;
  }
}

ExpectAction read_accessor(const ReadContext& context, const JsonCursor& cursor) {
  const JsonCursor accessor = cursor.at("accessor");
  const std::string& text = accessor.string();
  const std::size_t dot = text.find('.');
  const std::vector<std::string> grids = context.grid_names();
  ExpectAccessor expect;
  expect.grid = index_of(grids, std::string_view(text).substr(0, dot));
  if (expect.grid < 0 || dot == std::string::npos) {
    accessor.fail(fmt::format("expected \"<grid>.<accessor>\", got '{}'", text),
                  name_hint(text.substr(0, dot), grids));
  }
  const std::optional<Accessor> found = accessor_from_name(std::string_view(text).substr(dot + 1));
  if (!found)
    accessor.fail_name("accessor", text, accessor_names(grids[static_cast<std::size_t>(expect.grid)]));
  expect.accessor = *found;
  if (!can_be_expected(*found)) {
    accessor.fail(fmt::format("{} has no value that can be written here", accessor_name(*found)),
                  "expect one of the get_ accessors, pp_group or a size");
  }
  if (expect.accessor == Accessor::stage_to_global) {
    cursor.check_keys({"accessor", "stage", "value"});
    expect.stage = read_number(context, cursor.at("stage"));
  } else {
    cursor.check_keys({"accessor", "value"});
  }
  expect.value = read_accessor_value(context, cursor.at("value"));
  return expect;
}

ExpectAction read_group_members(const ReadContext& context, const JsonCursor& cursor) {
  cursor.check_keys({"members", "ranks"});
  return ExpectMembers{read_group(context, cursor.at("members")),
                       read_maybe_members(context, cursor.at("ranks"))};
}

ExpectAction read_group_rank(const ReadContext& context, const JsonCursor& cursor) {
  cursor.check_keys({"group_rank", "value"});
  return ExpectGroupRank{read_group(context, cursor.at("group_rank")),
                         read_number(context, cursor.at("value"), {-1, context.scenario.world_size - 1})};
}

/// Requires exactly one of two keys.
std::string one_of(const JsonCursor& cursor, const std::string& first, const std::string& second) {
  if (cursor.has(first) == cursor.has(second)) {
    cursor.fail(fmt::format("expected either '{}' or '{}'", first, second));
  }
  return cursor.has(first) ? first : second;
}

ExpectAction read_buffer_values(const ReadContext& context, const JsonCursor& cursor) {
  cursor.check_keys({"buffer", "value", "values"});
  ExpectBuffer expect{read_buffer(context, cursor.at("buffer")), {}};
  if (one_of(cursor, "value", "values") == "value") {
    expect.values.push_back(read_real(context, cursor.at("value")));
    return expect;
  }
  expect.is_uniform = false;
  for (const JsonCursor& item : cursor.at("values").items())
    expect.values.push_back(read_real(context, item));
  return expect;
}

ExpectAction read_contributors(const ReadContext& context, const JsonCursor& cursor) {
  cursor.check_keys({"contributors", "ranks", "group"});
  ExpectContributors expect{read_buffer(context, cursor.at("contributors")), PerAxis<Members>{}};
  if (one_of(cursor, "ranks", "group") == "ranks") {
    expect.ranks = read_maybe_members(context, cursor.at("ranks"));
  } else {
    expect.ranks = read_group(context, cursor.at("group"));
  }
  return expect;
}

Relation read_relation(const JsonCursor& cursor) {
  std::vector<std::string> known;
  for (const Relation relation :
       {Relation::owner, Relation::minority, Relation::tie, Relation::edge, Relation::cycle, Relation::all}) {
    if (relation_name(relation) == cursor.string()) return relation;
    known.emplace_back(relation_name(relation));
  }
  cursor.fail_name("relation", cursor.string(), known);
}

Outcome read_outcome(const JsonCursor& cursor) {
  if (const std::optional<Outcome> outcome = outcome_from_name(cursor.string())) return *outcome;
  std::vector<std::string> known;
  for (const OutcomeInfo& info : outcomes_by_precedence()) known.emplace_back(info.name);
  cursor.fail_name("outcome", cursor.string(), known);
}

}  // namespace

ExpectAction read_expect(const ReadContext& context, const JsonCursor& cursor) {
  if (cursor.has("accessor")) return read_accessor(context, cursor);
  if (cursor.has("members")) return read_group_members(context, cursor);
  if (cursor.has("group_rank")) return read_group_rank(context, cursor);
  if (cursor.has("buffer")) return read_buffer_values(context, cursor);
  if (cursor.has("contributors")) return read_contributors(context, cursor);
  const std::vector<std::string> known = {"accessor", "members", "group_rank", "buffer", "contributors"};
  for (const auto& [key, value] : cursor.members()) {
    cursor.fail_key(key, fmt::format("'{}' says nothing that can be expected", key), name_hint(key, known));
  }
  cursor.fail("nothing is expected", fmt::format("one of: {}", fmt::join(known, ", ")));
}

Expectation read_expectation(const ReadContext& context, const JsonCursor& cursor) {
  cursor.check_keys(
      {"outcome", "diagnosis", "blame", "relation", "first_divergence", "warnings", "returned"});
  Expectation expect;
  if (const auto outcome = cursor.find("outcome")) expect.outcome = read_outcome(*outcome);
  // null is how a file that extends another takes an expectation back.
  const auto find = [&cursor](const char* key) {
    auto found = cursor.find(key);
    return found && found->node().is_null() ? std::nullopt : found;
  };
  if (const auto code = find("diagnosis")) expect.diagnosis = read_code(*code);
  if (const auto blame = find("blame")) {
    expect.blame = read_index_set(*blame, context.scenario.world_size, "rank");
  }
  if (const auto relation = find("relation")) expect.relation = read_relation(*relation);
  if (const auto sides = find("first_divergence")) {
    for (const JsonCursor& side : sides->items()) {
      side.check_keys({"ranks", "call"});
      expect.first_divergence.push_back(
          {read_index_set(side.at("ranks"), context.scenario.world_size, "rank"), side.at("call").string()});
    }
  }
  if (const auto warnings = find("warnings")) {
    expect.warnings.emplace();
    for (const JsonCursor& item : warnings->items()) expect.warnings->push_back(read_code(item));
  }
  if (const auto returned = find("returned")) {
    expect.returned = read_index_set(*returned, context.scenario.world_size, "rank");
  }
  for (const char* key : {"diagnosis", "blame", "relation", "first_divergence"}) {
    if (expect.outcome == Outcome::passed && cursor.has(key)) {
      cursor.fail_key(key, "a run that passes has no error diagnosis", "expect warnings, or another outcome");
    }
  }
  return expect;
}

}  // namespace gridlock
