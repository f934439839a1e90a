#include "harness/histories/flight_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "harness/histories/flight_operation.h"
#include "harness/histories/pickle.h"

namespace gridlock {
namespace {

using Json = nlohmann::ordered_json;

/// Launches of one group so far, as torch counts them on each rank.
struct Counters {
  std::int64_t pg_id = 0;
  std::int64_t collective = 0;
  std::int64_t p2p = 0;
  std::int64_t operations = 0;
  std::int64_t started = 0;
  std::int64_t completed = 0;
};

class DumpWriter {
 public:
  DumpWriter(const Histories& histories, RankId rank, FlightFormat format)
      : histories_(histories),
        rank_(rank),
        end_(histories.ranks[static_cast<std::size_t>(rank)]),
        is_pickle_(format == FlightFormat::pickle) {}

  Json dump() {
    const std::vector<const Record*> records = histories_.store.records(end_.node);
    for (std::size_t first = 0; first < records.size();) {
      std::size_t last = first;
      while (last < records.size() && same_launch(*records[first], *records[last])) ++last;
      if (is_enqueued(*records[first]))
        add_launch({records.begin() + static_cast<std::ptrdiff_t>(first),
                    records.begin() + static_cast<std::ptrdiff_t>(last)});
      first = std::max(last, first + 1);
    }
    Json dump = {{"version", "2.10"},
                 {"comm_lib_version", "2.28.9"},
                 {"pg_config", configs_},
                 {"pg_status", status()}};
    if (!entries_.empty() || is_pickle_) dump["entries"] = entries_;
    return dump;
  }

 private:
  using Launch = std::vector<const Record*>;

  bool is_enqueued(const Record& record) const {
    return record.kind == RecordKind::call && !record.rejected &&
           histories_.groups.resolve(record.group, rank_) != InstanceId::none;
  }

  bool same_launch(const Record& a, const Record& b) const {
    return is_enqueued(a) && is_enqueued(b) && a.ticket == b.ticket && a.group == b.group &&
           operation(a.call).is_p2p == operation(b.call).is_p2p;
  }

  std::string_view state_of(const Record& record) const {
    const bool is_parked = (end_.state == HostState::submitting || end_.state == HostState::connecting) &&
                           histories_.store.record(last_call_node()).ticket == record.ticket;
    // Torch notes the start with an event, which comes after the library's call.
    if (is_parked && end_.state == HostState::connecting) return "scheduled";
    for (const OpenWork& work : end_.open) {
      const auto first = static_cast<std::int64_t>(work.first_open);
      if (work.stream != record.stream || record.ticket < first) continue;
      return record.ticket == first ? "started" : "scheduled";
    }
    return is_parked ? "started" : "completed";
  }

  HistoryNode last_call_node() const {
    HistoryNode node = end_.node;
    while (histories_.store.record(node).kind != RecordKind::call) node = histories_.store.past(node);
    return node;
  }

  std::string name_of(const GroupInstance& group) const {
    return fmt::format("{}", group.creation_index + 1);
  }

  Counters& counters_of(const GroupInstance& group, const std::string& description) {
    const std::string name = name_of(group);
    const auto [entry, added] = counters_.try_emplace({name, group.spec.backend});
    if (!added) return entry->second;
    entry->second.pg_id = static_cast<std::int64_t>(counters_.size()) - 1;
    const std::vector<RankId> members = group.spec.members.to_vector();
    configs_[name] = {
        {"name", name}, {"desc", description}, {"ranks", fmt::format("[{}]", fmt::join(members, ", "))}};
    return entry->second;
  }

  void add_launch(const Launch& launch) {
    const Record& first = *launch.front();
    const GroupInstance& group = histories_.groups.instance(histories_.groups.resolve(first.group, rank_));
    Counters& counters = counters_of(group, histories_.groups.name(first.group));
    const bool is_p2p = operation(first.call).is_p2p;
    ++(is_p2p ? counters.p2p : counters.collective);
    const std::string_view state = state_of(first);
    if (state != "scheduled") ++counters.started;
    if (state == "completed") ++counters.completed;
    const std::string backend(backend_name(group.spec.backend));
    for (const Record* record : launch) {
      ++counters.operations;
      // The recorder follows a batch at its end only.
      Json entry = entry_of(group, counters, is_p2p, launch.size() > 1 ? "scheduled" : state);
      entry["profiling_name"] = backend + ":" + operation_name(*record, group);
      put_sizes(entry, *record, group);
      put_frames(entry, *record);
      entries_.push_back(std::move(entry));
    }
    if (launch.size() == 1) return;
    Json entry = entry_of(group, counters, is_p2p, state);
    entry["profiling_name"] = backend + ":coalesced";
    for (const char* key : {"input_sizes", "input_dtypes", "output_sizes", "output_dtypes"})
      entry[key] = Json::array();
    put_frames(entry, first);
    entries_.push_back(std::move(entry));
  }

