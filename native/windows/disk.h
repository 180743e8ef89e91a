// Knows how a name in a directory is opened, and what is told of what was opened: the calls of nt.h, with what we always ask.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "nt.h"
#include "object.h"
#include "wasi.h"

namespace wasi_common {

struct Opening {
  std::uint32_t access = 0;
  std::uint32_t disposition = nt::disposition::open;
  std::uint32_t options = 0;
  std::uint32_t share = nt::share_all;
};
// What stands under `name` in `directory`, be it a link or not; of the empty name, what is open there, once more.
nt::Status open_at(nt::Object directory, const std::u16string& name, const Opening& how, Object& opened, bool* created = nullptr);

nt::Status look(nt::Object file, nt::All& all);
// Attributes, and the tag of a reparse point.
nt::Status look(nt::Object file, nt::AttributeTag& kind);
// Unknown for what only a driver can read.
Filetype filetype(const nt::AttributeTag& kind);
// not_a_reparse_point for what is no link.
nt::Status read_link(nt::Object link, std::string& target);
// Makes a link of an empty file or directory.
nt::Status make_link(nt::Object empty, const std::vector<std::uint8_t>& reparse);
// Takes the name away by which it was opened: at once where the file system can, else when nobody has it open any more.
nt::Status remove(nt::Object file);
nt::Status rename(nt::Object file, nt::Object directory, const std::u16string& name);
nt::Status link(nt::Object file, nt::Object directory, const std::u16string& name);
nt::Status set_size(nt::Object file, std::int64_t size);
// Where the system's own offset is, which a file shares with the host.
nt::Status set_position(nt::Object file, std::int64_t place);
nt::Status set_times(nt::Object file, const std::int64_t (&times)[2]);

// Times of Windows count 100 nanoseconds since 1601; 0 means none.
std::uint64_t to_nanoseconds(std::int64_t time);
std::int64_t from_nanoseconds(std::uint64_t time);

}  // namespace wasi_common
