// What a configuration's grids do: one step that uses every kind of group.
#include <algorithm>
#include <utility>

#include "harness/config/config.h"
#include "harness/read/json_maker.h"

namespace gridlock {
namespace {

constexpr std::int64_t kCountDefault = 1024;
constexpr std::int64_t kMicroBatchesMost = 64;
constexpr std::int64_t kVirtualStagesMost = 1024;

std::int64_t size_of(const ConfigGrid& grid, const char* axis) {
  return std::max<std::int64_t>(grid.layout.topology.get_dim(axis), 1);
}

/// As the batch sizes say, else two for each stage; at most kMicroBatchesMost, or one round of the stages,
/// which shows a schedule whole.
std::int64_t micro_batches(const ConfigGrid& grid) {
  if (grid.is_server) return 1;
  const ModelFacts& model = grid.model;
  const std::int64_t pipe = size_of(grid, "pipe");
  std::int64_t count = 2 * pipe;
  if (model.micro_batches > 0) count = model.micro_batches;
  if (model.global_batch > 0 && model.micro_batch > 0)
    count = model.global_batch / (model.micro_batch * size_of(grid, "data"));
  // What is left of a round stays: whether there is a rest decides what schedules can run.
  if (count > kMicroBatchesMost) {
    const std::int64_t rest = count % pipe;
    const std::int64_t rounds = std::max<std::int64_t>((kMicroBatchesMost - rest) / pipe, 1);
    count = std::min(count, rounds * pipe + rest);
  }
  return std::max<std::int64_t>(count, 1);
}

class ConfigWriter {
 public:
  explicit ConfigWriter(const Config& config) : config_(config), make_(JsonPlace{}) {}

  JsonNode write() const {
    JsonNode grids = make_.object({});
    JsonNode::Array create;
    JsonNode::Array programs;
    for (const ConfigGrid& grid : config_.grids) {
      make_.set(grids, grid.name, grid_node(grid));
      create.push_back(make_.object({{"create_grid", make_.text(grid.name)}}));
    }
    programs.push_back(program(make_.text("all"), std::move(create)));
    for (const ConfigGrid& grid : config_.grids) {
      JsonNode members = make_.object({{"grid", make_.text(grid.name)}});
      programs.push_back(program(std::move(members), steps(grid)));
    }
    JsonNode world = make_.object({{"ranks", make_.number(config_.world_size)},
                                   {"ranks_per_node", make_.number(config_.ranks_per_node)}});
    return make_.object({{"name", make_.text(config_.name)},
                         {"description", make_.text(config_.description)},
                         {"world", std::move(world)},
                         {"payload", make_.text("shape")},
                         {"grids", std::move(grids)},
                         {"programs", make_.list(std::move(programs))}});
  }

 private:
  JsonNode program(JsonNode ranks, JsonNode::Array steps) const {
    return make_.object({{"ranks", std::move(ranks)}, {"steps", make_.list(std::move(steps))}});
  }

  JsonNode axes_node(const ProcessTopology& topology) const {
    JsonNode node = make_.object({});
    for (std::size_t i = 0; i < topology.sizes().size(); ++i)
      make_.set(node, topology.get_axis_names()[i], make_.number(topology.sizes()[i]));
    return node;
  }

  JsonNode names_node(const std::vector<std::string>& names) const {
    JsonNode::Array list;
    for (const std::string& name : names) list.push_back(make_.text(name));
    return make_.list(std::move(list));
  }

  // torch's DeviceMesh makes the groups of one dimension after the other. It brings the dimension to the last
  // place by exchanging the two, which is why the last one numbers the groups in its place.
  JsonNode mesh_recipe(const ConfigGrid& grid) const {
    const std::vector<std::string>& axes = grid.layout.topology.get_axis_names();
    JsonNode::Array blocks;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      // The data replicas of a server know nothing of each other.
      if (grid.is_server && axes[i] == "data") continue;
      std::vector<std::string> numbering = axes;
      std::swap(numbering[i], numbering.back());
      numbering.pop_back();
      blocks.push_back(make_.object({{"inside", names_node({axes[i]})},
                                     {"numbering", names_node(numbering)},
                                     {"families", names_node({axes[i]})}}));
    }
    return make_.object({{"name", make_.text(grid.recipe)}, {"blocks", make_.list(std::move(blocks))}});
  }

  JsonNode grid_node(const ConfigGrid& grid) const {
    JsonNode node = make_.object({{"recipe", grid.is_mesh ? mesh_recipe(grid) : make_.text(grid.recipe)},
                                  {"topology", axes_node(grid.layout.topology)}});
    if (!grid.layout.views.empty()) {
      JsonNode views = make_.object({});
      for (const TopologyView& view : grid.layout.views)
        make_.set(views, view.name, axes_node(view.topology));
      make_.set(node, "views", std::move(views));
    }
    if (grid.offset > 0) make_.set(node, "ranks", make_.object({{"offset", make_.number(grid.offset)}}));
    if (!grid.gloo_twins) make_.set(node, "gloo_twins", make_.flag(false));
    if (grid.timeout_s > 0) make_.set(node, "timeout_s", make_.number(grid.timeout_s));
    if (!(grid.model == ModelFacts{})) {
      JsonNode model = make_.object({});
      for (const ModelFactInfo& info : kModelFacts) {
        if (grid.model.*info.value > 0)
          make_.set(model, std::string(info.name), make_.number(grid.model.*info.value));
      }
      make_.set(node, "model", std::move(model));
    }
    return node;
  }

