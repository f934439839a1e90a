#include "sim/alike.h"

namespace gridlock::sim {

bool is_split_consistent(const HistoryStore& store, std::span<const OpenCall* const> calls) {
  const std::size_t size = calls.size();
  for (std::size_t from = 0; from < size; ++from) {
    const std::vector<std::int64_t>& sent = store.counts(calls[from]->counts);
    for (std::size_t to = 0; to < size; ++to) {
      if (sent[to] != store.counts(calls[to]->counts)[size + from]) return false;
    }
  }
  return true;
}

}  // namespace gridlock::sim
