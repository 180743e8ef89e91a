// Knows how a directory is read entry by entry: by NtQueryDirectoryFile, which goes on where it stopped, and has no offsets to
// go back to. So a cookie is how many entries came before, as they lie in the directory, which keeps them sorted.
#pragma once
#include <cstdint>
#include <string>

#include "nt.h"
#include "wasi.h"

namespace wasi_common {

// Invariant: the entry at `at` (or, where at == filled, the next that the system will give) follows `cookie`.
class Listing {
 public:
  struct Entry {
    std::uint64_t next;  // cookie of what follows it
    std::uint64_t inode;
    Filetype type;
    std::string name;
  };

  explicit Listing(nt::HANDLE directory) : directory_(directory) {}
  // Stands before the entry that follows `cookie`; 0 is the start, which is always read afresh. An NTSTATUS.
  nt::NTSTATUS go_to(std::uint64_t cookie);
  // The entry that comes next: success, or no_more_files.
  nt::NTSTATUS peek(Entry& entry);
  // Go on behind the entry that peek() gave.
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
