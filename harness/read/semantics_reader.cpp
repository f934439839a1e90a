#include "harness/read/semantics_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/check.h"
#include "harness/read/number_reader.h"

namespace gridlock {
namespace {

std::int64_t read_duration_value(const SemanticsKnob& knob, const JsonCursor& value) {
  if (!value.is_string()) return value.integer(knob.min, knob.max);
  const std::int64_t duration = duration_from_text(value, value.string());
  if (duration < knob.min || duration > knob.max)
    value.fail(fmt::format("expected a duration of at most {} ns, got '{}'", knob.max, value.string()));
  return duration;
}

std::int64_t read_value(const SemanticsKnob& knob, const JsonCursor& value) {
  switch (knob.kind) {
    case SemanticsKnob::Kind::boolean:
      return value.boolean() ? 1 : 0;
    case SemanticsKnob::Kind::number:
      return value.integer(knob.min, knob.max);
    case SemanticsKnob::Kind::duration:
      return read_duration_value(knob, value);
    case SemanticsKnob::Kind::word: {
      const auto word = std::find(knob.words.begin(), knob.words.end(), value.string());
      if (word != knob.words.end()) return word - knob.words.begin();
      value.fail_name(knob.name, value.string(), {knob.words.begin(), knob.words.end()});
    }
  }
  GRIDLOCK_CHECK(!"every kind of knob is handled above");
}

Semantics read_preset(const JsonCursor& cursor) {
  if (const auto preset = preset_from_name(cursor.string())) return *preset;
  std::vector<std::string> known;
  for (const SemanticsPreset& preset : all_presets()) known.emplace_back(preset.name);
  cursor.fail_name("preset", cursor.string(), known);
}

}  // namespace

Semantics read_semantics(const JsonCursor& cursor) {
  std::vector<std::string> known = {"preset"};
  for (const SemanticsKnob& knob : all_knobs()) known.emplace_back(knob.name);
  cursor.check_keys(known);
  Semantics semantics = *preset_from_name(kScenarioPreset);
  if (const auto preset = cursor.find("preset")) semantics = read_preset(*preset);
  for (const SemanticsKnob& knob : all_knobs()) {
    if (const auto value = cursor.find(knob.name)) knob.set(semantics, read_value(knob, *value));
  }
  return semantics;
}

}  // namespace gridlock
