#include "tests/harness/pipeline_simulation.h"

#include <algorithm>
#include <utility>

#include "tests/harness/step_walker.h"

namespace gridlock {
namespace {

StageEvent event_of(const StepWalker& walker, const SubmitAction& submit) {
  StageEvent event;
  for (const Operation& operation : submit.operations) {
    if (!walker.admits(operation.guard)) continue;
    if (operation.kind != CallKind::send && operation.kind != CallKind::recv) continue;
    // With pipe as the only axis longer than 1, a stage is a world rank.
    event.transfers.push_back(
        {operation.kind == CallKind::send, static_cast<RankId>(walker.value(operation.peer.value))});
  }
  return event;
}

class Matcher {
 public:
  explicit Matcher(const Scenario& scenario) {
    for (RankId rank = 0; rank < scenario.world_size; ++rank) {
      stages_.emplace_back().events = events_of(scenario, rank);
    }
    run_.forwards.resize(stages_.size());
    run_.backwards.resize(stages_.size());
    run_.in_flight_max.resize(stages_.size());
  }

  PipelineRun run() {
    for (bool moved = true; moved;) {
      moved = false;
      for (std::size_t stage = 0; stage < stages_.size(); ++stage) moved = advance(stage) || moved;
      moved = match() || moved;
    }
    run_.is_complete =
        std::all_of(stages_.begin(), stages_.end(), [](const Stage& stage) { return stage.ended(); });
    for (const Stage& stage : stages_) run_.unmatched += static_cast<std::int64_t>(stage.open.size());
    return run_;
  }

 private:
  struct Stage {
    std::vector<StageEvent> events;
    std::size_t next = 0;
    /// Posted and not matched.
    std::vector<StageEvent::Transfer> open;
    std::int64_t received_forward = 0;
    std::int64_t received_backward = 0;
    std::int64_t sent_forward = 0;
    std::int64_t sent_backward = 0;

    bool ended() const { return next == events.size() && open.empty(); }
  };

  bool advance(std::size_t at) {
    Stage& stage = stages_[at];
    if (!stage.open.empty() || stage.next == stage.events.size()) return false;
    const StageEvent& event = stage.events[stage.next++];
    stage.open = event.transfers;
    if (!event.work.empty()) work(at, event);
    check_sends(at, event);
    return true;
  }

  void work(std::size_t at, const StageEvent& event) {
    Stage& stage = stages_[at];
    const bool is_forward = event.work == "forward";
    (is_forward ? run_.forwards : run_.backwards)[at].push_back(event.micro_batch);
    const std::int64_t in_flight = count(run_.forwards[at]) - count(run_.backwards[at]);
    run_.in_flight_max[at] = std::max(run_.in_flight_max[at], in_flight);
    if (is_forward && at > 0 && stage.received_forward <= event.micro_batch) complain(at, event);
    const bool is_last = at + 1 == stages_.size();
    if (!is_forward && !is_last && stage.received_backward <= event.micro_batch) complain(at, event);
    if (!is_forward && count(run_.forwards[at]) <= event.micro_batch) complain(at, event);
  }

  /// What is sent must have been worked out.
  void check_sends(std::size_t at, const StageEvent& event) {
    Stage& stage = stages_[at];
    for (const StageEvent::Transfer& transfer : event.transfers) {
      if (!transfer.is_send) continue;
      const bool is_forward = transfer.peer > static_cast<RankId>(at);
      const std::int64_t sent = ++(is_forward ? stage.sent_forward : stage.sent_backward);
      if (sent > count((is_forward ? run_.forwards : run_.backwards)[at])) complain(at, event);
    }
  }

  bool match() {
    for (std::size_t from = 0; from < stages_.size(); ++from) {
      for (std::size_t i = 0; i < stages_[from].open.size(); ++i) {
        const StageEvent::Transfer send = stages_[from].open[i];
        if (!send.is_send) continue;
        Stage& peer = stages_.at(static_cast<std::size_t>(send.peer));
        const auto receive = std::find_if(peer.open.begin(), peer.open.end(), [&](const auto& transfer) {
          return !transfer.is_send && transfer.peer == static_cast<RankId>(from);
        });
        if (receive == peer.open.end()) continue;
        ++(send.peer > static_cast<RankId>(from) ? peer.received_forward : peer.received_backward);
        peer.open.erase(receive);
        stages_[from].open.erase(stages_[from].open.begin() + static_cast<std::ptrdiff_t>(i));
        return true;
      }
    }
    return false;
  }

  static std::int64_t count(const std::vector<std::int64_t>& done) {
    return static_cast<std::int64_t>(done.size());
  }

  void complain(std::size_t at, const StageEvent& event) {
    if (!run_.too_early.empty()) return;
    run_.too_early =
        "stage " + std::to_string(at) + " " + event.work + " " + std::to_string(event.micro_batch);
  }

  std::vector<Stage> stages_;
  PipelineRun run_;
};

}  // namespace

std::vector<StageEvent> events_of(const Scenario& scenario, RankId rank) {
  std::vector<StageEvent> events;
  StepWalker walker(scenario, rank);
  walker.walk([&](const Step& step) {
    if (std::holds_alternative<ComputeAction>(step.action)) {
      events.push_back({step.site.text, walker.turn(step.loops[0]), {}});
    } else if (const auto* submit = std::get_if<SubmitAction>(&step.action)) {
      StageEvent event = event_of(walker, *submit);
      if (!event.transfers.empty()) events.push_back(std::move(event));
    }
  });
  return events;
}

PipelineRun run_pipeline(const Scenario& scenario) { return Matcher(scenario).run(); }

}  // namespace gridlock
