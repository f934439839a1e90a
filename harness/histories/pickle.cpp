#include "harness/histories/pickle.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/base/input_error.h"

namespace gridlock {
namespace {

using Id = std::uint32_t;

/// Containers refer to their items by number, because a pickle may put a list into its memo before it fills
/// it.
struct List {
  std::vector<Id> items;
};
struct Dict {
  std::vector<std::pair<Id, Id>> items;
};
using Value = std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, List, Dict>;

enum Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kBinFloat = 'G',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinUnicode = 'X',
  kEmptyList = ']',
  kAppend = 'a',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kSetItems = 'u',
  kTuple = 't',
  kEmptyTuple = ')',
  kEmptyDict = '}',
  kProto = 0x80,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kShortBinUnicode = 0x8c,
  kMemoize = 0x94,
  kFrame = 0x95,
};

class Machine {
 public:
  Machine(std::string_view bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  nlohmann::json run() {
    while (true) {
      at_ = next_;
      const auto opcode = static_cast<unsigned char>(take(1)[0]);
      if (opcode == kStop) break;
      step(opcode);
      if (values_.size() > kPickleValuesMax) fail("more values than any dump has");
    }
    if (stack_.size() != 1 || !marks_.empty()) fail("the end does not leave exactly one value");
    return unfold(stack_.back(), 0);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(fmt::format("{}: byte {}", file_, at_), "this is no pickle of plain values: " + what);
  }

  std::string_view take(std::size_t size) {
    if (size > bytes_.size() - next_) fail("it ends in the middle");
    const std::string_view part = bytes_.substr(next_, size);
    next_ += size;
    return part;
  }

  std::uint64_t number(std::size_t size) {
    std::uint64_t value = 0;
    const std::string_view part = take(size);
    for (std::size_t i = 0; i < size; ++i)
      value |= std::uint64_t{static_cast<unsigned char>(part[i])} << (8 * i);
    return value;
  }

  void push(Value value) {
    stack_.push_back(static_cast<Id>(values_.size()));
    values_.push_back(std::move(value));
  }

  Id pop() {
    const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= bottom) fail("it takes a value from an empty stack");
    const Id id = stack_.back();
    stack_.pop_back();
    return id;
  }

  std::vector<Id> pop_to_mark() {
    if (marks_.empty()) fail("there is no mark");
    const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<Id> items(first, stack_.end());
    stack_.erase(first, stack_.end());
    marks_.pop_back();
    return items;
  }

  template <typename Container>
  Container& top(const char* what) {
    const std::size_t bottom = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() <= bottom) fail(fmt::format("there is no {} to fill", what));
    auto* container = std::get_if<Container>(&values_[stack_.back()]);
    if (container == nullptr) fail(fmt::format("it fills something that is no {}", what));
    return *container;
  }

  void append(const std::vector<Id>& items) {
    List& list = top<List>("list");
    list.items.insert(list.items.end(), items.begin(), items.end());
  }

