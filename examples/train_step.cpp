// One training step of a model on pipe 2 x data 2 x tensor 2, written in C++ and run on eight virtual ranks:
//   example_train_step           passes
//   example_train_step --bug     rank 5 leaves out its last tensor all_reduce
#include <cstdio>
#include <memory>
#include <string_view>

#include "core/diagnosis/render.h"
#include "core/grid/group_table.h"
#include "core/grid/named_topology.h"
#include "core/grid/plan.h"
#include "sim/sim_world.h"

namespace {

using namespace gridlock;

std::shared_ptr<const Plan> plan_of_the_model() {
  GridSpec spec{.topology = ProcessTopology({"pipe", "data", "tensor"}, {2, 2, 2}),
                .recipe = areal_recipe(),
                .mapping = RankMapping::identity(8)};
  return std::make_shared<const Plan>(std::move(spec), 8);
}

Call all_reduce(GroupHandle group, BufferHandle buffer, std::int64_t count) {
  Call call;
  call.kind = CallKind::all_reduce;
  call.group = group;
  call.count = count;
  call.input = call.output = buffer;
  return call;
}

// What every rank does. A status that is not ok means that the call was refused or the run has ended.
void train_step(Rank& rank, const std::shared_ptr<const Plan>& plan, bool has_bug) {
  constexpr std::int64_t kHidden = 1024;
  constexpr int kLayers = 4;
  const Reply grid = rank.create_grid(plan, "model");
  if (!grid.status.ok()) return;
  const GroupHandle tensor = rank.groups().family(grid.grid, "tensor");
  const GroupHandle data = rank.groups().family(grid.grid, "data");
  const BufferHandle activations = rank.allocate(kHidden, DType::float32);
  for (int layer = 0; layer < kLayers; ++layer) {
    if (has_bug && rank.id() == 5 && layer == kLayers - 1) continue;
    Call call = all_reduce(tensor, activations, kHidden);
    call.label = {rank.site({"activations", "layer", "", "train_step.cpp"}), layer, -1};
    if (!rank.run(call).ok()) return;
  }
  const BufferHandle gradients = rank.allocate(4 * kHidden, DType::float32);
  if (!rank.run(all_reduce(data, gradients, 4 * kHidden)).ok()) return;
}

}  // namespace

int main(int argc, char** argv) {
  const bool has_bug = argc > 1 && std::string_view(argv[1]) == "--bug";
  const std::shared_ptr<const Plan> plan = plan_of_the_model();
  const RunResult result = simulate({}, 8, [&](Rank& rank) { train_step(rank, plan, has_bug); });
  std::printf("%s\n", std::string(outcome_name(result.verdict.outcome)).c_str());
  for (const Diagnosis& diagnosis : result.verdict.diagnoses) {
    std::printf("%s", render(diagnosis, *result.histories).c_str());
  }
  return static_cast<int>(result.verdict.outcome);
}
