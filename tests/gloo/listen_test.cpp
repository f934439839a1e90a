// What the processes of a run listen on.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "tests/gloo/run_ranks.h"

namespace gridlock {
namespace {

/// Inodes of the sockets that this process has open, as /proc/self/fd names them: "socket:[123]".
std::set<std::string> own_sockets() {
  std::set<std::string> inodes;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
  }
  return inodes;
}

/// Addresses in hexadecimal digits that this process listens on, from a table of the kernel (proc(5)):
/// number, local address:port, remote address:port, state, 5 fields, inode.
std::vector<std::string> listened_on(const std::string& table) {
  const std::set<std::string> own = own_sockets();
  std::ifstream lines(table);
  std::vector<std::string> addresses;
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    std::vector<std::string> word;
    for (std::string each; words >> each;) word.push_back(each);
    if (word.size() > 9 && word[3] == "0A" && own.contains(word[9])) {
      addresses.push_back(word[1].substr(0, word[1].find(':')));
    }
  }
  return addresses;
}

/// 127.0.0.1 in the byte order of the machine.
constexpr char kLoopback[] = "0100007F";

/// Gloo listens only while it connects: here rank 0 does, because its peer comes to their group after it has
/// looked.
void look_while_connecting(Rank& rank) {
  const Reply pair = rank.new_group({Members::range(0, 2), BackendKind::nccl, kGroupTimeoutDefault, "pair"});
  Call call;
  call.kind = CallKind::barrier;
  call.group = pair.group;
  if (rank.id() == 1) (void)rank.await("looked");
  const Reply submitted = rank.id() < 2 ? rank.submit(call) : Reply{};
  if (rank.id() == 0) {
    std::vector<std::string> addresses;
    for (int i = 0; i < 2000 && addresses.empty(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      addresses = listened_on("/proc/self/net/tcp");
    }
    expect_on_rank(rank, !addresses.empty(), "the test sees no socket that listens");
    for (const std::string& address : addresses) {
      expect_on_rank(rank, address == kLoopback, "listens on " + address);
    }
    expect_on_rank(rank, listened_on("/proc/self/net/tcp6").empty(), "listens on an IPv6 address");
    (void)rank.post("looked");
  }
  if (rank.id() < 2) (void)rank.wait(submitted.ticket);
}

TEST(Listen, ARunListensOnLoopbackOnlyAndOnlyWhileItConnects) {
  const RunResult result = run_ranks(3, [](Rank& rank) {
    look_while_connecting(rank);
    expect_on_rank(rank, listened_on("/proc/self/net/tcp").empty(), "still listens");
  });
  std::string complaints;
  for (const Complaint& complaint : result.complaints) complaints += complaint.text + "\n";
  EXPECT_EQ(complaints, "");
  EXPECT_EQ(result.verdict.outcome, Outcome::passed) << result.error;
}

}  // namespace
}  // namespace gridlock
