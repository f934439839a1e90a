#include "tests/world_contract/contract.h"

namespace gridlock {
RunResult Contract::run_ranks(RankId world_size, std::function<void(Rank&)> main) const {
  RunOptions options;
  options.real_timeout = std::chrono::milliseconds(2'000);
  return GetParam().make()->run(options, {world_size, std::move(main), nullptr}, {});
}

void Contract::expect_passed(const RunResult& result) {
  EXPECT_EQ(outcome_name(result.verdict.outcome), "passed") << result.error;
  for (const Complaint& complaint : result.complaints)
    ADD_FAILURE() << "rank " << complaint.rank << ": " << complaint.text;
  for (const Diagnosis& diagnosis : result.verdict.diagnoses) ADD_FAILURE() << diagnosis.summary;
}

}  // namespace gridlock
