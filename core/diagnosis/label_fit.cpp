#include "core/diagnosis/label_fit.h"

#include <algorithm>
#include <array>
#include <map>

namespace gridlock {
namespace {

/// One loop counter of both labels.
Fit compare_loop(const std::string& loop_a, std::int32_t a, const std::string& loop_b, std::int32_t b) {
  if (loop_a.empty() || loop_a != loop_b || a < 0 || b < 0) return Fit::silent;
  return a == b ? Fit::agree : Fit::differ;
}

Fit both(Fit a, Fit b) {
  if (a == Fit::differ || b == Fit::differ) return Fit::differ;
  return a == Fit::agree || b == Fit::agree ? Fit::agree : Fit::silent;
}

}  // namespace

bool has_own_label(const SiteTable& sites, const Record& call) {
  const std::string& text = sites.site(call.label.site).text;
  return call.label.site != SiteId::none && !text.empty() && text != "batch" &&
         text != call_kind_name(call.call);
}

namespace {

/// The calls of one site within one turn of the outer loop: their places in the program and their counters.
struct Run {
  std::size_t first;
  std::size_t last;
  std::int32_t low;
  std::int32_t high;
};

/// Whether some site begins to count when another one has ended, and counts again what that one did.
bool restarts(const std::map<SiteId, Run>& runs) {
  std::vector<Run> by_first;
  for (const auto& [site, run] : runs) by_first.push_back(run);
  std::vector<Run> by_last = by_first;
  std::sort(by_first.begin(), by_first.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
  std::sort(by_last.begin(), by_last.end(), [](const Run& a, const Run& b) { return a.last < b.last; });
  auto ended = by_last.begin();
  std::int32_t high = -1;
  bool is_single = true;
  for (const Run& run : by_first) {
    for (; ended != by_last.end() && ended->last < run.first; ++ended) {
      high = std::max(high, ended->high);
      is_single = is_single && ended->low == ended->high;
    }
    // Two calls of a loop with one turn do not tell.
    const bool is_one_turn = is_single && run.low == run.high && run.low == high;
    if (run.low <= high && !is_one_turn) return true;
  }
  return false;
}

}  // namespace

LabelFit::LabelFit(const SiteTable& sites, const Calls& a, const Calls& b, Texts texts)
    : sites_(sites), texts_(texts), a_(program_of(a)), b_(program_of(b)) {}

LabelFit::Program LabelFit::program_of(const Calls& calls) const {
  Program program;
  // By what counts, and by the turns of the loops around it.
  using Place = std::pair<Counter, std::array<std::int32_t, kLoopsShown - 1>>;
  std::map<Place, std::map<SiteId, Run>> counters;
  for (std::size_t place = 0; place < calls.size(); ++place) {
    const Label& label = calls[place]->label;
    const Site& site = sites_.site(label.site);
    if (program.sites.insert(label.site).second) program.texts.insert(site.text);
    const std::int32_t turn = label.turns[0];
    if (site.loops[0].empty() || turn < 0) continue;
    const Place around{{site.text, site.loops[0]}, {label.turns[1], label.turns[2]}};
    const auto [entry, added] = counters[around].try_emplace(label.site, Run{place, place, turn, turn});
    if (added) continue;
    Run& run = entry->second;
    run = {run.first, place, std::min(run.low, turn), std::max(run.high, turn)};
  }
  for (const auto& [counter, runs] : counters) {
    if (runs.size() > 1 && restarts(runs)) program.restarted.insert(counter.first);
  }
  return program;
}

bool LabelFit::can_count(const Site& a, const Site& b) const {
  if (a_.sites == b_.sites) return true;
  return a_.restarted.count({a.text, a.loops[0]}) == 0 && b_.restarted.count({b.text, b.loops[0]}) == 0;
}

Fit LabelFit::operator()(const Record& a, const Record& b) const {
  if (a.label.site == SiteId::none || b.label.site == SiteId::none) return Fit::silent;
  const Site& site_a = sites_.site(a.label.site);
  const Site& site_b = sites_.site(b.label.site);
  Fit text = Fit::silent;
  if (site_a.text == site_b.text) {
    text = Fit::agree;
  } else {
    const bool b_knows = b_.texts.count(site_a.text) > 0;
    const bool a_knows = a_.texts.count(site_b.text) > 0;
    if (b_knows && a_knows) return Fit::differ;
    if (b_knows || a_knows) return texts_ == Texts::known_to_either ? Fit::differ : Fit::silent;
  }
  Fit loops = Fit::silent;
  // A loop inside of another one counts again in each of its turns.
  bool is_alike_around = true;
  for (std::size_t i = kLoopsShown; i-- > 0;) {
    if (is_alike_around && (i > 0 || can_count(site_a, site_b))) {
      loops = both(loops, compare_loop(site_a.loops[i], a.label.turns[i], site_b.loops[i], b.label.turns[i]));
    }
    is_alike_around = is_alike_around && site_a.loops[i] == site_b.loops[i];
  }
  return both(text, loops);
}

}  // namespace gridlock
