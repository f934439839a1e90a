#include "gloo_backend/gloo_world.h"

#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/base/input_error.h"
#include "gloo_backend/gloo_process.h"
#include "gloo_backend/gloo_rank.h"
#include "launch/process_host.h"

namespace gridlock {
namespace {

void check_input(const RunOptions& options, const RankProgram& program, const RealPlace& place) {
  GRIDLOCK_CHECK((program.main != nullptr) != (program.machine != nullptr));
  if (program.world_size < 1 || program.world_size > GlooWorld::kRankMax) {
    throw InputError(
        "world",
        fmt::format("the gloo world runs 1 to {} ranks, got {}", GlooWorld::kRankMax, program.world_size),
        "larger worlds run on the simulator");
  }
  if (program.thread_max > 0) {
    throw InputError("program.thread_max",
                     "a rank of this world is one process with one thread that makes calls",
                     "programs with several threads run on the simulator");
  }
  if (options.payload == Payload::shape) {
    throw InputError("payload", "the gloo world moves real data and has no shape mode",
                     "use payload \"data\"");
  }
  if (!place.interface.empty() && !std::filesystem::exists("/sys/class/net/" + place.interface)) {
    throw InputError("--interface",
                     fmt::format("this machine has no network interface '{}'", place.interface),
                     "`ip link` lists them");
  }
}

}  // namespace

RunResult GlooWorld::run(const RunOptions& options, const RankProgram& program, SiteTable sites) {
  check_input(options, program, place_);
  run_ = nullptr;
  run_ = std::make_unique<RealRun>(options, program.world_size, sites, place_);
  LinkOptions links;
  links.world_size = program.world_size;
  links.store_folder = run_->store();
  links.interface = place_.interface;
  links.timeout = options.real_timeout + std::chrono::minutes(1);

  return run_->run([&](RankProcess& process) {
    prepare_gloo_process();
    links.rank = process.rank();
    ProcessHost host(process, run_->posts());
    GlooRank rank(process, host, options, links, sites);
    if (rank.connect()) {
      try {
        rank.run_program(program);
      } catch (const std::exception& error) {
        process.crash(error.what());
      } catch (...) {
        process.crash("an exception that is no std::exception");
      }
    }
    rank.end_program();
    process.finish();
  });
}

}  // namespace gridlock
