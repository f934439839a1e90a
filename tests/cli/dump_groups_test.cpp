// Groups that the stand-in of tools/dump_mpu.py makes as torch does: device meshes and subgroups.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <vector>

#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;
using Groups = std::vector<std::vector<int>>;
constexpr const char* kContract = " --contract deepspeed@0.19.6";

/// The dump that the tool writes, as text.
std::string dump_of(const std::string& target, int ranks) {
  const std::string dump = temporary_file("dump.json", "");
  const BinaryRun made = run_dump_mpu(target + " --stand-in --without-torch --world-size " +
                                      std::to_string(ranks) + " --out " + dump);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  return dump;
}

/// The groups in the order of their creation, which all ranks share.
Groups creations_of(const std::string& target, int ranks) {
  Groups groups;
  const auto dump = nlohmann::json::parse(read_file(dump_of(target, ranks)));
  EXPECT_EQ(dump.at("creations").size(), 1U);
  for (const auto& creation : dump.at("creations").at(0)) groups.push_back(creation.at("ranks"));
  return groups;
}

Groups plan_of(const std::string& config) {
  Groups groups;
  const BinaryRun run = run_gridlock("plan --format json --from " + config);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  const auto plan = nlohmann::json::parse(run.out);
  for (const auto& request : plan.at("grids").at(0).at("requests")) groups.push_back(request.at("ranks"));
  return groups;
}

/// A file whose object M makes `groups`, Python statements, on construction.
std::string making(const std::string& groups) {
  return temporary_file("made.py",
                        "import torch\nimport torch.distributed as dist\n"
                        "from torch.distributed.device_mesh import DeviceMesh, init_device_mesh\n"
                        "class M:\n  def __init__(self):\n    " +
                            groups + "\n  def get_data_parallel_rank(self):\n    return 0\n") +
         ":M";
}

std::string shown(const Groups& groups) { return nlohmann::json(groups).dump(); }

TEST(DumpedMesh, IsMadeInTheOrderOfTheRecipe) {
  for (const auto& [shape, config, ranks] :
       {std::tuple("(2, 2, 3)", "fsdp:d2c2t3", 12), std::tuple("(4, 1, 2)", "fsdp:d4t2", 8),
        std::tuple("(3, 4, 2)", "archon:d3c4t2", 24)}) {
    const std::string make = std::string("init_device_mesh('cuda', ") + shape + ")";
    EXPECT_EQ(creations_of(making(make), ranks), plan_of(config)) << config;
  }
}

TEST(DumpedMesh, SlicesMakeNoGroupsAndFlatDimensionsTheirOwn) {
  Groups expected = plan_of("fsdp:d2c2t3");
  EXPECT_EQ(expected.size(), 6U + 6U + 4U);
  for (const auto& ranks : Groups{{0, 3, 6, 9}, {1, 4, 7, 10}, {2, 5, 8, 11}}) expected.push_back(ranks);
  EXPECT_EQ(creations_of("examples/mpu/device_mesh.py:Mesh", 12), expected);
}

TEST(DumpedMesh, OfOneDimensionOverTheWorldIsTheWorld) {
  EXPECT_EQ(shown(creations_of(making("init_device_mesh('cuda', (4,))"), 4)), "[]");
  EXPECT_EQ(shown(creations_of(making("DeviceMesh('cuda', [0, 2])"), 4)), "[[0,2]]");
  EXPECT_EQ(shown(creations_of(making("DeviceMesh('cuda', torch.arange(4).view(2, -1))"), 4)),
            "[[0,2],[1,3],[0,1],[2,3]]");
}

TEST(DumpedMesh, AnswersAsAnMpuThatIsHeldAgainstItsSizes) {
  const BinaryRun right =
      run_gridlock("accessors --check " + dump_of("examples/mpu/device_mesh.py:Mesh", 12) + kContract);
  EXPECT_THAT(right.out, HasSubstr("\n  grid pipe=1,data=4,tensor=3 (from the sizes, in the order that fits "
                                   "best): 0 of 72 values differ\n"));
  const BinaryRun wrong = run_gridlock("accessors --check " +
                                       dump_of("examples/mpu/device_mesh.py:WrongDimension", 12) + kContract);
  EXPECT_THAT(wrong.out, HasSubstr("\nunlike pipe=1,data=4,tensor=3 (from the sizes, in the order that fits "
                                   "best)\n  get_model_parallel_rank on ranks 1-3, 5, 7-9, 11\n"));
}

TEST(DumpedMesh, SaysWhatTorchRefuses) {
  const auto refusal = [](const std::string& make) {
    const BinaryRun run = run_dump_mpu(making(make) + " --stand-in --without-torch --world-size 4 --out " +
                                       temporary_file("none.json", ""));
    EXPECT_EQ(run.exit_code, 1);
    return run.err;
  };
  EXPECT_THAT(refusal("init_device_mesh('cuda', (2, 4))"),
              HasSubstr("Mesh should not be bigger than default world size 4, but found 8 ranks!"));
  EXPECT_THAT(refusal("init_device_mesh('cuda', (2, 2)).get_group()"), HasSubstr("mesh_dim is needed"));
  EXPECT_THAT(refusal("init_device_mesh('cuda', (2, 2), mesh_dim_names=('a', 'b'))['c']"),
              HasSubstr("Mesh dimension 'c' does not exist"));
  EXPECT_THAT(refusal("DeviceMesh('cuda', [0, 1])['a']"), HasSubstr("without mesh_dim_names"));
}

