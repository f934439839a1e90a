#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/base/check.h"

namespace gridlock {

/// Values as bytes, for processes of one binary. Encoder and Decoder have the same call
/// operator, so that one function lists the fields of a type for both directions: fields(archive, value).
class Encoder {
 public:
  template <typename T>
  void operator()(const T& value) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    } else {
      fields(*this, const_cast<T&>(value));
    }
  }
  void operator()(const std::string& text) {
    (*this)(text.size());
    bytes_.append(text);
  }
  template <typename T>
  void operator()(const std::vector<T>& values) {
    (*this)(values.size());
    for (const T& value : values) (*this)(value);
  }

  std::string_view bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Reads what an Encoder of the same binary wrote, in the same order; anything else fails a check. Looks at
/// the bytes, which must outlive it.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <typename T>
  void operator()(T& value) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      std::memcpy(&value, take(sizeof(T)), sizeof(T));
    } else {
      fields(*this, value);
    }
  }
  void operator()(std::string& text) {
    const auto size = read<std::size_t>();
    text.assign(reinterpret_cast<const char*>(take(size)), size);
  }
  template <typename T>
  void operator()(std::vector<T>& values) {
    const auto size = read<std::size_t>();
    values.clear();
    for (std::size_t i = 0; i < size; ++i) (*this)(values.emplace_back());
  }
  template <typename T>
  T read() {
    T value{};
    (*this)(value);
    return value;
  }

 private:
  const std::byte* take(std::size_t size) {
    GRIDLOCK_CHECK(size <= bytes_.size());
    const std::byte* data = bytes_.data();
    bytes_ = bytes_.subspan(size);
    return data;
  }

  std::span<const std::byte> bytes_;
};

}  // namespace gridlock