  /// Elements of the activations that go from stage to stage.
  static std::int64_t activations(const ConfigGrid& grid) {
    const ModelFacts& model = grid.model;
    if (model.hidden_size == 0 || model.sequence_length == 0) return kCountDefault;
    const std::int64_t tokens = model.sequence_length / size_of(grid, "context");
    return std::max<std::int64_t>(tokens * std::max<std::int64_t>(model.micro_batch, 1) * model.hidden_size,
                                  1);
  }

  JsonNode call(const char* operation, const ConfigGrid& grid, const char* family, const char* label) const {
    JsonNode what = make_.object({{"group", make_.text(grid.name + "." + family)},
                                  {"count", make_.number(kCountDefault)},
                                  {"dtype", make_.text("bfloat16")}});
    return make_.object({{operation, std::move(what)}, {"label", make_.text(label)}});
  }

  static const char* schedule(const ConfigGrid& grid) {
    if (grid.is_server) return "forward_only";
    return is_interleaved(grid) ? "interleaved" : "1f1b";
  }

  /// One layer of one micro-batch: what the pipeline's stages do inside of theirs.
  JsonNode layer(const ConfigGrid& grid, const char* workload) const {
    return make_.object({{"workload", make_.text(workload)},
                         {"grid", make_.text(grid.name)},
                         {"layers", make_.number(1)},
                         {"count", make_.number(kCountDefault)},
                         {"dtype", make_.text("bfloat16")}});
  }

  JsonNode pipeline(const ConfigGrid& grid) const {
    JsonNode step = make_.object({{"workload", make_.text("pipeline")},
                                  {"grid", make_.text(grid.name)},
                                  {"schedule", make_.text(schedule(grid))},
                                  {"micro_batches", make_.number(micro_batches(grid))},
                                  {"count", make_.number(activations(grid))},
                                  {"dtype", make_.text("bfloat16")}});
    // DeepSpeed batches no transfer; in a step of its schedule the gradient goes before the activation
    // (runtime/pipe/schedule.py TrainSchedule, runtime/pipe/p2p.py).
    if (grid.recipe == "deepspeed" && size_of(grid, "pipe") > 1)
      make_.set(step, "p2p", make_.text("gradient_first"));
    if (is_interleaved(grid)) make_.set(step, "virtual_stages", make_.number(grid.model.virtual_stages));
    if (size_of(grid, "tensor") * size_of(grid, "model") > 1)
      make_.set(step, "tensor_all_reduces", make_.number(2));
    if (grid.tied_embedding && size_of(grid, "pipe") > 1)
      make_.set(step, "tied_embedding", make_.number(kCountDefault));
    return step;
  }

  /// What the data ranks do with the gradients, and with the weights of which each holds a share.
  JsonNode gradients(const ConfigGrid& grid, const char* family) const {
    if (grid.sharding == Sharding::none) return call("all_reduce", grid, family, "gradients");
    const bool weights = grid.sharding == Sharding::weights;
    JsonNode step = make_.object({{"workload", make_.text(weights ? "fsdp" : "zero1")},
                                  {"grid", make_.text(grid.name)},
                                  {"family", make_.text(family)},
                                  {weights ? "layers" : "buckets", make_.number(2)},
                                  {"count", make_.number(kCountDefault)},
                                  {"dtype", make_.text("bfloat16")}});
    if (weights) make_.set(step, "micro_batches", make_.number(micro_batches(grid)));
    make_.set(step, "gradient_norm", make_.flag(true));
    return step;
  }

  JsonNode::Array mesh_steps(const ConfigGrid& grid) const {
    JsonNode::Array batch;
    if (size_of(grid, "context") > 1) batch.push_back(call("all_to_all", grid, "context", "attention"));
    if (size_of(grid, "tensor") > 1) batch.push_back(call("all_reduce", grid, "tensor", "activations"));
    batch.push_back(call("all_gather", grid, "data", "weights"));
    batch.push_back(call("reduce_scatter", grid, "data", "gradients"));
    return {make_.object({{"repeat", make_.number(micro_batches(grid))},
                          {"as", make_.text("m")},
                          {"steps", make_.list(std::move(batch))}})};
  }

  JsonNode::Array steps(const ConfigGrid& grid) const {
    if (grid.is_mesh && !grid.is_server) return mesh_steps(grid);
    JsonNode::Array steps;
    const bool has_experts =
        std::any_of(grid.layout.views.begin(), grid.layout.views.end(),
                    [](const TopologyView& view) { return view.topology.get_dim("expert") > 1; });
    steps.push_back(pipeline(grid));
    if (grid.is_server) return steps;
    if (size_of(grid, "context") > 1) steps.push_back(layer(grid, "context_ring"));
    if (has_experts) {
      steps.push_back(layer(grid, "moe"));
      make_.set(steps.back(), "expert_gradients", make_.number(kCountDefault));
    }
    steps.push_back(gradients(grid, grid.recipe == "megatron" ? "data_context" : "data"));
    return steps;
  }

  const Config& config_;
  JsonMaker make_;
};

}  // namespace

bool is_interleaved(const ConfigGrid& grid) {
  return !grid.is_server && grid.model.virtual_stages > 1 &&
         grid.model.virtual_stages <= kVirtualStagesMost && size_of(grid, "pipe") > 1 &&
         micro_batches(grid) % size_of(grid, "pipe") == 0;
}

JsonNode config_scenario(const Config& config) { return ConfigWriter(config).write(); }

}  // namespace gridlock
