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
  std::uint32_t disposition = nt::FILE_OPEN;
  std::uint32_t options = 0;
  std::uint32_t share = nt::share_all;
};
// Opens `name` in `directory`, link or not; the empty name opens the directory itself once more.
nt::NTSTATUS open_at(nt::HANDLE directory, const std::u16string& name, const Opening& how, Object& opened,
                     bool* created = nullptr);

nt::NTSTATUS look(nt::HANDLE file, nt::FILE_ALL_INFORMATION& all);
// Attributes, and the tag of a reparse point.
nt::NTSTATUS look(nt::HANDLE file, nt::FILE_ATTRIBUTE_TAG_INFORMATION& kind);
// Unknown for what only a driver can read.
Filetype filetype(const nt::FILE_ATTRIBUTE_TAG_INFORMATION& kind);
// not_a_reparse_point for what is no link.
nt::NTSTATUS read_link(nt::HANDLE link, std::string& target);
// Makes a link of an empty file or directory.
nt::NTSTATUS make_link(nt::HANDLE empty, const std::vector<std::uint8_t>& reparse);
// Takes the name away by which it was opened: at once where the file system can, else when nobody has it open any more.
nt::NTSTATUS remove(nt::HANDLE file);
nt::NTSTATUS rename(nt::HANDLE file, nt::HANDLE directory, const std::u16string& name);
nt::NTSTATUS link(nt::HANDLE file, nt::HANDLE directory, const std::u16string& name);
nt::NTSTATUS set_size(nt::HANDLE file, std::int64_t size);
// The system's own offset, which a file shares with the host.
nt::NTSTATUS set_position(nt::HANDLE file, std::int64_t place);
nt::NTSTATUS set_times(nt::HANDLE file, const std::int64_t (&times)[2]);

// Times of Windows count 100 nanoseconds since 1601; 0 means none.
std::uint64_t to_nanoseconds(std::int64_t time);
std::int64_t from_nanoseconds(std::uint64_t time);

}  // namespace wasi_common
