#include "harness/run/data_size.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

/// The most that the number can be; loop variables count as nothing.
std::int64_t most(const Number& number) {
  std::int64_t value = number.constant;
  for (const AxisTable<std::int64_t>& table : number.tables) {
    value += *std::max_element(table.values.begin(), table.values.end());
  }
  return value;
}

void check(const Step& step, const Number& count, DType dtype) {
  const std::int64_t elements = most(count);
  const auto size = static_cast<std::int64_t>(dtype_size(dtype));
  if (elements <= kDataBytesMax / size) return;
  throw InputError(step.site.place,
                   fmt::format("{} elements of {} are more than {} GiB of real data on every rank", elements,
                               dtype_name(dtype), kDataBytesMax >> 30U),
                   "\"payload\": \"shape\" (or --payload shape) runs the same calls with sizes only");
}

void check(const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    for_each_list(step, [](const std::vector<Step>& inner) { check(inner); });
    if (const auto* fill = std::get_if<FillAction>(&step.action)) {
      check(step, fill->count, fill->dtype);
    } else if (const auto* submit = std::get_if<SubmitAction>(&step.action)) {
      for (const Operation& operation : submit->operations) {
        check(step, operation.count, operation.dtype);
        for (const Number& count : operation.counts) check(step, count, operation.dtype);
      }
    }
  }
}

}  // namespace

void check_data_size(const Scenario& scenario) {
  for (const Program& program : scenario.programs) check(program.steps);
}

}  // namespace gridlock
