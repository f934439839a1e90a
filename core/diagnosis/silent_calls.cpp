#include "core/diagnosis/silent_calls.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <vector>

#include "core/diagnosis/argument.h"
#include "core/diagnosis/evidence.h"

namespace gridlock {
namespace {

using Calls = std::vector<const Record*>;

/// Messages of an ordered pair of group ranks with one tag.
struct Pair {
  InstanceId instance;
  GroupRank from;
  GroupRank to;
  std::int32_t tag;

  friend bool operator<(const Pair& a, const Pair& b) {
    return std::tie(a.instance, a.from, a.to, a.tag) < std::tie(b.instance, b.from, b.to, b.tag);
  }
};

struct Messages {
  Calls sends;
  Calls receives;
};

class SilentCalls {
 public:
  explicit SilentCalls(Histories& histories) : histories_(histories), evidence_(histories) {}

  void note() {
    for (RankId rank = 0; rank < evidence_.world_size(); ++rank) take(rank);
    for (const auto& [instance, members] : collectives_) compare(instance, members);
    for (const auto& [pair, messages] : messages_) compare(pair, messages);
  }

 private:
  void take(RankId rank) {
    for (const Record* record : histories_.store.records(evidence_.last_node(rank))) {
      if (record->kind != RecordKind::call || record->rejected) continue;
      const InstanceId instance = evidence_.instance(*record, rank);
      if (instance == InstanceId::none) continue;
      const Members& members = evidence_.members(instance);
      const GroupRank self = members.index_of(rank);
      if (is_collective(*record)) {
        std::vector<Calls>& all = collectives_[instance];
        all.resize(static_cast<std::size_t>(members.size()));
        all[static_cast<std::size_t>(self)].push_back(record);
      } else if (is_transfer(*record)) {
        const bool is_send = record->call == CallKind::send;
        const std::int32_t tag = evidence_.tag_of(*record, instance);
        Messages& messages = messages_[is_send ? Pair{instance, self, record->peer, tag}
                                               : Pair{instance, record->peer, self, tag}];
        (is_send ? messages.sends : messages.receives).push_back(record);
      }
    }
  }

  bool is_done(RankId rank, const Record* call) const { return !evidence_.is_open(rank, *call); }

  /// The first call that its members did not make alike, if all of them are through with it.
  void compare(InstanceId instance, const std::vector<Calls>& members) {
    std::size_t made = members.front().size();
    for (const Calls& calls : members) made = std::min(made, calls.size());
    Calls parts(members.size());
    for (std::size_t i = 0; i < made; ++i) {
      for (std::size_t member = 0; member < members.size(); ++member) parts[member] = members[member][i];
      if (are_alike(parts)) continue;
      for (std::size_t member = 0; member < members.size(); ++member) {
        const RankId rank = evidence_.members(instance)[static_cast<GroupRank>(member)];
        if (!is_done(rank, parts[member])) return;
      }
      histories_.silent_mismatches.push_back({instance, parts.front()->sequence, -1, -1});
      return;
    }
  }

  bool are_alike(const Calls& parts) const {
    // Ranks that did the same share their records.
    const bool are_one =
        std::all_of(parts.begin(), parts.end(), [&](const Record* part) { return part == parts.front(); });
    if (!are_one && first_difference(parts)) return false;
    return parts.front()->call != CallKind::all_to_all_v || uneven_counts(histories_.store, parts).empty();
  }

  void compare(const Pair& pair, const Messages& messages) {
    const Members& members = evidence_.members(pair.instance);
    const auto& [sends, receives] = messages;
    const std::size_t met = std::min(sends.size(), receives.size());
    for (std::size_t i = 0; i < met; ++i) {
      if (same_size(*sends[i], *receives[i])) continue;
      if (is_done(members[pair.from], sends[i]) && is_done(members[pair.to], receives[i]))
        histories_.silent_mismatches.push_back({pair.instance, sends[i]->sequence, pair.from, pair.to});
      break;
    }
    if (sends.size() > met) {
      histories_.unreceived.push_back(
          {pair.instance, pair.from, pair.to, static_cast<std::int32_t>(met), pair.tag});
    }
  }

  Histories& histories_;
  Evidence evidence_;
  std::map<InstanceId, std::vector<Calls>> collectives_;
  std::map<Pair, Messages> messages_;
};

}  // namespace

void note_silent_calls(Histories& histories) { SilentCalls(histories).note(); }

}  // namespace gridlock