  void set(const std::vector<Id>& items) {
    Dict& dict = top<Dict>("dictionary");
    if (items.size() % 2 != 0) fail("a key without a value");
    for (std::size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
  }

  void tuple(std::size_t size) {
    List list;
    list.items.resize(size);
    for (std::size_t i = size; i > 0; --i) list.items[i - 1] = pop();
    push(std::move(list));
  }

  void long_integer() {
    const std::size_t size = number(1);
    if (size > 8) fail("an integer of more than 64 bits");
    std::uint64_t value = number(size);
    const bool is_negative = size > 0 && (value >> (8 * size - 1) & 1) != 0;
    if (is_negative && size < 8) value |= ~std::uint64_t{0} << (8 * size);
    push(static_cast<std::int64_t>(value));
  }

  void real() {
    std::uint64_t bits = 0;
    for (const char c : take(8)) bits = bits << 8 | static_cast<unsigned char>(c);
    push(std::bit_cast<double>(bits));
  }

  void remember(std::uint64_t name) {
    if (stack_.empty()) fail("it puts nothing into its memo");
    memo_[name] = stack_.back();
  }

  void recall(std::uint64_t name) {
    const auto found = memo_.find(name);
    if (found == memo_.end()) fail(fmt::format("memo {} was never put", name));
    stack_.push_back(found->second);
  }

  void step(unsigned char opcode);
  bool step_container(unsigned char opcode);
  bool step_scalar(unsigned char opcode);
  nlohmann::json unfold(Id id, int depth);
  std::string key(Id id) const;

  std::string_view bytes_;
  const std::string& file_;
  std::size_t next_ = 0;
  /// Where the opcode is that is being done.
  std::size_t at_ = 0;
  std::vector<Value> values_;
  std::vector<Id> stack_;
  std::vector<std::size_t> marks_;
  /// Only looked up.
  std::unordered_map<std::uint64_t, Id> memo_;
  std::size_t unfolded_ = 0;
};

bool Machine::step_scalar(unsigned char opcode) {
  switch (opcode) {
    case kNone:
      return push(nullptr), true;
    case kNewTrue:
      return push(true), true;
    case kNewFalse:
      return push(false), true;
    case kBinInt:
      return push(std::int64_t{static_cast<std::int32_t>(number(4))}), true;
    case kBinInt1:
      return push(static_cast<std::int64_t>(number(1))), true;
    case kBinInt2:
      return push(static_cast<std::int64_t>(number(2))), true;
    case kLong1:
      return long_integer(), true;
    case kBinFloat:
      return real(), true;
    case kBinUnicode:
      return push(std::string(take(number(4)))), true;
    case kShortBinUnicode:
      return push(std::string(take(number(1)))), true;
    default:
      return false;
  }
}

bool Machine::step_container(unsigned char opcode) {
  switch (opcode) {
    case kMark:
      return marks_.push_back(stack_.size()), true;
    case kEmptyList:
    case kEmptyTuple:
      return push(List{}), true;
    case kEmptyDict:
      return push(Dict{}), true;
    case kAppend:
      return append({pop()}), true;
    case kAppends:
      return append(pop_to_mark()), true;
    case kSetItem: {
      const Id value = pop();
      const Id name = pop();
      return set({name, value}), true;
    }
    case kSetItems:
      return set(pop_to_mark()), true;
    case kTuple:
      return push(List{pop_to_mark()}), true;
    case kTuple1:
    case kTuple2:
    case kTuple3:
      return tuple(opcode - kTuple1 + 1U), true;
    default:
      return false;
  }
}

void Machine::step(unsigned char opcode) {
  if (step_scalar(opcode) || step_container(opcode)) return;
  switch (opcode) {
    case kBinGet:
      return recall(number(1));
    case kLongBinGet:
      return recall(number(4));
    case kBinPut:
      return remember(number(1));
    case kLongBinPut:
      return remember(number(4));
    case kMemoize:
      return remember(memo_.size());
    case kFrame:
      number(8);
      return;
    case kProto: {
      const std::uint64_t protocol = number(1);
      if (protocol < 2 || protocol > 5) fail(fmt::format("protocol {} is not one of 2 to 5", protocol));
      return;
    }
    default:
      fail(fmt::format("opcode 0x{:02x} is not allowed; only plain values are read, nothing is executed",
                       opcode));
  }
}

std::string Machine::key(Id id) const {
  if (const auto* text = std::get_if<std::string>(&values_[id])) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&values_[id])) return fmt::format("{}", *integer);
  fail("a dictionary key that is neither text nor an integer");
}

nlohmann::json Machine::unfold(Id id, int depth) {
  if (depth > kPickleDepthMax) fail("it nests too deep");
  if (++unfolded_ > kPickleValuesMax) fail("it unfolds to more values than any dump has");
  const Value& value = values_[id];
  if (const auto* list = std::get_if<List>(&value)) {
    nlohmann::json json = nlohmann::json::array();
    for (const Id item : list->items) json.push_back(unfold(item, depth + 1));
    return json;
  }
  if (const auto* dict = std::get_if<Dict>(&value)) {
    nlohmann::json json = nlohmann::json::object();
    for (const auto& [name, item] : dict->items) json[key(name)] = unfold(item, depth + 1);
    return json;
  }
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return *integer;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return nullptr;
}

using Written = nlohmann::ordered_json;

void put_number(std::string& bytes, std::uint64_t value, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
}

void put_text(std::string& bytes, const std::string& text) {
  bytes += static_cast<char>(kBinUnicode);
  put_number(bytes, text.size(), 4);
  bytes += text;
}

void put_scalar(std::string& bytes, const Written& value) {
  if (value.is_null()) {
    bytes += static_cast<char>(kNone);
  } else if (value.is_boolean()) {
    bytes += static_cast<char>(value.get<bool>() ? kNewTrue : kNewFalse);
  } else if (value.is_number_integer()) {
    bytes += static_cast<char>(kLong1);
    put_number(bytes, 8, 1);
    put_number(bytes, static_cast<std::uint64_t>(value.get<std::int64_t>()), 8);
  } else if (value.is_number()) {
    bytes += static_cast<char>(kBinFloat);
    const auto bits = std::bit_cast<std::uint64_t>(value.get<double>());
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(bits >> shift & 0xff);
  } else {
    put_text(bytes, value.get<std::string>());
  }
}

void put(std::string& bytes, const Written& value) {
  if (!value.is_structured()) return put_scalar(bytes, value);
  bytes += static_cast<char>(value.is_object() ? kEmptyDict : kEmptyList);
  bytes += static_cast<char>(kMark);
  for (const auto& [key, item] : value.items()) {
    if (value.is_object()) put_text(bytes, key);
    put(bytes, item);
  }
  bytes += static_cast<char>(value.is_object() ? kSetItems : kAppends);
}

}  // namespace

std::string pickle_text(const nlohmann::ordered_json& value) {
  std::string bytes = {static_cast<char>(kProto), 2};
  put(bytes, value);
  return bytes + static_cast<char>(kStop);
}

nlohmann::json read_pickle(std::string_view bytes, const std::string& file) {
  return Machine(bytes, file).run();
}

}  // namespace gridlock
