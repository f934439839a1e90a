#include "harness/histories/flight_dump.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/base/input_error.h"
#include "harness/histories/recorded_run.h"

namespace gridlock {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kInt64Max = std::numeric_limits<std::int64_t>::max();

/// A value and the way to it.
class Node {
 public:
  Node(const Json& json, std::string file, std::string pointer)
      : json_(&json), file_(std::move(file)), pointer_(std::move(pointer)) {}

  const Json& json() const { return *json_; }

  [[noreturn]] void fail(const std::string& message, const std::string& hint = "") const {
    throw InputError(pointer_.empty() ? file_ : file_ + " " + pointer_, message, hint);
  }

  std::optional<Node> find(const char* key) const {
    if (!json_->is_object()) fail("expected an object, got " + std::string(json_->type_name()));
    const auto found = json_->find(key);
    if (found == json_->end() || found->is_null()) return std::nullopt;
    return Node(*found, file_, pointer_ + "/" + key);
  }

  Node at(const char* key) const {
    auto found = find(key);
    if (!found) fail(fmt::format("the key '{}' is missing", key));
    return *std::move(found);
  }

  std::vector<Node> items() const {
    if (!json_->is_array()) fail("expected a list, got " + std::string(json_->type_name()));
    std::vector<Node> list;
    for (std::size_t i = 0; i < json_->size(); ++i)
      list.emplace_back((*json_)[i], file_, fmt::format("{}/{}", pointer_, i));
    return list;
  }

  std::vector<std::pair<std::string, Node>> members() const {
    if (!json_->is_object()) fail("expected an object, got " + std::string(json_->type_name()));
    std::vector<std::pair<std::string, Node>> list;
    for (const auto& [key, value] : json_->items())
      list.emplace_back(key, Node(value, file_, pointer_ + "/" + key));
    return list;
  }

  std::string text() const {
    if (!json_->is_string()) fail("expected text, got " + std::string(json_->type_name()));
    return json_->get<std::string>();
  }

  bool flag() const {
    if (!json_->is_boolean()) fail("expected true or false, got " + std::string(json_->type_name()));
    return json_->get<bool>();
  }

  /// Integers come as numbers, and in some variants as text.
  std::int64_t integer(std::int64_t min, std::int64_t max) const {
    std::int64_t value = 0;
    if (json_->is_string()) {
      const auto& digits = json_->get_ref<const std::string&>();
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc() || end != digits.data() + digits.size())
        fail(fmt::format("expected an integer, got '{}'", digits));
    } else if (json_->is_number_unsigned() && json_->get<std::uint64_t>() > std::uint64_t{kInt64Max}) {
      fail("this integer is too large");
    } else if (json_->is_number_integer()) {
      value = json_->get<std::int64_t>();
    } else {
      fail("expected an integer, got " + std::string(json_->type_name()));
    }
    if (value < min || value > max) fail(fmt::format("{} is not from {} to {}", value, min, max));
    return value;
  }

 private:
  const Json* json_;
  std::string file_;
  std::string pointer_;
};

/// "[0, 1, 2, 3]", which is Python's text of the list, or a list.
std::vector<RankId> read_ranks(const Node& node) {
  std::vector<RankId> ranks;
  if (node.json().is_array()) {
    for (const Node& item : node.items())
      ranks.push_back(static_cast<RankId>(item.integer(0, kRecordedWorldMax - 1)));
  } else {
    const std::string text = node.text();
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    while (at != end) {
      if (*at == '[' || *at == ']' || *at == ',' || *at == ' ') {
        ++at;
        continue;
      }
      RankId rank = 0;
      const auto [next, error] = std::from_chars(at, end, rank);
      if (error != std::errc() || rank < 0 || rank >= kRecordedWorldMax)
        node.fail(fmt::format("expected a list of ranks, got '{}'", text.substr(0, 80)));
      ranks.push_back(rank);
      at = next;
    }
  }
  std::vector<RankId> sorted = ranks;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) node.fail("a rank is named twice");
  return ranks;
}

void check_version(const Node& root) {
  const auto version = root.find("version");
  if (!version) {
    root.fail("this is no dump of PyTorch's flight recorder: the key 'version' is missing");
  }
  const std::string text = version->text();
  int minor = 0;
  const char* const end = text.data() + text.size();
  const bool is_major = text.starts_with("2.");
  const auto parsed =
      is_major ? std::from_chars(text.data() + 2, end, minor) : std::from_chars_result{end, {}};
  if (!is_major || parsed.ec != std::errc() || parsed.ptr != end || minor < 2) {
    version->fail(fmt::format("version '{}' of the flight recorder is not known", text),
                  "2.2 and later versions of 2 are read");
  }
}

