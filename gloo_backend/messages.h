#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <tuple>
#include <utility>
#include <vector>

#include "gloo_backend/gloo_links.h"
#include "gloo_backend/prepared_call.h"

namespace gridlock {

/// Messages that a rank sends to itself, which Gloo has no pair for: the two ends meet here. Any thread may
/// call it.
class SelfMail {
 public:
  /// Announces one end. Never blocks.
  void post(const PreparedCall& call);
  /// Blocks until the other end was posted too and the data has been copied. False when the two ends do not
  /// fit: the message will never be delivered.
  bool wait(const PreparedCall& call);

 private:
  struct Meeting {
    const PreparedCall* send = nullptr;
    const PreparedCall* recv = nullptr;
    bool fits = true;
    int waited = 0;
  };
  using Name = std::tuple<GroupKey, std::int32_t, std::int32_t>;

  std::mutex mutex_;
  std::condition_variable both_came_;
  std::map<Name, Meeting> meetings_;
};

/// Runs the sends and recvs of one submit over the mesh of all ranks, all at once: none waits for another. A
/// message is found by group, pair, direction, number, count and dtype together, so that ends of different
/// size never meet (Gloo would end the process); a small header, found without the size, tells the two ends
/// that this is so. Blocks until all are complete; `settled` hears of each one whether it was delivered or
/// can never be, because its ends do not fit. False when one cannot; what fits is still delivered. Gloo's
/// exceptions pass through.
bool run_messages(GlooLinks& links, SelfMail& self, std::span<const PreparedCall* const> calls,
                  const std::function<void(const PreparedCall&, bool delivered)>& settled);

}  // namespace gridlock
