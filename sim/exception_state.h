#pragma once

namespace gridlock::sim {

/// The C++ runtime keeps the exceptions that a thread is handling in two words per thread (Itanium C++
/// ABI 2.2.2,
/// __cxa_eh_globals). Fibers share a thread, so a fiber that parks inside a catch block would leave its words
/// to the next one. Every switch therefore saves the words of who leaves and restores those of who returns.
class ExceptionState {
 public:
  /// The words of who is running now.
  static ExceptionState save();
  /// Nothing is being handled: what a new fiber starts with.
  ExceptionState() = default;
  void restore() const;

 private:
  void* caught_ = nullptr;
  unsigned int uncaught_ = 0;
};

}  // namespace gridlock::sim
