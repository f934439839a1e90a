#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/mpu/mpu_contract.h"
#include "harness/read/json_document.h"

namespace gridlock {

/// A file of harness/contracts/ as it is part of the binary.
struct ContractText {
  /// "deepspeed-0.19.6".
  std::string_view file;
  std::string_view text;
};

/// In order of their names.
std::span<const ContractText> contract_texts();

/// Names that load_contract knows: "deepspeed@0.19.6".
std::vector<std::string> contract_names();

/// Throws InputError (place "contract") for an unknown name.
MpuContract load_contract(std::string_view name);

/// Throws InputError unless it is what harness/contracts/ has: a format, a name, a source and the reads.
MpuContract read_contract(const JsonNode& root);

}  // namespace gridlock
