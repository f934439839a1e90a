#include "core/diagnosis/label_fit.h"

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

LabelFit::LabelFit(const SiteTable& sites, const Calls& a, const Calls& b)
    : sites_(sites), texts_a_(texts_of(a)), texts_b_(texts_of(b)) {}

std::set<std::string> LabelFit::texts_of(const Calls& calls) const {
  std::set<std::string> texts;
  SiteId last = SiteId::none;
  for (const Record* call : calls) {
    if (call->label.site == last) continue;
    last = call->label.site;
    texts.insert(sites_.site(last).text);
  }
  return texts;
}

Fit LabelFit::operator()(const Record& a, const Record& b) const {
  if (a.label.site == SiteId::none || b.label.site == SiteId::none) return Fit::silent;
  const Site& site_a = sites_.site(a.label.site);
  const Site& site_b = sites_.site(b.label.site);
  Fit text = Fit::silent;
  if (site_a.text == site_b.text) {
    text = Fit::agree;
  } else if (texts_b_.count(site_a.text) > 0 && texts_a_.count(site_b.text) > 0) {
    return Fit::differ;
  } else if (texts_b_.count(site_a.text) > 0 || texts_a_.count(site_b.text) > 0) {
    return Fit::silent;
  }
  const Fit inner = compare_loop(site_a.inner_loop, a.label.inner, site_b.inner_loop, b.label.inner);
  const Fit outer = compare_loop(site_a.outer_loop, a.label.outer, site_b.outer_loop, b.label.outer);
  return both(text, both(inner, outer));
}

}  // namespace gridlock
