#include "tests/tree/banned_calls.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gridlock::tree {
namespace {

std::string findings_of(std::string path, std::string text, std::string_view header = "") {
  return to_string(check_banned_calls({std::move(path), std::move(text)}, header, {}));
}

std::string_view header_of(const SourceFiles& files, const std::string& path) {
  if (!path.ends_with(".cpp")) return "";
  const std::string name = path.substr(0, path.size() - 4) + ".h";
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const SourceFile& f) { return f.path == name; });
  return found == files.end() ? std::string_view() : std::string_view(found->text);
}

TEST(BannedCalls, TheProductHasNone) {
  const SourceFiles files = product_sources(read_source_tree());
  Findings findings = check_permissions(files, permissions());
  for (const SourceFile& file : files) {
    append(findings, check_banned_calls(file, header_of(files, file.path), permissions()));
  }
  EXPECT_EQ(to_string(findings), "");
}

TEST(BannedCalls, TheSimulatorReadsNoClock) {
  EXPECT_EQ(findings_of("sim/x.cpp", "auto t =\n    std::chrono::steady_clock::now();\n"),
            "sim/x.cpp:2: clock: reads the wall clock\n");
  EXPECT_EQ(findings_of("core/x.cpp", "seed = time(nullptr);\n"),
            "core/x.cpp:1: clock: reads the wall clock\n");
  EXPECT_EQ(findings_of("sim/x.cpp", "Nanos time() const; // no steady_clock\nrun.time(3);\n"), "");
  EXPECT_EQ(findings_of("launch/x.cpp", "std::chrono::steady_clock::now();\n"), "");
}

TEST(BannedCalls, TheSimulatorHasOneThread) {
  EXPECT_EQ(findings_of("sim/x.h", "std::mutex lock_;\n"), "sim/x.h:1: thread: uses threads\n");
  EXPECT_EQ(findings_of("launch/x.h", "std::mutex lock_;\n"), "");
}

TEST(BannedCalls, RandomNumbersComeFromTheRunsOwnGenerator) {
  const std::string message = ":1: random: draws numbers that differ between standard libraries or runs\n";
  EXPECT_EQ(findings_of("sim/x.cpp", "std::uniform_int_distribution<int> d(0, 3);\n"), "sim/x.cpp" + message);
  EXPECT_EQ(findings_of("launch/x.cpp", "int port = rand();\n"), "launch/x.cpp" + message);
  EXPECT_EQ(findings_of("sim/x.cpp", "random.next(); operand(); Random random;\n"), "");
}

TEST(BannedCalls, TheEnvironmentIsReadInLaunchAndCliOnly) {
  EXPECT_EQ(findings_of("harness/x.cpp", "std::getenv(\"HOME\");\n"),
            "harness/x.cpp:1: environment: reads the environment\n");
  EXPECT_EQ(findings_of("cli/x.cpp", "std::getenv(\"HOME\");\n"), "");
}

TEST(BannedCalls, LibrariesDoNotWriteToTheStandardOutput) {
  const std::string message = ": stdout: writes to the standard output\n";
  EXPECT_EQ(findings_of("harness/x.cpp", "std::cout << 1;\nprintf(\"x\");\nfmt::print(\"{}\", 1);\n"),
            "harness/x.cpp:1" + message + "harness/x.cpp:2" + message + "harness/x.cpp:3" + message);
  EXPECT_EQ(findings_of("core/x.cpp",
                        "std::fprintf(stderr, \"x\"); snprintf(a, 1, \"x\"); fmt::print(out, \"x\");\n"),
            "");
}

TEST(BannedCalls, AssertionsAreOnInEveryBuild) {
  EXPECT_EQ(findings_of("core/x.cpp", "assert(a);\n"),
            "core/x.cpp:1: assert: vanishes in release builds: use GRIDLOCK_CHECK\n");
  EXPECT_EQ(findings_of("core/x.cpp", "static_assert(a);\nGRIDLOCK_CHECK(a);\n"), "");
}

TEST(BannedCalls, NothingKeepsStateOutsideOfObjects) {
  const std::string message = ": state: keeps state outside of objects\n";
  EXPECT_EQ(
      findings_of("core/x.cpp", "static int count = 0;\nthread_local int depth;\n  static Cache cache;\n"),
      "core/x.cpp:1" + message + "core/x.cpp:2" + message + "core/x.cpp:3" + message);
  EXPECT_EQ(
      findings_of(
          "core/x.h",
          "static constexpr int kMax = 6;\nstatic const Table table = {1};\nstatic Members range(int n);\n"
          "static std::size_t index(Node node) { return 0; }\n"),
      "");
}

TEST(BannedCalls, AddressesOrderNothing) {
  EXPECT_EQ(findings_of("sim/x.h", "std::map<const Rank*, int> last_;\n"),
            "sim/x.h:1: pointer_order: orders by address\n");
  EXPECT_EQ(findings_of("sim/x.h", "std::map<RankId, Rank*> ranks_;\n"), "");
}

TEST(BannedCalls, UnorderedContainersAreNotIterated) {
  const std::string text = "for (const auto& [key, id] : run.ids_) {}\n";
  EXPECT_EQ(findings_of("core/x.cpp", text, "  std::unordered_map<std::uint64_t, std::vector<int>> ids_;\n"),
            "core/x.cpp:1: unordered_iteration: visits ids_ in no order\n");
  EXPECT_EQ(findings_of("core/x.cpp", text, "  std::map<std::uint64_t, int> ids_;\n"), "");
  EXPECT_EQ(findings_of("core/x.cpp", "ids_.find(3) != ids_.end();\n", "std::unordered_set<int> ids_;\n"),
            "");
}

TEST(BannedCalls, APermissionCoversOneRuleOfOneFileAndMustBeNeeded) {
  const SourceFile file = {"sim/x.cpp", "std::mutex lock;\nstd::getenv(name);\n"};
  const Permission used = {"sim/x.cpp", "thread", "a sample"};
  const Permission stale = {"sim/x.cpp", "clock", "a sample"};
  EXPECT_EQ(to_string(check_banned_calls(file, "", {{used}})),
            "sim/x.cpp:2: environment: reads the environment\n");
  EXPECT_EQ(to_string(check_permissions({file}, {{used}})), "");
  EXPECT_EQ(to_string(check_permissions({file}, {{stale}})),
            "sim/x.cpp: the permission 'clock' is not needed\n");
}

}  // namespace
}  // namespace gridlock::tree