std::optional<std::int64_t> read_count(const std::optional<Node>& sizes) {
  if (!sizes) return std::nullopt;
  const std::vector<Node> tensors = sizes->items();
  if (tensors.empty()) return std::nullopt;
  std::int64_t total = 0;
  for (const Node& tensor : tensors) {
    std::int64_t count = 1;
    for (const Node& extent : tensor.items()) {
      if (__builtin_mul_overflow(count, extent.integer(0, kInt64Max), &count))
        tensor.fail("more elements than can be counted");
    }
    if (__builtin_add_overflow(total, count, &total)) sizes->fail("more elements than can be counted");
  }
  return total;
}

std::string read_dtype(const std::optional<Node>& dtypes) {
  if (!dtypes) return "";
  std::string dtype;
  for (const Node& item : dtypes->items()) {
    const std::string next = item.text();
    if (!dtype.empty() && dtype != next) return "";
    dtype = next;
  }
  return dtype;
}

FlightState read_state(const Node& node) {
  const std::string text = node.text();
  if (text == "scheduled") return FlightState::scheduled;
  if (text == "started") return FlightState::started;
  if (text == "completed") return FlightState::completed;
  node.fail(fmt::format("unknown state '{}'", text), "known: scheduled, started, completed");
}

Site read_site(const std::optional<Node>& frames) {
  Site site;
  if (!frames) return site;
  for (const Node& frame : frames->items()) {
    const std::string file = frame.at("filename").text();
    if (file.find("torch/distributed/") != std::string::npos) continue;
    site.text = frame.at("name").text();
    site.place = fmt::format("{}:{}", file, frame.at("line").integer(0, kInt64Max));
    return site;
  }
  return site;
}

FlightEntry read_entry(const Node& node) {
  FlightEntry entry;
  entry.record_id = node.at("record_id").integer(0, kInt64Max);
  const std::vector<Node> group = node.at("process_group").items();
  if (group.empty()) node.at("process_group").fail("expected [name, description]");
  entry.group = group[0].text();
  entry.operation = node.at("profiling_name").text();
  constexpr std::int64_t kSequenceMax = 1'000'000'000;
  entry.collective_seq_id = node.at("collective_seq_id").integer(0, kSequenceMax);
  entry.p2p_seq_id = node.at("p2p_seq_id").integer(0, kSequenceMax);
  const auto is_p2p = node.find("is_p2p");
  entry.is_p2p = is_p2p && is_p2p->flag();
  entry.input_count = read_count(node.find("input_sizes"));
  entry.output_count = read_count(node.find("output_sizes"));
  entry.dtype = read_dtype(node.find("input_dtypes"));
  if (entry.dtype.empty()) entry.dtype = read_dtype(node.find("output_dtypes"));
  entry.state = read_state(node.at("state"));
  entry.site = read_site(node.find("frames"));
  return entry;
}

std::vector<FlightGroup> read_groups(const Node& root) {
  std::vector<FlightGroup> groups;
  const auto config = root.find("pg_config");
  if (!config) return groups;
  for (const auto& [key, node] : config->members()) {
    FlightGroup group;
    group.name = key;
    if (const auto description = node.find("desc")) group.description = description->text();
    group.ranks = read_ranks(node.at("ranks"));
    if (!group.ranks.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

}  // namespace

FlightDump read_flight_dump(const Json& json, RankId rank, const std::string& file) {
  const Node root(json, file, "");
  if (!json.is_object()) root.fail("this is no dump of PyTorch's flight recorder: expected an object");
  check_version(root);
  FlightDump dump;
  dump.rank = rank;
  dump.file = file;
  dump.groups = read_groups(root);
  if (const auto entries = root.find("entries")) {
    for (const Node& node : entries->items()) dump.entries.push_back(read_entry(node));
  }
  std::stable_sort(dump.entries.begin(), dump.entries.end(),
                   [](const FlightEntry& a, const FlightEntry& b) { return a.record_id < b.record_id; });
  std::int64_t expected = 0;
  for (const FlightEntry& entry : dump.entries) {
    if (entry.record_id != expected++) dump.starts_late = true;
  }
  return dump;
}

}  // namespace gridlock
