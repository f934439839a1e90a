#include "launch/outside_start.h"

#include <gtest/gtest.h>

#include <map>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

using Settings = std::map<std::string, std::string>;

std::optional<OutsideStart> start_with(const Settings& settings) {
  return find_outside_start([&](const char* name) -> const char* {
    const auto set = settings.find(name);
    return set == settings.end() ? nullptr : set->second.c_str();
  });
}

std::string text_of(const std::optional<OutsideStart>& start) {
  if (!start) return "none";
  return start->by + " " + std::to_string(start->rank) + "/" + std::to_string(start->world_size) + " local " +
         std::to_string(start->local_rank);
}

std::string refusal(const Settings& settings) {
  try {
    return text_of(start_with(settings));
  } catch (const InputError& error) {
    return error.what();
  }
}

TEST(OutsideStart, IsWhatTheVariablesOfEachLauncherSay) {
  EXPECT_EQ(text_of(start_with({})), "none");
  EXPECT_EQ(text_of(start_with({{"RANK", "5"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "1"}})),
            "torchrun 5/8 local 1");
  EXPECT_EQ(text_of(start_with({{"OMPI_COMM_WORLD_RANK", "3"},
                                {"OMPI_COMM_WORLD_SIZE", "4"},
                                {"OMPI_COMM_WORLD_LOCAL_RANK", "3"}})),
            "mpirun 3/4 local 3");
  EXPECT_EQ(
      text_of(start_with({{"SLURM_PROCID", "2"}, {"SLURM_STEP_NUM_TASKS", "4"}, {"SLURM_LOCALID", "0"}})),
      "srun 2/4 local 0");
}

TEST(OutsideStart, OfTheInnermostLauncherCounts) {
  EXPECT_EQ(text_of(start_with(
                {{"SLURM_PROCID", "1"}, {"SLURM_STEP_NUM_TASKS", "2"}, {"RANK", "9"}, {"WORLD_SIZE", "16"}})),
            "torchrun 9/16 local 0");
}

TEST(OutsideStart, IsNotThatOfASlurmBatchScript) {
  EXPECT_EQ(text_of(start_with({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}})), "none");
  EXPECT_EQ(text_of(start_with({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_STEP_ID", "0"}})),
            "srun 0/8 local 0");
}

TEST(OutsideStart, WithVariablesThatContradictEachOtherIsRefused) {
  EXPECT_EQ(refusal({{"RANK", "8"}, {"WORLD_SIZE", "8"}}),
            "RANK: rank 8 is outside a world of 8 (WORLD_SIZE)");
  EXPECT_EQ(refusal({{"RANK", "one"}, {"WORLD_SIZE", "8"}}), "RANK: expected a number from 0, got 'one'");
  EXPECT_EQ(refusal({{"RANK", "1"}, {"WORLD_SIZE", "-8"}}), "WORLD_SIZE: expected a number from 0, got '-8'");
  EXPECT_EQ(refusal({{"RANK", "1"}, {"WORLD_SIZE", "8"}, {"LOCAL_RANK", "2"}}),
            "LOCAL_RANK: local rank 2 is larger than the rank, 1");
  EXPECT_EQ(refusal({{"RANK", "1"}}),
            "WORLD_SIZE: is not set, but RANK is\n"
            "  hint: torchrun sets both; unset RANK to start all ranks here");
}

TEST(OutsideStart, OfAnotherNumberOfRanksIsRefused) {
  const OutsideStart start{"mpirun", 1, 4, 1};
  EXPECT_NO_THROW(check_fits(start, 4));
  try {
    check_fits(start, 8);
    FAIL() << "8 ranks fit 4 processes";
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(),
                 "world: mpirun started 4 processes, the scenario has 8 ranks\n"
                 "  hint: start one process for each rank of the scenario");
  }
}

}  // namespace
}  // namespace gridlock
