// Reads a directory entry by entry with NtQueryDirectoryFile. It continues from the last entry, and
// has no offsets to return to. So a cookie counts the entries before it, in the order of the
// directory, which NTFS keeps sorted.
#pragma once
#include <cstdint>
#include <string>

#include "nt.h"
#include "wasi.h"

namespace wasi_common {

// Invariant: the entry at `at` follows `cookie`. If `at == filled`, the next entry that the system
// returns follows it.
class Listing {
 public:
  struct Entry {
    std::uint64_t next;  // the cookie after it
    std::uint64_t inode;
    Filetype type;
    std::string name;
  };

  explicit Listing(nt::HANDLE directory) : directory_(directory) {}
  // Moves to the entry after `cookie`. 0 is the start, which always rereads the directory. Returns
  // an NTSTATUS.
  nt::NTSTATUS go_to(std::uint64_t cookie);
  // Reads the next entry without advancing: STATUS_SUCCESS, or STATUS_NO_MORE_FILES.
  nt::NTSTATUS peek(Entry& entry);
  // Advances past the entry that peek() returned.
  void advance();

 private:
  static constexpr std::size_t capacity = 65536;
  static constexpr std::size_t name_at = offsetof(nt::FILE_ID_FULL_DIR_INFORMATION, FileName);

  nt::NTSTATUS fill();
  bool whole() const;
  nt::FILE_ID_FULL_DIR_INFORMATION raw() const;
  std::u16string raw_name(const nt::FILE_ID_FULL_DIR_INFORMATION& raw) const;

  nt::HANDLE directory_;
  std::uint64_t cookie_ = 0;
  bool restart_ = true;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  alignas(8) std::uint8_t buffer_[capacity];
};

}  // namespace wasi_common
