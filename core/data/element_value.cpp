#include "core/data/element_value.h"

#include <fmt/format.h>

#include "core/base/check.h"
#include "core/data/element.h"

namespace gridlock {

bool holds_value(DType dtype, double value) {
  return visit_element(dtype, [&](auto element) {
    using Element = decltype(element);
    if constexpr (Element::kIsFloat)
      return true;
    else
      return Element::holds(value);
  });
}

void fill_constant(DType dtype, double value, std::span<std::byte> bytes) {
  GRIDLOCK_CHECK(bytes.size() % dtype_size(dtype) == 0);
  visit_element(dtype, [&](auto element) {
    using Element = decltype(element);
    const auto converted = Element::from_double(value);
    const std::size_t count = bytes.size() / sizeof(typename Element::Storage);
    for (std::size_t i = 0; i < count; ++i) store_element<Element>(bytes.data(), i, converted);
  });
}

std::optional<WrongElement> check_constant(DType dtype, double value, std::span<const std::byte> bytes) {
  const std::size_t size = dtype_size(dtype);
  GRIDLOCK_CHECK(bytes.size() % size == 0);
  return visit_element(dtype, [&](auto element) -> std::optional<WrongElement> {
    using Element = decltype(element);
    const auto expected = Element::from_double(value);
    for (std::size_t i = 0; i < bytes.size() / size; ++i) {
      const auto got = load_element<Element>(bytes.data(), i);
      if (got == expected || (is_nan(got) && is_nan(expected))) continue;
      std::byte wanted[sizeof(typename Element::Storage)];
      store_element<Element>(wanted, 0, expected);
      return WrongElement{static_cast<std::int64_t>(i), element_to_string(dtype, wanted),
                          element_to_string(dtype, bytes.data() + i * size)};
    }
    return std::nullopt;
  });
}

double element_to_double(DType dtype, const std::byte* element) {
  return visit_element(dtype,
                       [&](auto e) { return decltype(e)::to_double(load_element<decltype(e)>(element, 0)); });
}

std::int64_t element_to_int64(DType dtype, const std::byte* element) {
  GRIDLOCK_CHECK(dtype_info(dtype).number_class != NumberClass::floating);
  return visit_element(
      dtype, [&](auto e) { return static_cast<std::int64_t>(load_element<decltype(e)>(element, 0)); });
}

std::string element_to_string(DType dtype, const std::byte* element) {
  return visit_element(dtype, [&](auto e) {
    using Element = decltype(e);
    const auto value = load_element<Element>(element, 0);
    if (is_nan(value)) return std::string("nan");  // without the sign, which carries no meaning
    return fmt::format("{}", value);
  });
}

}  // namespace gridlock
