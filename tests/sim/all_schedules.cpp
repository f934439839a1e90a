#include "tests/sim/all_schedules.h"

#include <fmt/format.h>

#include "core/history/transcript.h"
#include "tests/sim/programs.h"

namespace gridlock {
namespace {

/// The next of all sequences of turns, each with the number of ranks that could have taken it: an odometer
/// whose last wheel turns first.
class Turns {
 public:
  std::size_t take(std::size_t ready) {
    if (at_ == turns_.size()) turns_.push_back({0, ready});
    return turns_[at_++].place;
  }
  /// False when all have been seen.
  bool advance() {
    at_ = 0;
    while (!turns_.empty() && turns_.back().place + 1 == turns_.back().ready) turns_.pop_back();
    if (turns_.empty()) return false;
    ++turns_.back().place;
    return true;
  }

 private:
  struct Turn {
    std::size_t place;
    std::size_t ready;
  };
  std::vector<Turn> turns_;
  std::size_t at_ = 0;
};

/// Verdict and transcript as one text.
std::string said(const RunResult& result) {
  std::string text = fmt::format("{} {:x}", outcome_of(result), make_transcript(*result.histories).hash);
  for (const Diagnosis& diagnosis : result.verdict.diagnoses) {
    text += fmt::format("\n{} {} {}: {}", code_name(diagnosis.code), relation_name(diagnosis.blame.relation),
                        diagnosis.blame.ranks.to_string(), diagnosis.summary);
  }
  return text;
}

}  // namespace

AllSchedules run_all(const std::vector<Acts>& programs, RunOptions options) {
  AllSchedules all;
  Turns turns;
  options.pick_turn = [&](std::size_t ready) { return turns.take(ready); };
  const RankProgram program = act_program(programs);
  do {
    const RunResult result = simulate(options, program);
    all.said.insert(said(result));
    all.has_choices = all.has_choices || !result.choices.empty();
    all.always_has_choices = all.always_has_choices && !result.choices.empty();
    ++all.count;
  } while (turns.advance());
  return all;
}

}  // namespace gridlock
