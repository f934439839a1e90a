#include "harness/mpu/dump_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "core/base/input_error.h"
#include "harness/mpu/dump_answer.h"
#include "harness/read/json_cursor.h"

namespace gridlock {
namespace {

constexpr std::string_view kFormat = "gridlock-mpu-dump/1";
constexpr RankId kWorldMax = 1 << 16;

std::vector<std::string> files_of(std::span<const std::string> paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.is_regular_file() && entry.path().extension() == ".json")
        found.push_back(entry.path().string());
    }
    if (found.empty()) throw InputError(path, "there is no dump in this folder");
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  }
  return files;
}

/// A dump while its files are being read.
struct OpenSet {
  DumpSet set;
  std::optional<RankId> world_size;
  std::vector<bool> seen;
};

void read_about(const JsonCursor& cursor, OpenSet& open) {
  if (!open.set.object.empty()) return;
  cursor.check_keys({"target", "object", "names", "python", "torch_distributed"});
  open.set.object = cursor.at("object").string();
  for (const JsonCursor& name : cursor.at("names").items()) open.set.other_names.push_back(name.string());
}

void read_axes(const JsonCursor& cursor, OpenSet& open) {
  AxisSizes axes;
  for (const auto& [name, size] : cursor.members()) axes.emplace_back(name, size.integer(1, kWorldMax));
  if (!open.set.axes.empty() && open.set.axes != axes) cursor.fail("a dump before this one has other axes");
  open.set.axes = std::move(axes);
}

void read_rank(const JsonCursor& cursor, const DumpTables& tables, OpenSet& open) {
  cursor.check_keys({"rank", "creations", "accessors"});
  const auto rank = static_cast<RankId>(cursor.at("rank").integer(0, tables.world_size - 1));
  if (open.seen[static_cast<std::size_t>(rank)])
    cursor.at("rank").fail(fmt::format("rank {} is there already", rank));
  open.seen[static_cast<std::size_t>(rank)] = true;
  MpuDump& dump = open.set.dumps[static_cast<std::size_t>(rank)];
  dump.rank = rank;
  const JsonCursor place = cursor.at("creations");
  if (tables.creations.empty()) place.fail("the file has no creations");
  const auto& creations = tables.creations[static_cast<std::size_t>(
      place.integer(0, static_cast<std::int64_t>(tables.creations.size()) - 1))];
  dump.creations = creations.calls;
  const JsonCursor accessors = cursor.at("accessors");
  std::vector<std::string> known;
  for (Accessor accessor : all_accessors()) known.emplace_back(accessor_name(accessor));
  accessors.check_keys(known);
  for (Accessor accessor : all_accessors()) {
    const auto answer = accessors.find(accessor_name(accessor));
    if (!answer)
      accessors.fail(fmt::format("expected an answer for '{}', got none", accessor_name(accessor)));
    read_dump_answer(*answer, accessor, tables, creations, dump);
  }
}

void read_file(const std::string& path, OpenSet& open) {
  const JsonNode root =
      read_json_file(path, {"tools/dump_mpu.py writes it, unless what it prints says why not",
                            "files of fewer ranks each make one dump too"});
  const JsonCursor file(root);
  const JsonCursor format = file.at("format");
  if (format.string() != kFormat)
    format.fail(fmt::format("expected '{}', got '{}'", kFormat, format.string()));
  file.check_keys({"format", "about", "world_size", "axes", "creations", "shared", "ranks"});
  const auto world_size = static_cast<RankId>(file.at("world_size").integer(1, kWorldMax));
  if (open.world_size && *open.world_size != world_size) {
    file.at("world_size")
        .fail(fmt::format("expected {} as in the dump before, got {}", *open.world_size, world_size));
  }
  if (!open.world_size) {
    open.world_size = world_size;
    open.set.dumps.resize(static_cast<std::size_t>(world_size));
    open.seen.assign(static_cast<std::size_t>(world_size), false);
  }
  read_about(file.at("about"), open);
  if (const auto axes = file.find("axes")) read_axes(*axes, open);
  const DumpTables tables = read_dump_tables(file, world_size);
  for (const JsonCursor& rank : file.at("ranks").items()) read_rank(rank, tables, open);
}

}  // namespace

DumpSet read_dumps(std::span<const std::string> paths) {
  OpenSet open;
  const std::vector<std::string> files = files_of(paths);
  for (const std::string& file : files) read_file(file, open);
  std::vector<RankId> lacking;
  for (std::size_t rank = 0; rank < open.seen.size(); ++rank) {
    if (!open.seen[rank]) lacking.push_back(static_cast<RankId>(rank));
  }
  if (!lacking.empty()) {
    throw InputError(files.front(),
                     fmt::format("expected dumps of {} ranks, got none of {} {}", open.seen.size(),
                                 lacking.size() == 1 ? "rank" : "ranks", RankSet(lacking).to_string()));
  }
  return std::move(open.set);
}

AxisSizes parse_axes(const std::string& text) {
  AxisSizes axes;
  std::size_t start = 0;
  while (start <= text.size()) {
    const std::size_t end = std::min(text.find(',', start), text.size());
    const std::string part = text.substr(start, end - start);
    const std::size_t equals = part.find('=');
    std::int64_t size = 0;
    const char* last = part.data() + part.size();
    const bool is_pair = equals != std::string::npos && equals > 0;
    const auto [stop, error] = is_pair ? std::from_chars(part.data() + equals + 1, last, size)
                                       : std::from_chars_result{part.data(), std::errc::invalid_argument};
    if (error != std::errc{} || stop != last || size < 1 || size > kWorldMax) {
      throw InputError("axes", fmt::format("expected name=size, got '{}'", part),
                       "as in pipe=2,data=2,tensor=2, slowest first");
    }
    const std::string name = part.substr(0, equals);
    if (std::any_of(axes.begin(), axes.end(), [&](const auto& axis) { return axis.first == name; }))
      throw InputError("axes", fmt::format("'{}' is there twice", name));
    axes.emplace_back(name, size);
    start = end + 1;
  }
  return axes;
}

}  // namespace gridlock
