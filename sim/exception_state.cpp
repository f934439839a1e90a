#include "sim/exception_state.h"

#include <cxxabi.h>

namespace gridlock::sim {
namespace {

/// Layout fixed by the ABI; <cxxabi.h> only declares the type.
struct Words {
  void* caught;
  unsigned int uncaught;
};

// The runtime's own type of the same layout is incomplete here, so its words are reached through this one.
Words* words() { return reinterpret_cast<Words*>(abi::__cxa_get_globals()); }

}  // namespace

ExceptionState ExceptionState::save() {
  ExceptionState state;
  state.caught_ = words()->caught;
  state.uncaught_ = words()->uncaught;
  return state;
}

void ExceptionState::restore() const {
  words()->caught = caught_;
  words()->uncaught = uncaught_;
}

}  // namespace gridlock::sim
