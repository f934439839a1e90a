#include "core/world/choice.h"

#include <array>

namespace gridlock {
namespace {

struct ChoiceInfo {
  std::string_view name;
  std::string_view meaning;
};

/// In the order of ChoiceKind.
constexpr std::array<ChoiceInfo, 8> kChoices{{
    {"kernel_slot", "which of several works got the room of a device"},
    {"deadline", "whether a timeout passed before what it waited for came"},
    {"test", "whether work was complete when its program asked"},
    {"fault", "how far everybody was when a fault came"},
    {"abort", "which work was complete before an abort"},
    {"message", "whether a send was complete before the recv came that does not fit it"},
    {"threads",
     "which host thread of a rank was first on a stream, a group or the device that several of them use"},
    {"post", "which of two posts of a name came first, one of which fails"},
}};

}  // namespace

std::string_view choice_name(ChoiceKind kind) { return kChoices.at(static_cast<std::size_t>(kind)).name; }
std::string_view choice_meaning(ChoiceKind kind) {
  return kChoices.at(static_cast<std::size_t>(kind)).meaning;
}

}  // namespace gridlock
