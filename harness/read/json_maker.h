#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "harness/read/json_document.h"

namespace gridlock {

/// Makes JSON that stands for something the user wrote: every node and key gets the place of that.
class JsonMaker {
 public:
  explicit JsonMaker(JsonPlace place) : place_(std::move(place)) {}

  JsonNode text(std::string value) const { return {std::move(value), place_}; }
  JsonNode number(std::int64_t value) const { return {value, place_}; }
  JsonNode flag(bool value) const { return {value, place_}; }
  JsonNode list(JsonNode::Array items) const { return {std::move(items), place_}; }
  JsonNode object(std::initializer_list<std::pair<const char*, JsonNode>> members) const {
    JsonNode made{JsonNode::Object{}, place_};
    for (const auto& [key, value] : members) set(made, key, value);
    return made;
  }
  void set(JsonNode& object, const std::string& key, JsonNode value) const {
    object.set(key, place_, std::move(value));
  }

 private:
  JsonPlace place_;
};

}  // namespace gridlock
