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

/// "8 is divisible by 2 and 4; 3 divides 6 and 9".
std::string nearest_fit(std::int64_t whole, std::int64_t part) {
  if (whole < 1 || part < 1) return "";
  const std::vector<std::int64_t> sizes = divisors(whole);
  const auto above = std::lower_bound(sizes.begin(), sizes.end(), part);
  std::string fit = fmt::format("{} is divisible by", whole);
  if (above != sizes.begin()) fit += fmt::format(" {}", *std::prev(above));
  if (above != sizes.end()) fit += fmt::format("{} {}", above == sizes.begin() ? "" : " and", *above);
  const std::int64_t below = whole / part * part;
  fit += fmt::format("; {} divides", part);
  return fit + (below > 0 ? fmt::format(" {} and {}", below, below + part) : fmt::format(" {}", part));
}

}  // namespace

std::int64_t exact_share(const std::string& place, const std::string& whole_name, std::int64_t whole,
                         const std::string& part_name, std::int64_t part) {
  if (part >= 1 && whole % part == 0) return whole / part;
  throw InputError(place,
                   fmt::format("the {} {} is not divisible by {} {}", whole_name, whole, part_name, part),
                   nearest_fit(whole, part));
}

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
