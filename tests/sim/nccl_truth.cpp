#include "tests/sim/nccl_truth.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>

#include "core/data/element_value.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

using Json = nlohmann::json;

/// Buffers larger than this are left out: such rows run in shape mode.
constexpr std::int64_t kDataCountMax = 2'097'152;
/// What the measuring harness filled and printed at least.
constexpr std::int64_t kBufferCountMin = 16;
constexpr int kFamilies = 6;

bool starts_with(const std::string& text, const std::string& start) { return text.rfind(start, 0) == 0; }

std::optional<std::string> sight_of(const std::string& line) {
  if (line.find("host call still blocked") != std::string::npos) return "host blocked";
  if (line.find(": COMPLETED after") != std::string::npos) return "completed";
  if (line.find(": HANG (") != std::string::npos) return "hang";
  // An error that comes late is the other process giving up, not the library noticing anything.
  if (line.find(": ASYNC remote process exited") != std::string::npos)
    return line.find("after 8.00s") == std::string::npos ? "lost" : "hang";
  if (line.find("-> invalid") != std::string::npos) return "refused";
  if (line.find(": CUDA ") != std::string::npos) return "cuda error";
  return std::nullopt;
}

bool ends(const std::string& sight) { return sight != "completed" && sight != "refused"; }

void add(Sights& sights, const std::string& sight) {
  if (sights.empty() || !ends(sights.back())) sights.push_back(sight);
}

std::optional<RankId> rank_of(const std::string& line) {
  if (line.size() < 3 || line[0] != 'R' || line[2] != ' ') return std::nullopt;
  return line[1] - '0';
}

/// One rank's run of a program.
class Runner {
 public:
  Runner(const TruthRow& row, Rank& rank, bool has_data, Sights& sights,
         std::vector<std::vector<double>>& values)
      : row_(row), rank_(rank), has_data_(has_data), sights_(sights), values_(values) {}

  void run() {
    for (int i = 0; i <= kFamilies; ++i) {
      GroupSpec spec;
      spec.members = Members::range(0, rank_.world_size());
      groups_.push_back(rank_.new_group(spec).group);
    }
    if (row_.was_connected()) connect();
    for (const Json& step : steps()) {
      if (!sights_.empty() && ends(sights_.back())) return;
      perform(step);
    }
  }

 private:
  const Json& steps() const {
    const Json& program = row_.json.at("program");
    if (program.contains("all")) return program.at("all");
    if (program.contains("even")) return program.at(rank_.id() % 2 == 0 ? "even" : "odd");
    static const Json kNone = Json::array();
    const std::string key = std::to_string(rank_.id());
    return program.contains(key) ? program.at(key) : kNone;
  }

  /// Uses every channel once.
  void connect() {
    for (const GroupHandle group : groups_) run(all_reduce(1, StreamId::main, group));
    run(all_reduce(1));
    std::vector<Call> batch;
    for (RankId other = 0; other < rank_.world_size(); ++other) {
      if (other == rank_.id()) continue;
      batch.push_back(with_buffers(send(other)));
      batch.push_back(with_buffers(recv(other)));
    }
    (void)rank_.wait(rank_.submit(batch).ticket);
  }
  void run(const Call& call) { (void)rank_.run(with_buffers(call)); }

  GroupHandle group_of(const Json& op) const {
    const std::string name = op.value("group", "C");
    return name == "C" ? GroupHandle::world : groups_[name == "D" ? 0 : 0];
  }

  GroupRank peer_of(const Json& peer) const {
    if (peer.is_number()) return peer;
    const RankId size = rank_.world_size();
    if (peer == "self") return rank_.id();
    return (rank_.id() + (peer == "next" ? 1 : size - 1)) % size;
  }

  Call call_of(const Json& op) {
    Call call;
    call.kind = *call_kind_from_name(op.at("op").get<std::string>());
    call.count = op.value("count", 1);
    call.dtype = *dtype_from_name(op.value("dtype", "float32"));
    call.op = *reduce_op_from_name(op.value("reduce_op", "sum"));
    call.group = group_of(op);
    if (op.contains("stream")) call.stream = static_cast<StreamId>(op.at("stream") == "s1" ? 1 : 2);
    if (op.contains("root")) call.peer = op.at("root");
    if (op.contains("peer")) call.peer = peer_of(op.at("peer"));
    is_triple_ = op.value("note", "") == "input 3*rank+1";
    return with_buffers(call);
  }

  Call with_buffers(Call call) {
    if (!has_data_) return call;
    const std::int64_t shares = call.kind == CallKind::all_gather ? rank_.world_size() : 1;
    const std::int64_t count = std::max(call.count * shares, kBufferCountMin);
    call.input = call.kind == CallKind::recv ? BufferHandle::none : rank_.allocate(count, call.dtype);
    call.output = call.kind == CallKind::send ? BufferHandle::none : rank_.allocate(count, call.dtype);
    if (call.input != BufferHandle::none) fill(call.input, call.dtype, count);
    return call;
  }

