#include "core/base/label.h"

#include <fmt/format.h>

#include "core/base/check.h"

namespace gridlock {
namespace {

std::string interning_key(const Site& site) {
  std::string key;
  for_each_text(site, [&](const std::string& text) { key += text + "\n"; });
  return key;
}

}  // namespace

SiteTable::SiteTable() { sites_.emplace_back(); }

SiteId SiteTable::intern(const Site& site) {
  const auto [entry, added] =
      ids_.try_emplace(interning_key(site), static_cast<std::uint32_t>(sites_.size()));
  if (added) sites_.push_back(site);
  return static_cast<SiteId>(entry->second);
}

const Site& SiteTable::site(SiteId id) const {
  GRIDLOCK_CHECK(static_cast<std::size_t>(id) < sites_.size());
  return sites_[static_cast<std::size_t>(id)];
}

std::string SiteTable::text(const Label& label) const {
  if (label.site == SiteId::none) return "";
  const Site& where = site(label.site);
  std::string loops;
  for (std::size_t i = 0; i < kLoopsShown; ++i) {
    if (where.loops[i].empty() || label.turns[i] < 0) continue;
    loops += fmt::format("{}{}={}", loops.empty() ? "" : ", ", where.loops[i], label.turns[i]);
  }
  return loops.empty() ? where.text : fmt::format("{} [{}]", where.text, loops);
}

}  // namespace gridlock
