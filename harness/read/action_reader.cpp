#include "harness/read/action_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/base/check.h"
#include "core/rank/request.h"
#include "harness/read/expect_reader.h"
#include "harness/read/number_reader.h"
#include "harness/read/operation_reader.h"
#include "harness/read/selection_reader.h"

namespace gridlock {
namespace {

Action read_compute(const ReadContext& context, const JsonCursor& value) {
  return ComputeAction{read_duration(context, value)};
}

Action read_create_grid(const ReadContext& context, const JsonCursor& value) {
  const std::int32_t grid = index_of(context.grid_names(), value.string());
  if (grid < 0) value.fail_name("grid", value.string(), context.grid_names());
  return CreateGridAction{grid};
}

GroupName read_made_group(const ReadContext& context, const JsonCursor& value, GroupSpec& spec) {
  spec.name = value.at("name").string();
  return static_cast<GroupName>(index_of(context.scenario.group_names, spec.name));
}

/// Members in the order in which they are written.
Members read_ordered_members(const ReadContext& context, const JsonCursor& list) {
  std::vector<RankId> ranks;
  for (const JsonCursor& item : list.items())
    ranks.push_back(static_cast<RankId>(item.integer(0, context.scenario.world_size - 1)));
  list.located([&] { return Members::checked(ranks, context.scenario.world_size, "ranks"); });
  return Members::ordered(std::move(ranks));
}

bool is_plain_list(const JsonCursor& list) {
  if (!list.is_array()) return false;
  const std::vector<JsonCursor> items = list.items();
  return std::all_of(items.begin(), items.end(),
                     [](const JsonCursor& item) { return item.node().is_integer(); });
}

Action read_split(const ReadContext& context, const JsonCursor& value) {
  value.check_keys({"name", "group", "color", "key"});
  SplitAction made;
  GroupSpec spec;
  made.name = read_made_group(context, value, spec);
  made.group = read_group(context, value.at("group"));
  constexpr std::int64_t kColorMax = std::numeric_limits<std::int32_t>::max();
  made.color = read_number(context, value.at("color"), {kNoColor, kColorMax});
  if (const auto key = value.find("key")) made.key = read_number(context, *key, {0, kColorMax});
  return made;
}

Action read_shrink(const ReadContext& context, const JsonCursor& value) {
  value.check_keys({"name", "group", "ranks"});
  ShrinkAction made;
  made.name = read_made_group(context, value, made.spec);
  made.group = read_group(context, value.at("group"));
  made.spec.members = read_members(context, value.at("ranks"));
  return made;
}

Action read_abort(const ReadContext& context, const JsonCursor& value) {
  return AbortAction{read_group(context, value)};
}

/// Sorted, unless the group or the library says otherwise (P03).
void read_new_members(const ReadContext& context, const JsonCursor& value, GroupSpec& spec) {
  const JsonCursor ranks = value.at("ranks");
  const auto sort = value.find("sort");
  if (sort && !sort->boolean()) {
    spec.members = read_ordered_members(context, ranks);
    return;
  }
  spec.members = read_members(context, ranks);
  if (!is_plain_list(ranks)) return;
  const Members listed = read_ordered_members(context, ranks);
  const bool sorts = sort || context.scenario.options.semantics.sort_members;
  if (!listed.is_sorted()) (sorts ? spec.passed : spec.members) = listed;
}

Action read_new_group(const ReadContext& context, const JsonCursor& value) {
  value.check_keys({"name", "ranks", "backend", "timeout_s", "sort", "sync"});
  NewGroupAction made;
  made.name = read_made_group(context, value, made.spec);
  read_new_members(context, value, made.spec);
  if (const auto sync = value.find("sync")) {
    if (sync->string() != "world" && sync->string() != "members")
      sync->fail_name("way to synchronise", sync->string(), {"world", "members"});
    made.spec.members_only = sync->string() == "members";
  }
  if (const auto backend = value.find("backend")) made.spec.backend = read_backend(*backend);
  if (const auto timeout = value.find("timeout_s")) {
    made.spec.timeout = std::chrono::seconds(timeout->integer(1, 1'000'000'000));
  }
  return made;
}

Action read_destroy(const ReadContext& context, const JsonCursor& value) {
  const GroupRef group = read_group(context, value);
  if (group.kind == GroupRef::Kind::world) value.fail("the group of all ranks cannot be destroyed");
  return DestroyAction{group};
}

std::string edge_name(const JsonCursor& value) {
  if (value.string().empty()) value.fail("the name is empty");
  return value.string();
}

Action read_post(const ReadContext&, const JsonCursor& value) {
  if (value.is_string()) return PostAction{edge_name(value), false};
  value.check_keys({"name", "fails"});
  PostAction post{edge_name(value.at("name")), false};
  if (const auto fails = value.find("fails")) post.fails = fails->boolean();
  return post;
}

Action read_await(const ReadContext& context, const JsonCursor& value) {
  if (value.is_string()) return AwaitAction{edge_name(value), {}};
  value.check_keys({"name", "timeout"});
  AwaitAction await{edge_name(value.at("name")), {}};
  if (const auto timeout = value.find("timeout")) await.timeout_ns = read_duration(context, *timeout);
  return await;
}

Action read_wait(const ReadContext& context, const JsonCursor& value) {
  const std::int32_t ticket = index_of(context.scenario.ticket_names, value.string());
  if (ticket < 0) value.fail_name("ticket", value.string(), context.scenario.ticket_names);
  return WaitAction{static_cast<TicketName>(ticket)};
}

Action read_synchronize(const ReadContext& context, const JsonCursor& value) {
  if (!value.node().is_bool()) return SynchronizeAction{read_number(context, value, {0, kStreamMax})};
  if (!value.boolean()) value.fail("expected true or the number of a stream, got false");
  return SynchronizeAction{};
}

Action read_fill(const ReadContext& context, const JsonCursor& value) {
  value.check_keys({"buffer", "count", "dtype", "value"});
  FillAction fill;
  fill.buffer = read_buffer(context, value.at("buffer"));
  fill.count = read_number(context, value.at("count"));
  if (const auto dtype = value.find("dtype")) fill.dtype = read_dtype(*dtype);
  const auto content = value.find("value");
  if (!content) return fill;
  if (content->is_string() && content->string() == "rank") {
    fill.content = FillAction::Content::rank;
  } else if (!content->is_string() || content->string().starts_with('$')) {
    fill.content = FillAction::Content::value;
    fill.value = read_real(context, *content);
  } else if (content->string() != "pattern") {
    content->fail_name("content", content->string(), {"rank", "pattern"});
  }
  return fill;
}

Action read_expect_action(const ReadContext& context, const JsonCursor& value) {
  return read_expect(context, value);
}

struct PlainAction {
  const char* name;
  Action (*read)(const ReadContext&, const JsonCursor&);
};

constexpr PlainAction kPlainActions[] = {
    {"compute", read_compute},
    {"create_grid", read_create_grid},
    {"new_group", read_new_group},
    {"split", read_split},
    {"shrink", read_shrink},
    {"abort", read_abort},
    {"destroy", read_destroy},
    {"post", read_post},
    {"await", read_await},
    {"wait", read_wait},
    {"synchronize", read_synchronize},
    {"fill", read_fill},
    {"expect", read_expect_action},
};

}  // namespace

std::vector<std::string> action_names() {
  std::vector<std::string> names;
  for (const OperationInfo& info : all_operations()) names.emplace_back(info.name);
  names.insert(names.end(), {"batch", "repeat", "parallel"});
  for (const PlainAction& action : kPlainActions) names.emplace_back(action.name);
  names.emplace_back("workload");
  return names;
}

Action read_plain_action(const ReadContext& context, const std::string& action, const JsonCursor& value) {
  for (const PlainAction& known : kPlainActions) {
    if (action == known.name) return known.read(context, value);
  }
  // The step reader lets only known actions through, and workloads are ordinary steps by now.
  GRIDLOCK_CHECK(!"a known action");
}

}  // namespace gridlock
