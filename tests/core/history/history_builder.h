#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/diagnosis/judge.h"
#include "core/grid/group_registry.h"
#include "core/history/histories.h"

namespace gridlock {

/// What a rank of a small test world does, in order. Every call is followed by a wait unless the rank is
/// `async`.
class RankScript {
 public:
  RankScript& all_reduce(const std::string& group, std::int64_t count, ReduceOp op = ReduceOp::sum,
                         DType dtype = DType::float32);
  RankScript& all_gather(const std::string& group, std::int64_t count);
  RankScript& broadcast(const std::string& group, std::int64_t count, GroupRank root);
  RankScript& all_gather_v(const std::string& group, std::vector<std::int64_t> counts);
  RankScript& all_to_all_v(const std::string& group, std::vector<std::int64_t> counts);
  RankScript& barrier(const std::string& group);
  /// `peer` is a place in the group.
  RankScript& send(const std::string& group, GroupRank peer, std::int64_t count,
                   DType dtype = DType::float32);
  RankScript& recv(const std::string& group, GroupRank peer, std::int64_t count,
                   DType dtype = DType::float32);

  /// Calls from here on return at once and belong to this stream.
  RankScript& async(int stream = 0);
  RankScript& blocking();
  /// The next calls go into one ticket, until end_batch.
  RankScript& batch();
  RankScript& end_batch();
  /// Label of the calls that follow.
  RankScript& at(const std::string& text, int m = -1, int step = -1, const std::string& place = "");
  RankScript& synchronize(int stream = 0);
  /// Records an event on one stream and makes another wait for it.
  RankScript& stream_waits(int waiting, int recorded);

  RankScript& new_group(const std::string& name, std::vector<RankId> ranks);
  RankScript& create_grid(const std::string& name, std::shared_ptr<const Plan> plan);
  RankScript& post(const std::string& name);
  RankScript& await(const std::string& name);
  RankScript& crash();
  RankScript& exit();
  /// Works for ever, outside any call.
  RankScript& busy();
  /// Its process is suspended once it stands in a call: it does its part of none.
  RankScript& suspend();

  struct Step {
    enum class Kind {
      calls,
      wait,
      synchronize,
      event,
      new_group,
      create_grid,
      post,
      await,
      crash,
      exit,
      busy
    };
    Kind kind = Kind::calls;
    std::vector<Record> calls;
    std::vector<std::vector<std::int64_t>> counts;
    std::vector<std::string> groups;
    std::string name;
    std::vector<RankId> ranks;
    std::shared_ptr<const Plan> plan;
    int stream = 0;
    int other_stream = 0;
    std::string text, place;
    int m = -1, step = -1;
  };
  std::vector<Step> steps;
  bool is_suspended = false;

 private:
  RankScript& call(const std::string& group, Record record, std::vector<std::int64_t> counts = {});
  Step& add(Step::Kind kind);

  bool is_async_ = false;
  bool in_batch_ = false;
  int stream_ = 0;
  std::string text_, place_;
  int m_ = -1, step_ = -1;
};

/// Makes histories for tests: runs the scripts with the plainest rules there are (rendezvous, streams in
/// order, a call starts when it is first on its streams and completes when all its partners have started an
/// equal one) until nothing moves. Shares no code with the simulator or the analyser.
class HistoryBuilder {
 public:
  explicit HistoryBuilder(RankId world_size);

  RankScript& rank(RankId rank) { return scripts_[static_cast<std::size_t>(rank)]; }
  RankId world_size() const { return static_cast<RankId>(scripts_.size()); }
  /// The histories also tell what stuck programs would still have called.
  HistoryBuilder& with_plans();
  /// Calls complete as NCCL may complete them: collectives that are not alike, sends before their recv came.
  /// Nobody but the histories tells of it.
  HistoryBuilder& completes_anything();
  /// As if the history of this rank had been lost.
  HistoryBuilder& forget(RankId rank);

  /// Runs to the standstill. Valid as long as the builder.
  const Histories& histories();
  RunEnd end();
  Verdict verdict();
  /// The one diagnosis of a run that must have exactly one.
  Diagnosis only_diagnosis();

 private:
  struct Work {
    std::int64_t ticket;
    std::vector<Record> calls;
    std::vector<bool> done;
  };
  struct Host {
    std::size_t next = 0;
    bool is_parked = false;
    HostState state = HostState::running;
    std::int64_t ticket_count = 0;
    std::int64_t event_count = 0;
    std::int64_t creation_count = 0;
    std::vector<Work> open;
    std::map<int, std::vector<std::int64_t>> behind_event;
    std::map<std::string, GroupHandle> groups;
    std::map<std::vector<std::int64_t>, std::int32_t> sequences;
    GroupRegistry registry;
  };

  void run();
  bool advance(RankId rank);
  bool enter(RankId rank, const RankScript::Step& step);
  bool leave(RankId rank, const RankScript::Step& step);
  void submit(RankId rank, const RankScript::Step& step);
  void append(RankId rank, const RankScript::Step& step, Record record);
  void number(RankId rank, const std::string& group, Record& record);
  bool create_together();
  void finish_creation(RankId rank, const RankScript::Step& step);
  bool match();
  bool complete_collective(const Record& call, InstanceId instance);
  bool complete_transfer(RankId rank, const Record& call);
  bool is_started(RankId rank, const Work& work) const;
  std::pair<Work*, std::size_t> find_started(RankId rank, const Record& like, CallKind kind, GroupRank peer,
                                             InstanceId instance);
  void finish();
  void add_plan(RankId rank);
  Label label_of(const RankScript::Step& step);

  std::vector<RankScript> scripts_;
  std::vector<Host> hosts_;
  std::set<std::string> posted_;
  std::set<RankId> forgotten_;
  std::unique_ptr<Histories> histories_;
  bool has_plans_ = false;
  bool completes_anything_ = false;
  /// Sends that are over, of (instance, from, to).
  std::map<std::vector<int>, int> sent_;
};

}  // namespace gridlock
