#include "harness/read/workload_values.h"

#include <fmt/format.h>

#include <functional>

#include "core/grid/plan.h"
#include "harness/read/json_maker.h"

namespace gridlock {
namespace {

constexpr std::int64_t kTokensMax = 1'000'000'000'000;

class Values {
 public:
  Values(const WorkloadScope& scope, const JsonCursor& workload)
      : scope_(scope),
        workload_(workload),
        make_(workload.node().place),
        values_(read_workload_keys(scope, workload)) {}

  JsonNode read() {
    if (values_.find("family") != nullptr) {
      const bool joins_grids = values_.find("from") != nullptr;
      const Plan& plan = scope_.plan(workload_.at(joins_grids ? "from" : "grid"));
      size_ = plan.group_size(family_of(plan));
      joins_grids ? add_joined(plan) : add_ring();
    }
    const bool exchanges = workload_.at("workload").string() == "moe";
    if (exchanges) add_tokens();
    return std::move(values_);
  }

 private:
  void set(const char* name, JsonNode value) { make_.set(values_, name, std::move(value)); }

  /// Throws for a family that the grid has not, and for one that leaves ranks out.
  std::size_t family_of(const Plan& plan) const {
    const std::string& name = values_.find("family")->string();
    std::vector<std::string> known;
    for (const PlanFamily& family : plan.families()) {
      if (family.selection == MemberSelection::all && has_members_only(plan, family))
        known.push_back(family.name);
    }
    if (index_of(known, name) < 0) {
      const auto given = workload_.find("family");
      (given ? *given : workload_).fail_name("family of all the grid's ranks", name, known);
    }
    return plan.find_family(name).value();
  }

  /// Whether no rank outside of the grid is in the family, which one of the whole world may have.
  static bool has_members_only(const Plan& plan, const PlanFamily& family) {
    const std::int64_t size = plan.group_size(plan.find_family(family.name).value());
    return !family.of_world || size * family.count == plan.topology().world_size();
  }

  /// A value for each place in the group.
  JsonNode per_place(const std::function<JsonNode(RankId)>& value) const {
    JsonNode::Array values;
    for (RankId place = 0; place < size_; ++place) values.push_back(value(place));
    const std::string axis =
        values_.find("grid")->string() + "." + values_.find("family")->string() + ".place";
    return make_.object({{"by", make_.text(axis)}, {"values", make_.list(std::move(values))}});
  }

  void add_ring() {
    set("next", per_place([&](RankId place) { return make_.number((place + 1) % size_); }));
    set("previous", per_place([&](RankId place) { return make_.number((place + size_ - 1) % size_); }));
    JsonNode::Array places[2];
    for (RankId place = 0; place < size_; ++place) places[place % 2].push_back(make_.number(place));
    set("even", make_.list(places[0]));
    set("odd", make_.list(places[1]));
    set("turns", make_.number(size_ - 1));
    set("last_turn", make_.number(size_ > 1 ? 1 : 0));
  }

  void add_joined(const Plan& from) {
    const Plan& to = scope_.plan(workload_.at("to"));
    const RankId leader = from.mapping().to_world(0);
    const RankSet servers = RankSet(to.mapping().world_ranks().to_vector());
    for (RankId rank : from.mapping().world_ranks().to_vector()) {
      if (servers.contains(rank))
        workload_.at("to").fail(fmt::format("rank {} is in both grids", rank),
                                "a trainer sends its weights to other ranks");
    }
    set("leader", make_.number(leader));
    set("joined", make_.text(servers.united(RankSet::strided(leader, 1, 1)).to_string()));
    set("bucket_size", make_.number(workload_.at("count").integer(0, 1'000'000'000) * size_));
  }

  /// What place `from` sends to place `to`. A list of numbers is the same for every sender.
  std::int64_t tokens(const JsonCursor& list, RankId from, RankId to) const {
    const std::vector<JsonCursor> rows = list.items();
    const auto is_matrix = !rows.empty() && rows.front().is_array();
    const auto check_length = [&](const JsonCursor& cursor) {
      if (cursor.items().size() == static_cast<std::size_t>(size_)) return;
      cursor.fail(fmt::format("expected {} numbers, one for each member of a group, got {}", size_,
                              cursor.items().size()));
    };
    check_length(list);
    const JsonCursor& row = is_matrix ? rows[static_cast<std::size_t>(from)] : list;
    check_length(row);
    return row.items()[static_cast<std::size_t>(to)].integer(0, kTokensMax);
  }

  /// all_to_all_v wants what goes to each member, then what comes from each.
  void add_tokens() {
    const auto list = workload_.find("tokens");
    if (!list) {
      workload_.at("count");
      return;
    }
    const auto count = [&](RankId from, RankId to) { return make_.number(tokens(*list, from, to)); };
    JsonNode::Array going;
    JsonNode::Array coming;
    for (RankId other = 0; other < size_; ++other) {
      going.push_back(per_place([&](RankId own) { return count(own, other); }));
      coming.push_back(per_place([&](RankId own) { return count(other, own); }));
    }
    JsonNode::Array dispatch = going;
    dispatch.insert(dispatch.end(), coming.begin(), coming.end());
    JsonNode::Array combine = coming;
    combine.insert(combine.end(), going.begin(), going.end());
    set("dispatch", make_.list(std::move(dispatch)));
    set("combine", make_.list(std::move(combine)));
  }

  const WorkloadScope& scope_;
  const JsonCursor& workload_;
  JsonMaker make_;
  JsonNode values_;
  RankId size_ = 0;
};

}  // namespace

JsonNode workload_values(const WorkloadScope& scope, const JsonCursor& workload) {
  return Values(scope, workload).read();
}

}  // namespace gridlock
