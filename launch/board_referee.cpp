#include "launch/board_referee.h"

#include <algorithm>
#include <span>
#include <utility>

#include <fmt/format.h>

#include "launch/wire.h"

namespace gridlock {

template <typename Archive>
void fields(Archive& archive, SeatReport& report) {
  archive(report.beat);
  archive(report.fingerprint);
  archive(report.machine);
  archive(report.status);
}

namespace {

/// How often files are looked at, and how often a launcher with nothing new is heard of.
constexpr auto kLookEvery = std::chrono::milliseconds(30);
constexpr auto kBeatEvery = std::chrono::milliseconds(500);

constexpr char kEndName[] = "end of the run";

/// What ends a run, as the first who decided it saw it.
struct Decision {
  RunEnd end = RunEnd::returned;
  std::vector<RankStatus> ranks;
};

template <typename Archive>
void fields(Archive& archive, Decision& decision) {
  archive(decision.end);
  archive(decision.ranks);
}

std::string report_name(RankId rank) { return fmt::format("how rank {} stands", rank); }

template <typename T>
std::string encoded(const T& value) {
  Encoder out;
  out(value);
  return std::string(out.bytes());
}

template <typename T>
T decoded(const std::string& text) {
  return Decoder(std::as_bytes(std::span(text))).read<T>();
}

bool is_equal(const RankStatus& a, const RankStatus& b) { return encoded(a) == encoded(b); }

double seconds(std::chrono::milliseconds time) { return static_cast<double>(time.count()) / 1000; }

}  // namespace

BoardReferee::BoardReferee(PostBoard board, Seat seat, Times times)
    : board_(std::move(board)),
      seat_(std::move(seat)),
      times_(times),
      watch_(times.real_timeout),
      others_(static_cast<std::size_t>(seat_.world_size)),
      told_{0, seat_.fingerprint, seat_.machine, {}} {}

std::optional<RunEnd> BoardReferee::look(std::span<const RankStatus> own, bool interrupted) {
  const RankStatus& mine = own.front();
  const auto now = Clock::now();
  if (!interrupted && now - looked_at_ < kLookEvery) return std::nullopt;
  const auto gap = looked_at_ == Clock::time_point{} ? Clock::duration{0} : now - looked_at_;
  looked_at_ = now;
  if (const auto end = decided()) return end;
  if (gap > kGapMin) {
    for (Other& other : others_) other.heard += gap;
  }
  // Others may have given up this rank meanwhile, and their decision is gone with the folder.
  if (!tell(mine) && gap > times_.silence_max) return step_aside(mine, gap);
  if (interrupted) {
    std::vector<RankStatus> ranks = hear_all(mine);
    const RunEnd end = watch_.interrupt(ranks);
    return decide(end, std::move(ranks));
  }
  for (RankId rank = 0; rank < seat_.rank; ++rank) {
    if (!is_silent(rank)) return std::nullopt;
  }
  std::vector<RankStatus> ranks = hear_all(mine);
  std::optional<RunEnd> end = watch_.look(ranks);
  // What blocks the others may be a launcher that was killed, and has only told nothing since.
  if (end == RunEnd::quiescent && !were_all_heard_since(ranks)) return std::nullopt;
  // Who comes late has to find the others still there, to be told.
  if (end || all_came()) {
    if (const auto objected = objection(ranks)) end = objected;
  }
  if (end) return decide(*end, std::move(ranks));
  return std::nullopt;
}

bool BoardReferee::were_all_heard_since(std::span<const RankStatus> ranks) const {
  for (RankId rank = 0; rank < seat_.world_size; ++rank) {
    const auto place = static_cast<std::size_t>(rank);
    const bool is_live = rank != seat_.rank && others_[place].came && !ranks[place].is_silent;
    if (is_live && others_[place].heard < watch_.last_moved()) return false;
  }
  return true;
}

bool BoardReferee::all_came() const {
  for (RankId rank = 0; rank < seat_.world_size; ++rank) {
    if (!came(rank)) return false;
  }
  return true;
}

RunEnd BoardReferee::step_aside(const RankStatus& own, Clock::duration gap) {
  ranks_.assign(static_cast<std::size_t>(seat_.world_size), RankStatus{});
  for (RankStatus& other : ranks_) other.state = HostState::unknown;
  RankStatus& mine = ranks_[static_cast<std::size_t>(seat_.rank)];
  mine = own;
  mine.trouble = Trouble::backend_error;
  mine.text = fmt::format("its launcher stood still for {:.0f} s, and the others ended the run without it",
                          std::chrono::duration<double>(gap).count());
  return RunEnd::backend_error;
}

bool BoardReferee::tell(const RankStatus& own) {
  const auto now = Clock::now();
  if (told_.beat > 0 && is_equal(own, told_.status) && now - told_at_ < kBeatEvery) return true;
  told_.status = own;
  told_at_ = now;
  ++told_.beat;
  // Who cannot write falls silent, and the others go on without it.
  return board_.put(report_name(seat_.rank), encoded(told_));
}

void BoardReferee::listen(RankId rank) {
  Other& other = others_[static_cast<std::size_t>(rank)];
  const std::optional<std::string> text = board_.get(report_name(rank));
  if (!text || text->empty()) return;
  auto report = decoded<SeatReport>(*text);
  if (other.came && report.beat == other.report.beat) return;
  other = {std::move(report), true, Clock::now()};
}

bool BoardReferee::is_silent(RankId rank) {
  listen(rank);
  const Other& other = others_[static_cast<std::size_t>(rank)];
  return !other.came || Clock::now() - other.heard > times_.silence_max;
}

std::vector<RankStatus> BoardReferee::hear_all(const RankStatus& own) {
  std::vector<RankStatus> ranks;
  for (RankId rank = 0; rank < seat_.world_size; ++rank) {
    if (rank == seat_.rank) {
      ranks.push_back(own);
      continue;
    }
    const bool silent = is_silent(rank);
    const Other& other = others_[static_cast<std::size_t>(rank)];
    ranks.push_back(other.report.status);
    if (silent && other.came) {
      ranks.back() = silent_status(
          ranks.back(), fmt::format("its launcher was silent for {:g} s", seconds(times_.silence_max)));
    }
  }
  return ranks;
}

/// Why these launchers cannot be one run.
std::optional<RunEnd> BoardReferee::objection(std::vector<RankStatus>& ranks) const {
  std::optional<RunEnd> end;
  for (std::size_t rank = 0; rank < ranks.size(); ++rank) {
    const Other& other = others_[rank];
    if (!other.came) continue;
    if (other.report.fingerprint != seat_.fingerprint) {
      ranks[rank].text =
          fmt::format("runs another scenario, parameters, seed, world or binary than rank {}", seat_.rank);
    } else if (other.report.machine != seat_.machine && seat_.loopback_only) {
      ranks[rank].text = fmt::format(
          "is on another machine than rank {}, or in a container with another network; name the network "
          "between them with --interface",
          seat_.rank);
    } else {
      continue;
    }
    ranks[rank].trouble = Trouble::backend_error;
    end = RunEnd::backend_error;
  }
  return end;
}

RunEnd BoardReferee::decide(RunEnd end, std::vector<RankStatus> ranks) {
  for (RankId rank = 0; rank < seat_.world_size; ++rank) {
    const auto place = static_cast<std::size_t>(rank);
    if (rank == seat_.rank || others_[place].came) continue;
    ranks[place] = silent_status({}, fmt::format("did not come within {:g} s", seconds(times_.real_timeout)));
  }
  static_cast<void>(board_.claim(kEndName, encoded(Decision{end, ranks})));
  if (const auto first = decided()) return *first;
  // The folder takes nothing any more: the others will miss this rank.
  ranks_ = std::move(ranks);
  return end;
}

std::optional<RunEnd> BoardReferee::decided() {
  const std::optional<std::string> text = board_.get(kEndName);
  if (!text) return std::nullopt;
  auto decision = decoded<Decision>(*text);
  ranks_ = std::move(decision.ranks);
  return decision.end;
}

}  // namespace gridlock