  void fill(BufferHandle buffer, DType dtype, std::int64_t count) {
    const std::size_t size = dtype_size(dtype);
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * size);
    for (std::int64_t i = 0; i < count; ++i) {
      const int value = is_triple_ ? 3 * rank_.id() + 1 : rank_.id() + 1 + static_cast<int>(i % 7);
      put(bytes.data() + static_cast<std::size_t>(i) * size, dtype, value);
    }
    rank_.upload(buffer, bytes);
  }

  static void put(std::byte* at, DType dtype, int value) {
    const auto store = [at](auto typed) { std::memcpy(at, &typed, sizeof(typed)); };
    if (dtype == DType::float32) return store(static_cast<float>(value));
    if (dtype == DType::float64) return store(static_cast<double>(value));
    store(static_cast<std::int32_t>(value));
  }

  std::vector<double> first_of(const Call& call) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(rank_.buffer_count(call.output)) *
                                 dtype_size(call.dtype));
    rank_.download(call.output, bytes);
    std::vector<double> values;
    for (std::size_t i = 0; i < 4; ++i)
      values.push_back(get(bytes.data() + i * dtype_size(call.dtype), call.dtype));
    return values;
  }

  static double get(const std::byte* at, DType dtype) {
    const auto load = [at](auto typed) {
      std::memcpy(&typed, at, sizeof(typed));
      return static_cast<double>(typed);
    };
    if (dtype == DType::float32) return load(float{});
    if (dtype == DType::float64) return load(double{});
    return load(std::int32_t{});
  }

  void perform(const Json& step) {
    const std::string op = step.at("op");
    if (op == "synchronize") return synchronize();
    if (op == "exit") return leave();
    if (op == "compute") return (void)rank_.compute(std::chrono::seconds(step.at("seconds").get<int>()));
    if (op == "wait_at_most") return wait_at_most(std::chrono::seconds(step.at("seconds").get<int>()));
    if (op == "abort") return abort();
    if (op == "split") return split(step);
    if (op == "batch") {
      std::vector<Call> batch;
      for (const Json& one : step.at("calls")) batch.push_back(call_of(one));
      return submit(batch);
    }
    if (step.contains("groups")) return submit_families(step);
    for (int i = 0; i < step.value("times", 1); ++i) {
      const Call call = call_of(step);
      submit(std::span(&call, 1));
    }
  }

  void submit(std::span<const Call> calls) {
    const Reply reply = rank_.submit(calls);
    if (!reply.status.ok()) return add(sights_, "refused");
    const StreamId stream = calls.front().stream;
    const auto known =
        std::find_if(open_.begin(), open_.end(), [&](const Open& o) { return o.stream == stream; });
    Open& open = known == open_.end() ? open_.emplace_back(Open{stream, {}, {}}) : *known;
    open.tickets.push_back(reply.ticket);
    for (const Call& call : calls) {
      if (call.output != BufferHandle::none) open.outputs.push_back(call);
    }
  }

  void submit_families(const Json& step) {
    const bool is_ascending = starts_with(step.at("groups"), "D0");
    for (int i = 0; i < step.at("times").get<int>() * kFamilies; ++i) {
      const int at = is_ascending ? i % kFamilies : kFamilies - 1 - i % kFamilies;
      const Call call = all_reduce(step.at("count"), static_cast<StreamId>(at + 1),
                                   groups_[static_cast<std::size_t>(at + 1)]);
      submit(std::span(&call, 1));
    }
  }

  /// One look per stream that was used, as the measuring harness does.
  void synchronize() {
    std::vector<Open> open;
    open.swap(open_);
    if (open.empty()) return add(sights_, "completed");
    for (const Open& one : open) {
      bool is_lost = false;
      for (const Ticket ticket : one.tickets) {
        const Status status = rank_.wait(ticket);
        is_lost = is_lost || status == StatusCode::peer_lost;
      }
      add(sights_, is_lost ? "lost" : "completed");
      if (!is_lost && has_data_ && !one.outputs.empty()) values_.push_back(first_of(one.outputs.back()));
    }
  }

  void wait_at_most(Nanos duration) {
    (void)rank_.compute(duration);
    const bool is_complete = rank_.is_complete(open_.front().tickets.back());
    add(sights_, is_complete ? "completed" : "hang");
  }

  void abort() {
    Request request;
    request.kind = RequestKind::abort;
    request.group = GroupHandle::world;
    (void)rank_.execute(request);
  }

  void split(const Json& step) {
    for (int i = 0; i < step.value("times", 1); ++i) {
      Request request;
      request.kind = RequestKind::split;
      request.group = GroupHandle::world;
      const Json color = step.value("color", Json(0));
      request.color = color == "none" ? kNoColor : 0;
      const Json key = step.value("key", Json(0));
      request.key = key == "world_size - rank" ? rank_.world_size() - rank_.id() : key.get<int>();
      part_ = rank_.execute(request).group;
    }
    const InstanceId instance = rank_.groups().resolve(part_, rank_.id());
    if (instance == InstanceId::none) {
      values_.push_back({});
      return;
    }
    const Members& members = rank_.groups().instance(instance).spec.members;
    values_.push_back(
        {static_cast<double>(members.index_of(rank_.id())), static_cast<double>(members.size())});
  }

  void leave() {
    Request request;
    request.kind = RequestKind::exit;
    (void)rank_.execute(request);
  }

  struct Open {
    StreamId stream;
    std::vector<Ticket> tickets;
    std::vector<Call> outputs;
  };

  const TruthRow& row_;
  Rank& rank_;
  bool has_data_;
  bool is_triple_ = false;
  Sights& sights_;
  std::vector<std::vector<double>>& values_;
  std::vector<GroupHandle> groups_;
  GroupHandle part_ = GroupHandle::none;
  std::vector<Open> open_;
};

