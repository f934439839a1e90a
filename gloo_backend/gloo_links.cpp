#include "gloo_backend/gloo_links.h"

#include <sys/prctl.h>

#include <utility>

#include <gloo/context.h>
#include <gloo/rendezvous/context.h>
#include <gloo/rendezvous/file_store.h>
#include <gloo/rendezvous/prefix_store.h>
#include <gloo/transport/tcp/device.h>

namespace gridlock {
namespace {

/// Threads started while this lives are called kGlooThreadName.
class GlooThreadNaming {
 public:
  GlooThreadNaming() {
    ::prctl(PR_GET_NAME, before_);
    ::prctl(PR_SET_NAME, kGlooThreadName);
  }
  ~GlooThreadNaming() { ::prctl(PR_SET_NAME, before_); }

 private:
  char before_[16] = {};
};

}  // namespace

GlooLinks::GlooLinks(LinkOptions options) : options_(std::move(options)) {
  const GlooThreadNaming naming;
  gloo::transport::tcp::attr attributes;
  if (options_.interface.empty()) attributes.hostname = "127.0.0.1";
  attributes.iface = options_.interface;
  device_ = gloo::transport::tcp::CreateDevice(attributes);
}

GlooLinks::~GlooLinks() = default;

void GlooLinks::connect_world() { world_ = connect("world", options_.rank, options_.world_size); }

std::shared_ptr<gloo::Context> GlooLinks::group(const GroupKey& key, const Members& members) {
  if (key == world_group_key(options_.world_size)) return world_;
  Mesh* mesh = nullptr;
  {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Mesh>& known = meshes_[key];
    if (known == nullptr) known = std::make_unique<Mesh>();
    mesh = known.get();
  }
  const std::lock_guard lock(mesh->connecting);
  if (mesh->context == nullptr) {
    mesh->context = connect(to_string(key), members.index_of(options_.rank), members.size());
  }
  return mesh->context;
}

std::shared_ptr<gloo::Context> GlooLinks::connect(const std::string& prefix, int rank, int size) {
  // A store of its own for each mesh: Gloo's are not made for several threads.
  gloo::rendezvous::FileStore files(options_.store_folder);
  gloo::rendezvous::PrefixStore store(prefix, files);
  auto context = std::make_shared<gloo::rendezvous::Context>(rank, size);
  context->setTimeout(options_.timeout);
  context->connectFullMesh(store, device_);
  return context;
}

}  // namespace gridlock
