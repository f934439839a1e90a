#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/model/scenario.h"
#include "harness/read/params.h"

namespace gridlock {

/// A fresh folder for the files of one test, removed at its end. Errors are shown with file names relative to
/// it.
class ScenarioFolder {
 public:
  ScenarioFolder();
  ~ScenarioFolder();
  ScenarioFolder(const ScenarioFolder&) = delete;
  ScenarioFolder& operator=(const ScenarioFolder&) = delete;

  void write(const std::string& name, const std::string& text) const;
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::vector<Scenario> load(const std::string& name, std::vector<Setting> settings = {}) const;
  /// The whole text of the error that loading gives; "" when there is none.
  std::string error(const std::string& name, std::vector<Setting> settings = {}) const;

 private:
  std::string folder_;
};

/// The scenario that `text` says, as file "s.json". Fails the test when it is refused.
Scenario scenario_from(const std::string& text);
/// The error for `text` as file "s.json"; "" when it is accepted.
std::string error_for(const std::string& text);

/// One line: a world of 8 ranks with the grid actor (pipe 2, data 2, tensor 2; areal) whose ranks all run the
/// steps. `steps` starts at column 1 of line 2.
std::string with_steps(const std::string& steps);

}  // namespace gridlock
