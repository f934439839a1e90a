#include "core/diagnosis/label_counts.h"

#include <map>
#include <string>
#include <utility>

#include "core/diagnosis/label_fit.h"

namespace gridlock {
namespace {

using Name = std::pair<std::string, decltype(Label::turns)>;

/// Calls of both programs that go by one name.
struct Counts {
  std::size_t more = 0;
  std::size_t fewer = 0;
};

}  // namespace

bool has_one_twice(const SiteTable& sites, const CallList& more, const CallList& fewer) {
  if (more.calls.size() != fewer.calls.size() + 1) return false;
  std::map<Name, Counts> counts;
  for (const auto& [list, count] : {std::pair(&more, &Counts::more), std::pair(&fewer, &Counts::fewer)}) {
    for (const Record* call : list->calls) {
      if (!has_own_label(sites, *call)) return false;
      ++(counts[{sites.site(call->label.site).text, call->label.turns}].*count);
    }
  }
  const Counts* doubled = nullptr;
  for (const auto& [name, count] : counts) {
    if (count.more == count.fewer) continue;
    if (doubled != nullptr || count.fewer == 0 || count.more != count.fewer + 1) return false;
    doubled = &count;
  }
  if (doubled == nullptr) return false;
  std::size_t like_fewer = 0;
  std::size_t like_more = 0;
  for (const auto& [name, count] : counts) {
    if (&count == doubled) continue;
    like_fewer += count.fewer == doubled->fewer ? 1 : 0;
    like_more += count.more == doubled->more ? 1 : 0;
  }
  return like_fewer > like_more;
}

}  // namespace gridlock
