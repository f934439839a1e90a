// tools/dump_mpu.py, which needs Python and nothing else, and what the checker says of its dumps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/mpu/accessor_table.h"
#include "tests/cli/binary.h"

namespace gridlock {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Dumps an object of examples/mpu and checks it.
BinaryRun check_example(const std::string& name, const std::string& flags) {
  const std::string dump = temporary_file("dump.json", "");
  const BinaryRun made = run_dump_mpu("examples/mpu/three_axes.py:" + name +
                                      " --stand-in --without-torch --world-size 8 --out " + dump);
  EXPECT_EQ(made.exit_code, 0) << made.err;
  return run_gridlock("accessors --check " + dump + " " + flags);
}

TEST(DumpMpu, AsksForEveryAccessor) {
  std::string names;
  for (Accessor accessor : all_accessors()) names += std::string(accessor_name(accessor)) + "\n";
  EXPECT_EQ(run_dump_mpu("--list").out, names);
}

TEST(DumpMpu, ASoundMpuPassesWhereItsUsersAskNothingMore) {
  const BinaryRun zero =
      check_example("ThreeAxes", "--contract deepspeed@0.19.6 --subsystem 'ZeRO 1/2' --subsystem 'ZeRO 3'");
  EXPECT_EQ(zero.exit_code, 0) << zero.out;
  // The first example of the page, whole.
  const std::string page = read_file(GRIDLOCK_SOURCE_DIR "/docs/mpu_dumps.md");
  EXPECT_THAT(zero.out, StartsWith("three_axes.ThreeAxes, 8 ranks: passed\n"));
  EXPECT_THAT(page, HasSubstr("```\n" + zero.out + "```\n"));
  const BinaryRun all = check_example("ThreeAxes", "--contract deepspeed@0.19.6");
  EXPECT_EQ(all.exit_code, 3);
  EXPECT_THAT(all.out, HasSubstr("  get_data_parallel_group_ranks is missing on all ranks\n"
                                 "    breaks checkpointing (fast data-parallel writer): "
                                 "deepspeed/runtime/model_checkpointing/utils.py:33\n"
                                 "    breaks groups (utils/groups.py): deepspeed/utils/groups.py:723\n"));
}

TEST(DumpMpu, AWrongMpuIsToldWhereItIsWrong) {
  const BinaryRun run =
      check_example("SwappedData", "--contract deepspeed@0.14.0 --axes pipe=2,data=2,tensor=2");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.out, HasSubstr("\nunlike pipe=2,data=2,tensor=2 (given)\n"
                                 "  get_data_parallel_rank on all ranks\n"
                                 "    rank 0: expected 0, got 1\n"));
  EXPECT_THAT(run.out,
              HasSubstr("  order of new_group differs on rank 5: creation 2 of 15: on rank 5 it is [0, 1] "
                        "on nccl, on rank 0 it is [2, 3] on nccl\n"));
  EXPECT_THAT(run.out, HasSubstr("the object has 'get_slice_paralel_group': is that the one?\n"));
}

TEST(DumpMpu, AnExitInsideAnAccessorIsAnAnswer) {
  const std::string file =
      temporary_file("exits.py",
                     "import sys\n"
                     "class Exits:\n"
                     "  def get_data_parallel_rank(self): sys.exit(3)\n"
                     "  def get_model_parallel_rank(self): raise OSError('two\\nlines')\n"
                     "def nothing(): pass\n");
  const std::string flags = " --stand-in --without-torch --world-size 2 --out ";
  const std::string dump = temporary_file("exits.json", "");
  ASSERT_EQ(run_dump_mpu(file + ":Exits" + flags + dump).exit_code, 0);
  const std::string checked = run_gridlock("accessors --check " + dump + " --contract deepspeed@0.19.6").out;
  EXPECT_THAT(checked, HasSubstr("get_data_parallel_rank raises SystemExit: 3 on all ranks"));
  EXPECT_THAT(checked, HasSubstr("get_model_parallel_rank raises OSError: two lines on all ranks"));
  const BinaryRun none = run_dump_mpu(file + ":nothing" + flags + dump);
  EXPECT_EQ(none.exit_code, 1);
  EXPECT_THAT(none.err, HasSubstr("gave None, which is no mpu"));
}

TEST(DumpMpu, SaysWhatItCannotDo) {
  const std::string out =
      " --stand-in --without-torch --world-size 2 --out " + temporary_file("none.json", "");
  const BinaryRun name = run_dump_mpu("examples/mpu/three_axes.py:FourAxes" + out);
  EXPECT_EQ(name.exit_code, 1);
  EXPECT_EQ(name.err,
            "dump_mpu: examples/mpu/three_axes.py has no 'FourAxes'\n"
            "dump_mpu: rank 0 could not be dumped\n");
  const std::string file = temporary_file("collective.py",
                                          "import torch.distributed as dist\n"
                                          "def make():\n  dist.all_reduce(1)\n");
  const BinaryRun moves = run_dump_mpu(file + ":make" + out);
  EXPECT_EQ(moves.exit_code, 1);
  EXPECT_THAT(moves.err,
              HasSubstr("the stand-in of torch.distributed has no 'all_reduce': it makes groups and moves "
                        "no data; run under torchrun"));
}

TEST(DumpMpu, WhatAnObjectRaisesIsAnAnswer) {
  const std::string file =
      temporary_file("raising.py",
                     "class Grid:\n"
                     "  def get_data_parallel_group(self):\n    raise RuntimeError('no groups')\n"
                     "  def get_data_parallel_world_size(self):\n    return 'two'\n"
                     "  def get_model_parallel_group(self):\n    return None\n");
  const std::string dump = temporary_file("raising.json", "");
  ASSERT_EQ(run_dump_mpu(file + ":Grid --stand-in --without-torch --world-size 1 --out " + dump).exit_code,
            0);
  const BinaryRun run = run_gridlock("accessors --check " + dump + " --contract deepspeed@0.19.6");
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_THAT(run.out, HasSubstr("  get_data_parallel_group raises RuntimeError: no groups on all ranks\n"));
  EXPECT_THAT(
      run.out,
      HasSubstr("  get_data_parallel_world_size cannot be used: it is 'two' of type str on all ranks\n"));
  EXPECT_THAT(run.out, Not(HasSubstr("  get_model_parallel_group is")));
}

TEST(AccessorsCommand, RefusesBadDumpsAndFlags) {
  const std::string file = temporary_file("bad.json", "{\"format\": 1}");
  const BinaryRun bad = run_gridlock("accessors --check " + file + " --contract deepspeed@0.19.6");
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_EQ(bad.err, file + ":1:12: /format: expected a string, got the number 1\n");
  const BinaryRun contract = run_gridlock("accessors --check " + file + " --contract deepspeed@0.19");
  EXPECT_EQ(contract.exit_code, 2);
  EXPECT_EQ(contract.err,
            "contract: there is no contract 'deepspeed@0.19'\n  hint: did you mean 'deepspeed@0.19.6'?\n");
  EXPECT_EQ(run_gridlock("accessors --contract deepspeed@0.19.6").exit_code, 2);
}

}  // namespace
}  // namespace gridlock
