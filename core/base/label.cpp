#include "core/base/label.h"

#include <fmt/format.h>

#include "core/base/check.h"

namespace gridlock {
namespace {

std::string interning_key(const Site& site) {
  return fmt::format("{}\n{}\n{}\n{}", site.text, site.inner_loop, site.outer_loop, site.place);
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
  if (!where.inner_loop.empty() && label.inner >= 0)
    loops = fmt::format("{}={}", where.inner_loop, label.inner);
  if (!where.outer_loop.empty() && label.outer >= 0) {
    loops += fmt::format("{}{}={}", loops.empty() ? "" : ", ", where.outer_loop, label.outer);
  }
  return loops.empty() ? where.text : fmt::format("{} [{}]", where.text, loops);
}

}  // namespace gridlock
