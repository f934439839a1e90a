#include "core/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace gridlock {

void check_failed(const char* file, int line, const char* condition) noexcept {
  std::fprintf(stderr, "gridlock: internal error at %s:%d: %s does not hold. This is a bug in gridlock.\n",
               file, line, condition);
  std::abort();
}

}  // namespace gridlock