TEST(DumpedSubgroups, AreMadeForAllRanks) {
  EXPECT_EQ(shown(creations_of(making("dist.new_subgroups(2)"), 6)), "[[0,1],[2,3],[4,5]]");
  EXPECT_EQ(shown(creations_of(making("dist.new_subgroups_by_enumeration([[0, 3], [2, 1]])"), 4)),
            "[[0,3],[1,2]]");
  EXPECT_EQ(shown(creations_of(making("assert dist.get_rank() in dist.new_subgroups(2)[0].ranks"), 4)),
            "[[0,1],[2,3]]");
}

TEST(DumpedSubgroups, AreRefusedAsTorchDoes) {
  const auto refusal = [](const std::string& make) {
    return run_dump_mpu(making(make) + " --stand-in --without-torch --world-size 4 --out " +
                        temporary_file("none.json", ""))
        .err;
  };
  EXPECT_THAT(refusal("dist.new_subgroups(3)"),
              HasSubstr("The world size (4) must be divisible by group_size=3"));
  EXPECT_THAT(refusal("dist.new_subgroups(8)"), HasSubstr("must not exceed the world size (4)"));
  EXPECT_THAT(refusal("dist.new_subgroups_by_enumeration([[0, 1], [1, 2]])"),
              HasSubstr("Rank 1 has appeared in both subgroup [0, 1] and [1, 2]"));
}

// DeepSpeed's documentation asks of an mpu the model's and the data's names only.
TEST(DumpedMinimalMpu, IsHeldAgainstModelTimesData) {
  const auto mpu = [](const std::string& model_rank) {
    return temporary_file("minimal.py",
                          "import torch.distributed as dist\nclass M:\n"
                          "  def __init__(self):\n    self.r = dist.get_rank()\n"
                          "  def get_model_parallel_rank(self):\n    return " +
                              model_rank +
                              "\n  def get_model_parallel_world_size(self):\n    return 2\n"
                              "  def get_data_parallel_rank(self):\n    return self.r // 2\n"
                              "  def get_data_parallel_world_size(self):\n    return 4\n") +
           ":M";
  };
  const BinaryRun right = run_gridlock("accessors --check " + dump_of(mpu("self.r % 2"), 8) + kContract);
  EXPECT_THAT(right.out, HasSubstr("\n  grid pipe=1,data=4,tensor=2 (from the sizes, in the order that fits "
                                   "best): 0 of 32 values differ\n"));
  const BinaryRun wrong =
      run_gridlock("accessors --check " + dump_of(mpu("(self.r + 1) % 2"), 8) + kContract);
  EXPECT_THAT(wrong.out, HasSubstr("\n  get_model_parallel_rank on all ranks\n"
                                   "    rank 0: expected 0, got 1\n"));
}

TEST(DumpCheckAsJson, HasWhatTheTextHas) {
  const std::string wrong = dump_of("examples/mpu/device_mesh.py:WrongDimension", 12);
  const BinaryRun run = run_gridlock("accessors --check " + wrong + kContract + " --format json");
  EXPECT_EQ(run.exit_code, 3);
  const auto report = nlohmann::json::parse(run.out);
  EXPECT_EQ(report.at("object"), "device_mesh.WrongDimension");
  EXPECT_EQ(report.at("outcome"), "mismatch");
  EXPECT_EQ(report.at("exit_code"), 3);
  EXPECT_EQ(report.at("creations"), 19);
  EXPECT_EQ(report.at("grid").at("axes"), "pipe=1,data=4,tensor=3");
  EXPECT_EQ(report.at("grid").at("values"), 72);
  const auto& differ = report.at("grid").at("differ").at(0);
  EXPECT_EQ(differ.at("accessor"), "get_model_parallel_rank");
  EXPECT_EQ(differ.at("ranks"), nlohmann::json({1, 2, 3, 5, 7, 8, 9, 11}));
  EXPECT_EQ(report.at("inconsistencies").at(0).at("invariant"), "group_rank");
  int counted = 0;
  for (const auto& gap : report.at("gaps")) counted += gap.at("counts").get<bool>() ? 1 : 0;
  EXPECT_EQ(counted, 9);
}

TEST(DumpCheckAsJson, OfASoundMpuPasses) {
  const std::string sound = dump_of("examples/mpu/three_axes.py:ThreeAxes", 8);
  const BinaryRun run =
      run_gridlock("accessors --check " + sound + kContract + " --subsystem 'ZeRO 3' --format json");
  EXPECT_EQ(run.exit_code, 0);
  const auto report = nlohmann::json::parse(run.out);
  EXPECT_EQ(report.at("outcome"), "passed");
  EXPECT_EQ(report.at("subsystems"), nlohmann::json({"ZeRO 3"}));
  EXPECT_TRUE(report.at("grid").at("differ").empty());
}

TEST(DumpCheckAsJson, IsForDumpsOnly) {
  EXPECT_EQ(run_gridlock("accessors --format json scenarios/grids/single_3d.json").exit_code, 2);
}

TEST(DumpFiles, WithoutAnyTextSayWhatWritesThem) {
  const std::string empty = temporary_file("empty.json", "");
  EXPECT_EQ(
      run_gridlock("accessors --check " + empty + kContract).err,
      empty +
          ": the file is empty\n  hint: tools/dump_mpu.py writes it, unless what it prints says why not\n");
}

}  // namespace
}  // namespace gridlock
