// Opens a name in a directory, and queries open files: the calls of nt.h, with the options that are
// always set.
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
// Opens `name` in `directory`, even if it is a reparse point. The empty name reopens the directory
// itself.
nt::NTSTATUS open_at(nt::HANDLE directory, const std::u16string& name, const Opening& how, Object& opened,
                     bool* created = nullptr);

nt::NTSTATUS look(nt::HANDLE file, nt::FILE_ALL_INFORMATION& all);
// Attributes, and the tag of a reparse point.
nt::NTSTATUS look(nt::HANDLE file, nt::FILE_ATTRIBUTE_TAG_INFORMATION& kind);
// Unknown for a reparse point that only a driver can read.
Filetype filetype(const nt::FILE_ATTRIBUTE_TAG_INFORMATION& kind);
// STATUS_NOT_A_REPARSE_POINT if the file is no symlink.
nt::NTSTATUS read_link(nt::HANDLE link, std::string& target);
// Turns an empty file or directory into a symlink.
nt::NTSTATUS make_link(nt::HANDLE empty, const std::vector<std::uint8_t>& reparse);
// Removes the name by which the file was opened: at once if the file system can, else when its last
// handle closes.
nt::NTSTATUS remove(nt::HANDLE file);
nt::NTSTATUS rename(nt::HANDLE file, nt::HANDLE directory, const std::u16string& name);
nt::NTSTATUS link(nt::HANDLE file, nt::HANDLE directory, const std::u16string& name);
nt::NTSTATUS set_size(nt::HANDLE file, std::int64_t size);
// The system's own offset, which a file shares with the host.
nt::NTSTATUS set_position(nt::HANDLE file, std::int64_t place);
nt::NTSTATUS set_times(nt::HANDLE file, const std::int64_t (&times)[2]);

// Windows counts 100 nanoseconds since 1601; 0 means no time.
std::uint64_t to_nanoseconds(std::int64_t time);
std::int64_t from_nanoseconds(std::uint64_t time);

}  // namespace wasi_common
