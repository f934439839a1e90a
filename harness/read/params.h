#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "harness/read/json_document.h"

namespace gridlock {

/// One `--set path=value`. The path names keys (and list indexes) from the root, joined by dots:
/// "params.micro_batches", "world.ranks". The value is JSON, or a string when it is no JSON.
struct Setting {
  std::string path;
  std::string value;
};

/// Splits "path=value". Throws InputError (place "--set") without '=' or without a path.
Setting setting_from_text(const std::string& text);

/// Puts the values into the tree, in order. Keys that are not there are added, so that "seed" can be set in a
/// file that does not name it; but params and matrix axes must exist, as must the indexes of lists. Throws
/// InputError with the place
/// "--set path=value".
void apply_settings(JsonNode& root, std::span<const Setting> settings);

/// One choice of values for the matrix axes.
struct MatrixCell {
  /// In file order of the axes.
  std::vector<std::pair<std::string, JsonNode>> values;

  /// "[pipe=2,tensor=4]"; "" without a matrix.
  std::string suffix() const;
};

/// All cells of the root's "matrix" but the excluded ones, the last axis fastest; one empty cell without a
/// matrix. Throws InputError for axes without values, an `exclude` entry that names no axis or matches no
/// cell, a matrix of which nothing is left, and more than kMatrixCellMax cells.
std::vector<MatrixCell> matrix_cells(const JsonNode& root);
inline constexpr std::size_t kMatrixCellMax = 4096;

/// The root for one cell: without "params" and "matrix", every string that is exactly "$name" of a parameter
/// or matrix axis replaced by its value (which keeps the place of the use). A matrix axis hides a parameter
/// of its name; a parameter's value may use the parameters before it. Throws InputError for a name that is no
/// parameter, outside programs, where it may be a loop variable.
JsonNode substituted(const JsonNode& root, const MatrixCell& cell);

/// Names of all parameters and matrix axes.
std::vector<std::string> param_names(const JsonNode& root);

}  // namespace gridlock
