#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "core/grid/group.h"

namespace gloo {
class Context;
namespace transport {
class Device;
}
}  // namespace gloo

namespace gridlock {

/// Name of the thread that Gloo runs its sockets on (at most 15 letters, prctl(2)).
inline constexpr char kGlooThreadName[] = "gridlock-gloo";

/// Where and how the ranks of a run find each other.
struct LinkOptions {
  RankId rank = 0;
  RankId world_size = 1;
  /// Folder of Gloo's file store.
  std::string store_folder;
  /// The network interface whose address is listened on; empty: loopback.
  std::string interface;
  /// Longer than the run may last: who gives up is decided by the launcher.
  std::chrono::milliseconds timeout{0};
};

/// The connections of one rank. The mesh of all ranks is there from the start and carries messages and
/// creations; each group gets a mesh of its own with its first collective, when all its members come anyway,
/// so that a grid with many groups costs what it uses. Connections stay until the process leaves. Gloo's
/// exceptions pass through; any thread may call group().
class GlooLinks {
 public:
  /// Opens the device (one thread of Gloo's). Connects nothing.
  explicit GlooLinks(LinkOptions options);
  ~GlooLinks();

  /// Blocks until every rank came. Requires: more than one rank.
  void connect_world();
  gloo::Context& world() const { return *world_; }
  std::shared_ptr<gloo::Context> world_ptr() const { return world_; }
  /// Blocks until every member came, at the first call for this key. Requires: the own rank among at least
  /// two members.
  std::shared_ptr<gloo::Context> group(const GroupKey& key, const Members& members);

 private:
  struct Mesh {
    std::mutex connecting;
    std::shared_ptr<gloo::Context> context;
  };
  std::shared_ptr<gloo::Context> connect(const std::string& prefix, int rank, int size);

  LinkOptions options_;
  std::shared_ptr<gloo::transport::Device> device_;
  std::shared_ptr<gloo::Context> world_;
  std::mutex mutex_;
  std::map<GroupKey, std::unique_ptr<Mesh>> meshes_;
};

}  // namespace gridlock
