#include "core/grid/factors.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

void check_positive(std::int64_t n) {
  if (n < 1) throw InputError("n", fmt::format("only numbers from 1 on have factors, got {}", n));
}

std::vector<std::int64_t> divisors(std::int64_t n) {
  std::vector<std::int64_t> found;
  for (std::int64_t d = 1; d <= n / d; ++d) {
    if (n % d != 0) continue;
    found.push_back(d);
    if (d != n / d) found.push_back(n / d);
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

std::vector<std::int64_t> prime_factors(std::int64_t n) {
  check_positive(n);
  std::vector<std::int64_t> primes;
  for (std::int64_t d = 2; d <= n / d; ++d) {
    while (n % d == 0) {
      primes.push_back(d);
      n /= d;
    }
  }
  if (n > 1) primes.push_back(n);
  return primes;
}

std::vector<std::array<std::int64_t, 3>> decompose_to_three_factors(std::int64_t n) {
  if (n == 0) return {};
  check_positive(n);
  std::vector<std::array<std::int64_t, 3>> triples;
  for (const std::int64_t first : divisors(n)) {
    for (const std::int64_t second : divisors(n / first))
      triples.push_back({first, second, n / first / second});
  }
  return triples;
}

}  // namespace gridlock
