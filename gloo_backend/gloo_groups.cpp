#include "gloo_backend/gloo_groups.h"

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "gloo_backend/gloo_links.h"
#include "gloo_backend/submit_work.h"

namespace gridlock {
namespace {

HostGroups::State state_of(Trouble trouble) {
  if (trouble == Trouble::unlike_calls) return HostGroups::State::unlike_calls;
  return trouble == Trouble::peer_lost ? HostGroups::State::peer_lost : HostGroups::State::failed;
}

/// What the threads at work share with the rank; whoever is last lets go of it.
class Shared {
 public:
  explicit Shared(LinkOptions options) : links_(std::move(options)) {}

  void connect() {
    finish(work_.guarded([this] {
      links_.connect_world();
      return true;
    }));
  }
  void run(const std::vector<PreparedCall>& calls) { finish(work_.run(calls)); }

  void begin() { state_ = HostGroups::State::running; }
  HostGroups::State state() const { return state_; }
  std::string error() const {
    const std::lock_guard lock(mutex_);
    return error_;
  }

 private:
  void note(Trouble trouble, std::string_view text) {
    const std::lock_guard lock(mutex_);
    if (!error_.empty()) return;
    error_ = text;
    failure_ = state_of(trouble);
  }
  // Only when all has come to an end: what fits is still delivered.
  void finish(bool complete) {
    const std::lock_guard lock(mutex_);
    state_ = complete ? HostGroups::State::complete : failure_;
  }

  GlooLinks links_;
  // The rank hashes its outputs itself.
  SubmitWork work_{
      links_,
      {[this](Trouble trouble, std::string_view text) { note(trouble, text); }, [](const PreparedCall&) {}}};
  std::atomic<HostGroups::State> state_{HostGroups::State::complete};
  mutable std::mutex mutex_;
  HostGroups::State failure_ = HostGroups::State::failed;
  std::string error_;
};

class GlooGroups final : public HostGroups {
 public:
  explicit GlooGroups(LinkOptions options) : shared_(std::make_shared<Shared>(std::move(options))) {}

  void connect() override {
    shared_->begin();
    std::thread([shared = shared_] { shared->connect(); }).detach();
  }
  void start(std::vector<HostCall> calls) override {
    std::vector<PreparedCall> prepared;
    for (HostCall& call : calls) prepared.push_back({std::move(call), nullptr, nullptr});
    shared_->begin();
    std::thread([shared = shared_, prepared = std::move(prepared)] { shared->run(prepared); }).detach();
  }
  State state() const override { return shared_->state(); }
  std::string error() const override { return shared_->error(); }

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<HostGroups> make_gloo_groups(const HostGroupsPlace& place) {
  LinkOptions options;
  options.rank = place.rank;
  options.world_size = place.world_size;
  options.store_folder = place.folder;
  options.interface = place.interface;
  options.timeout = place.timeout;
  return std::make_unique<GlooGroups>(std::move(options));
}

}  // namespace gridlock
