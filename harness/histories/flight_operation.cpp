#include "harness/histories/flight_operation.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace gridlock {
namespace {

struct Name {
  std::string_view name;
  CallKind kind;
};

/// Names that ProcessGroupNCCL and ProcessGroupGloo give to their operations; of several names of one kind
/// the first is the one that is written.
constexpr std::array<Name, 35> kNames{{
    {"all_reduce", CallKind::all_reduce},
    {"all_reduce_coalesced", CallKind::all_reduce},
    {"allreduce_coalesced", CallKind::all_reduce},
    {"all_reduce_sparse", CallKind::all_reduce},
    {"all_reduce_barrier", CallKind::barrier},
    {"barrier", CallKind::barrier},
    {"broadcast", CallKind::broadcast},
    {"_broadcast_oop", CallKind::broadcast},
    {"reduce", CallKind::reduce},
    {"_reduce_oop", CallKind::reduce},
    {"_all_gather_base", CallKind::all_gather},
    {"all_gather", CallKind::all_gather},
    {"_all_gather_base_coalesced", CallKind::all_gather},
    {"all_gather_into_tensor", CallKind::all_gather},
    {"all_gather_into_tensor_coalesced", CallKind::all_gather},
    {"all_gather_coalesced", CallKind::all_gather},
    {"allgather", CallKind::all_gather},
    {"ALLGATHER_coalesced", CallKind::all_gather},
    {"_reduce_scatter_base", CallKind::reduce_scatter},
    {"reduce_scatter", CallKind::reduce_scatter},
    {"reduce_scatter_tensor", CallKind::reduce_scatter},
    {"reduce_scatter_tensor_coalesced", CallKind::reduce_scatter},
    {"REDUCE_SCATTER_coalesced", CallKind::reduce_scatter},
    {"all_to_all", CallKind::all_to_all},
    {"all_to_all_single", CallKind::all_to_all},
    {"alltoall", CallKind::all_to_all},
    {"alltoall_base", CallKind::all_to_all},
    {"gather", CallKind::gather},
    {"scatter", CallKind::scatter},
    {"allreduce", CallKind::all_reduce},
    {"send", CallKind::send},
    {"recv", CallKind::recv},
    {"recv_any_source", CallKind::recv},
    {"all_gather_v", CallKind::all_gather_v},
    {"all_to_all_v", CallKind::all_to_all_v},
}};

struct TypeName {
  std::string_view name;
  DType dtype;
};

/// c10::ScalarType; types of which only the bytes matter stand for the integer of their size.
constexpr std::array<TypeName, 16> kTypes{{{"Float", DType::float32},
                                           {"BFloat16", DType::bfloat16},
                                           {"Half", DType::float16},
                                           {"Double", DType::float64},
                                           {"Long", DType::int64},
                                           {"Int", DType::int32},
                                           {"Short", DType::int16},
                                           {"Char", DType::int8},
                                           {"Byte", DType::uint8},
                                           {"Bool", DType::uint8},
                                           {"UInt16", DType::uint16},
                                           {"UInt32", DType::uint32},
                                           {"UInt64", DType::uint64},
                                           {"Float8_e4m3fn", DType::float8_e4m3},
                                           {"Float8_e4m3fnuz", DType::float8_e4m3},
                                           {"Float8_e5m2", DType::float8_e5m2}}};

/// The rank after "->" or "<-".
GroupRank other_end(std::string_view text) {
  const std::size_t arrow = std::min(text.find("->"), text.find("<-"));
  if (arrow == std::string_view::npos) return -1;
  GroupRank rank = -1;
  const std::string_view digits = text.substr(arrow + 2);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
  return error == std::errc() && end == digits.data() + digits.size() && rank >= 0 ? rank : -1;
}

}  // namespace

FlightOperation flight_operation(std::string_view name) {
  FlightOperation result;
  const std::size_t colon = name.find(':');
  if (colon != std::string_view::npos) {
    if (name.substr(0, colon) == "gloo") result.backend = BackendKind::gloo;
    name.remove_prefix(colon + 1);
  }
  const std::string_view word = name.substr(0, name.find(' '));
  result.is_batch_end = word == "coalesced";
  const auto known =
      std::find_if(kNames.begin(), kNames.end(), [&](const Name& row) { return row.name == word; });
  if (known != kNames.end()) result.kind = known->kind;
  if (result.kind && operation(*result.kind).is_p2p) result.peer = other_end(name);
  return result;
}

std::string_view flight_name(CallKind kind) {
  return std::find_if(kNames.begin(), kNames.end(), [&](const Name& row) { return row.kind == kind; })->name;
}

std::optional<DType> flight_dtype(std::string_view name) {
  const auto known =
      std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& row) { return row.name == name; });
  if (known == kTypes.end()) return std::nullopt;
  return known->dtype;
}

std::string_view flight_dtype_name(DType dtype) {
  return std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& row) { return row.dtype == dtype; })
      ->name;
}

}  // namespace gridlock
