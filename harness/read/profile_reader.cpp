#include "harness/read/profile_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <limits>

#include "core/base/input_error.h"
#include "harness/read/json_cursor.h"
#include "harness/read/json_maker.h"
#include "harness/read/shipped_profiles.h"

namespace gridlock {
namespace {

/// A tenth of what int64 nanoseconds hold.
constexpr std::int64_t kTimeMax = std::numeric_limits<std::int64_t>::max() / 10;
constexpr std::int64_t kBytesMax = std::int64_t{1} << 56U;

CallKind read_kind(const JsonCursor& cursor) {
  if (const auto kind = call_kind_from_name(cursor.string())) return *kind;
  std::vector<std::string> known;
  for (const OperationInfo& info : all_operations()) known.emplace_back(info.name);
  cursor.fail_name("operation", cursor.string(), known);
}

std::vector<CostPoint> read_points(const JsonCursor& list) {
  std::vector<CostPoint> points;
  for (const JsonCursor& item : list.items()) {
    const std::vector<JsonCursor> pair = item.items();
    if (pair.size() != 2) item.fail(fmt::format("expected [bytes, nanoseconds], got {} values", pair.size()));
    const CostPoint point{pair[0].integer(0, kBytesMax), Nanos{pair[1].integer(0, kTimeMax)}};
    if (!points.empty() && point.bytes <= points.back().bytes) {
      item.fail(
          fmt::format("expected more than the {} bytes before, got {}", points.back().bytes, point.bytes));
    }
    points.push_back(point);
  }
  if (points.empty()) list.fail("expected at least one point");
  return points;
}

bool comes_before(const CostCurve& a, const CostCurve& b) {
  return std::pair(a.kind, a.ranks) < std::pair(b.kind, b.ranks);
}

}  // namespace

std::vector<std::string> shipped_profiles() {
  std::vector<std::string> names;
  for (const ShippedProfile& profile : shipped_profile_texts()) names.emplace_back(profile.name);
  return names;
}

std::shared_ptr<const CostProfile> load_profile(const std::string& name, const std::string& folder) {
  if (name.find('/') != std::string::npos || name.ends_with(".json")) {
    const std::filesystem::path path = std::filesystem::path(folder) / name;
    return std::make_shared<const CostProfile>(read_profile(read_json_file(path.string())));
  }
  for (const ShippedProfile& profile : shipped_profile_texts()) {
    if (profile.name != name) continue;
    return std::make_shared<const CostProfile>(
        read_profile(parse_json(profile.text, fmt::format("profiles/{}.json", name))));
  }
  throw InputError(name, "there is no such profile", name_hint(name, shipped_profiles()));
}

CostProfile read_profile(const JsonNode& root) {
  const JsonCursor cursor(root);
  cursor.check_keys({"name", "description", "curves"});
  CostProfile profile{cursor.at("name").string(), {}};
  for (const JsonCursor& item : cursor.at("curves").items()) {
    item.check_keys({"operation", "ranks", "points"});
    CostCurve curve{
        read_kind(item.at("operation")),
        static_cast<GroupRank>(item.at("ranks").integer(2, std::numeric_limits<GroupRank>::max())),
        read_points(item.at("points"))};
    const auto place = std::lower_bound(profile.curves.begin(), profile.curves.end(), curve, comes_before);
    if (place != profile.curves.end() && !comes_before(curve, *place)) {
      item.fail(fmt::format("{} over {} ranks is there already", call_kind_name(curve.kind), curve.ranks));
    }
    profile.curves.insert(place, std::move(curve));
  }
  if (profile.curves.empty()) cursor.at("curves").fail("expected at least one curve");
  return profile;
}

std::string profile_text(const CostProfile& profile, const std::string& description) {
  const JsonMaker make({});
  JsonNode::Array curves;
  for (const CostCurve& curve : profile.curves) {
    JsonNode::Array points;
    for (const CostPoint& point : curve.points) {
      points.push_back(make.list({make.number(point.bytes), make.number(point.time.count())}));
    }
    curves.push_back(make.object({{"operation", make.text(std::string(call_kind_name(curve.kind)))},
                                  {"ranks", make.number(curve.ranks)},
                                  {"points", make.list(std::move(points))}}));
  }
  return write_json(make.object({{"name", make.text(profile.name)},
                                 {"description", make.text(description)},
                                 {"curves", make.list(std::move(curves))}}));
}

}  // namespace gridlock
