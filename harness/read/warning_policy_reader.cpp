#include "harness/read/warning_policy_reader.h"

#include <sstream>

#include "harness/read/code_reader.h"

namespace gridlock {
namespace {

void read_fail_on(const std::string& text, WarningPolicy& policy) {
  std::istringstream words(text);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "any") {
      policy.fails_on_any = true;
    } else {
      policy.fail_on.push_back(code_named(word));
    }
  }
}

AcceptedWarning read_accepted(const JsonCursor& item) {
  item.check_keys({"code", "scenario", "reason"});
  AcceptedWarning accepted;
  accepted.code = read_code(item.at("code"));
  if (const auto scenario = item.find("scenario")) accepted.scenario = scenario->string();
  accepted.reason = item.at("reason").string();
  if (accepted.reason.empty())
    item.at("reason").fail("a warning is accepted for a reason, and this is empty");
  return accepted;
}

}  // namespace

WarningPolicy read_warning_policy(const std::string& fail_on, const std::string& accept_file) {
  WarningPolicy policy;
  try {
    read_fail_on(fail_on, policy);
  } catch (const InputError& error) {
    throw InputError("--fail-on", error.message(), error.hint());
  }
  if (accept_file.empty()) return policy;
  if (fail_on.empty()) {
    throw InputError("--accept", "without --fail-on no warning makes a run fail",
                     "add --fail-on any, or the codes that must not come up");
  }
  const JsonNode root = read_json_file(accept_file, {R"(a file that accepts nothing is {"accept": []})", ""});
  const JsonCursor file(root);
  file.check_keys({"accept"});
  for (const JsonCursor& item : file.at("accept").items()) policy.accepted.push_back(read_accepted(item));
  return policy;
}

}  // namespace gridlock