  Json entry_of(const GroupInstance& group, const Counters& counters, bool is_p2p, std::string_view state) {
    const Json no_time = is_pickle_ ? Json(nullptr) : Json(0);
    return {{"record_id", entries_.size()},
            {"pg_id", counters.pg_id},
            {"process_group", {name_of(group), configs_[name_of(group)]["desc"]}},
            {"collective_seq_id", counters.collective},
            {"p2p_seq_id", counters.p2p},
            {"op_id", counters.operations},
            {"time_created_ns", entries_.size()},
            {"state", state},
            {"time_discovered_started_ns", no_time},
            {"time_discovered_completed_ns", no_time},
            {"retired", state == "completed"},
            {"timeout_ms", group.spec.timeout.count() / 1'000'000},
            {"is_p2p", is_p2p}};
  }

  std::string operation_name(const Record& record, const GroupInstance& group) const {
    std::string name(flight_name(record.call));
    if (!operation(record.call).is_p2p) return name;
    return fmt::format("{} {}{}{}", name, group.spec.members.index_of(rank_),
                       record.call == CallKind::send ? "->" : "<-", record.peer);
  }

  void put_sizes(Json& entry, const Record& record, const GroupInstance& group) const {
    const GroupRank size = group.spec.members.size();
    const GroupRank self = group.spec.members.index_of(rank_);
    std::int64_t input = input_count(record.call, record.count, size, self, record.peer);
    std::int64_t output = output_count(record.call, record.count, size, self, record.peer);
    if (operation(record.call).count == CountMeaning::per_rank && record.detail >= 0) {
      const std::vector<std::int64_t>& counts = histories_.store.counts(record.detail);
      const auto middle =
          counts.begin() + std::min<std::ptrdiff_t>(size, static_cast<std::ptrdiff_t>(counts.size()));
      const std::int64_t first = std::accumulate(counts.begin(), middle, std::int64_t{0});
      const bool is_gather = record.call == CallKind::all_gather_v;
      input = is_gather ? counts[static_cast<std::size_t>(self)] : first;
      output = is_gather ? first : std::accumulate(middle, counts.end(), std::int64_t{0});
    }
    // A send has one tensor, which torch shows on both sides.
    if (operation(record.call).is_p2p) input = output = record.count;
    const Json dtype = {std::string(flight_dtype_name(record.dtype))};
    const bool has_data = operation(record.call).count != CountMeaning::nothing;
    const auto sizes = [&](std::int64_t count) { return Json::array({Json::array({has_data ? count : 1})}); };
    entry["input_sizes"] = sizes(input);
    entry["input_dtypes"] = dtype;
    entry["output_sizes"] = sizes(output);
    entry["output_dtypes"] = dtype;
  }

  void put_frames(Json& entry, const Record& record) const {
    if (!is_pickle_) return;
    Json frames = Json::array();
    const Site& site = histories_.sites.site(record.label.site);
    const std::size_t colon = site.place.rfind(':');
    std::int64_t line = 0;
    if (colon != std::string::npos)
      std::from_chars(site.place.data() + colon + 1, site.place.data() + site.place.size(), line);
    if (record.label.site != SiteId::none)
      frames.push_back({{"name", site.text}, {"filename", site.place.substr(0, colon)}, {"line", line}});
    entry["frames"] = std::move(frames);
  }

  Json status() const {
    Json status = Json::object();
    const auto number = [&](std::int64_t value) {
      return is_pickle_ ? Json(value) : Json(fmt::format("{}", value));
    };
    for (const auto& [group, counters] : counters_) {
      status[fmt::format("{}", counters.pg_id)] = {
          {"last_enqueued_collective", number(std::max(counters.collective, counters.p2p))},
          {"last_started_collective", number(counters.started)},
          {"last_completed_collective", number(counters.completed)}};
    }
    return status;
  }

  const Histories& histories_;
  RankId rank_;
  const RankEnd& end_;
  bool is_pickle_;
  std::map<std::pair<std::string, BackendKind>, Counters> counters_;
  Json configs_ = Json::object();
  Json entries_ = Json::array();
};

}  // namespace

Json flight_dump(const Histories& histories, RankId rank, FlightFormat format) {
  return DumpWriter(histories, rank, format).dump();
}

std::string flight_dump_bytes(const Histories& histories, RankId rank, FlightFormat format) {
  const Json dump = flight_dump(histories, rank, format);
  if (format == FlightFormat::pickle) return pickle_text(dump);
  return dump.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gridlock