std::int64_t largest_count(const Json& node) {
  std::int64_t largest = 0;
  if (node.is_object() && node.contains("count")) largest = node.at("count");
  if (node.is_structured()) {
    for (const Json& child : node) largest = std::max(largest, largest_count(child));
  }
  return largest;
}

}  // namespace

std::string TruthRow::text() const {
  return name() + (was_connected() ? " connected" : " cold") + ", hosts " + std::to_string(hosts()) +
         ", ranks " + std::to_string(world_size());
}

std::vector<TruthRow> truth_rows() {
  std::ifstream in(GRIDLOCK_SOURCE_DIR "/tests/data/nccl_truth.json");
  std::vector<TruthRow> rows;
  const Json file = Json::parse(in);
  for (const Json& row : file.at("cases")) rows.push_back({row});
  return rows;
}

std::vector<Sights> recorded_sights(const TruthRow& row) {
  std::vector<Sights> sights(static_cast<std::size_t>(row.world_size()));
  std::size_t blocked = 0;
  for (const std::string line : row.json.at("seen")) {
    const std::optional<std::string> sight = sight_of(line);
    if (!sight) continue;
    // Blocked hosts are not named: they are the first ones.
    const std::size_t rank =
        *sight == "host blocked" ? blocked++ : static_cast<std::size_t>(rank_of(line).value_or(0));
    add(sights[rank], *sight);
  }
  return sights;
}

std::vector<std::vector<double>> recorded_values(const TruthRow& row, RankId rank) {
  std::vector<std::vector<double>> values;
  std::string last;
  for (const std::string line : row.json.at("seen")) {
    if (rank_of(line) != rank) continue;
    if (const auto sight = sight_of(line)) {
      last = *sight;
      continue;
    }
    std::istringstream in(line.substr(line.find(": ") + 2));
    std::vector<double> list;
    bool is_numbers = true;
    for (std::string word; in >> word;) {
      is_numbers = is_numbers && word.find_first_not_of("-+.e0123456789na") == std::string::npos;
      if (is_numbers) list.push_back(std::stod(word));  // reads "nan", as streams do not
    }
    if (is_numbers && !list.empty() && last == "completed") values.push_back(list);
  }
  return values;
}

TruthRun run_row(const TruthRow& row) {
  RunOptions options;
  options.semantics = *preset_from_name("nccl");
  options.semantics.on_mismatch = OnMismatch::emulate;
  const bool has_data = largest_count(row.json.at("program")) <= kDataCountMax;
  options.payload = has_data ? Payload::data : Payload::shape;
  if (row.hosts() == 2) options.ranks_per_node = 1;
  const auto size = static_cast<std::size_t>(row.world_size());
  TruthRun run{std::vector<Sights>(size), std::vector<std::vector<std::vector<double>>>(size), {}};
  run.result = simulate(options, row.world_size(), [&](Rank& rank) {
    const auto at = static_cast<std::size_t>(rank.id());
    Runner(row, rank, has_data, run.sights[at], run.values[at]).run();
  });
  for (std::size_t rank = 0; rank < size; ++rank) {
    const HostState state = run.result.histories->ranks[rank].state;
    const bool is_host = state == HostState::connecting || state == HostState::creating;
    if (is_host) add(run.sights[rank], "host blocked");
    if (state == HostState::waiting) add(run.sights[rank], "hang");
  }
  return run;
}

}  // namespace gridlock
