#pragma once

#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "gloo_backend/gloo_links.h"
#include "gloo_backend/messages.h"
#include "gloo_backend/prepared_call.h"
#include "launch/shared_log.h"

namespace gridlock {

/// Who hears what becomes of the work. Called on worker threads.
struct WorkReport {
  std::function<void(Trouble, std::string_view)> trouble;
  /// A call's output is there.
  std::function<void(const PreparedCall&)> complete;
};

/// Adds the results to the log of a rank, and tells it of trouble. The log outlives the report.
WorkReport report_to(SharedLog& log);

/// Runs the calls of submits over the links of one rank. The one seam at which Gloo's exceptions become
/// values. Worker threads call run; the object outlives them.
class SubmitWork {
 public:
  SubmitWork(GlooLinks& links, WorkReport report) : links_(links), report_(std::move(report)) {}

  /// The calls of one submit: messages, and the collectives of each group, go on independently of each other
  /// (a batch is one ncclGroup); collectives of one group run in their order. Blocks until all are complete.
  /// False when they never will be, and trouble is reported.
  bool run(const std::vector<PreparedCall>& calls);

  /// Runs something that uses Gloo; false, and trouble reported, when it threw or answered false itself
  /// (which is then its own trouble to report).
  bool guarded(const std::function<bool()>& use);

 private:
  using Lane = std::vector<const PreparedCall*>;
  bool run_lane(const Lane& lane);
  bool run_one(const PreparedCall& call);
  void report_unlike(const PreparedCall& call);

  GlooLinks& links_;
  WorkReport report_;
  SelfMail self_;
};

}  // namespace gridlock
