// Parses the directory entries that the system returns.
#include "listing.h"

#include <algorithm>
#include <cstring>

#include "disk.h"
#include "text.h"

namespace wasi_common {
namespace {

// `.` and `..` come first, and this file makes them: the root of a volume has neither.
constexpr std::uint64_t dots = 2;

bool is_dots(const std::u16string& name) { return name == u"." || name == u".."; }

}  // namespace

nt::FILE_ID_FULL_DIR_INFORMATION Listing::raw() const {
  nt::FILE_ID_FULL_DIR_INFORMATION entry;
  std::memcpy(&entry, buffer_ + at_, std::min(sizeof(entry), capacity - at_));
  return entry;
}

std::u16string Listing::raw_name(const nt::FILE_ID_FULL_DIR_INFORMATION& raw) const {
  std::u16string name(raw.FileNameLength / 2, u'\0');
  std::memcpy(name.data(), buffer_ + at_ + name_at, 2 * name.size());
  return name;
}

// Validates an entry, which a driver or a remote server may have written.
bool Listing::whole() const {
  const std::size_t left = filled_ - at_;
  if (left < name_at) return false;
  const nt::FILE_ID_FULL_DIR_INFORMATION entry = raw();
  const std::size_t size = name_at + entry.FileNameLength;
  return size <= left && (entry.NextEntryOffset == 0 || (entry.NextEntryOffset >= size && entry.NextEntryOffset < left));
}

// Stops at an entry other than `.` and `..`, or at the end.
nt::NTSTATUS Listing::fill() {
  for (;;) {
    if (at_ == filled_) {
      nt::IO_STATUS_BLOCK outcome{};
      const nt::NTSTATUS status =
          nt::calls.NtQueryDirectoryFile(directory_, nullptr, nullptr, nullptr, &outcome, buffer_, capacity,
                                         nt::FileIdFullDirectoryInformation, 0, nullptr, restart_);
      restart_ = false;
      at_ = filled_ = 0;
      // A directory removed in the meantime is at its end, as is an empty one.
      const bool gone =
          status == nt::STATUS_NO_SUCH_FILE || status == nt::STATUS_DELETE_PENDING || status == nt::STATUS_FILE_DELETED;
      if (gone) return nt::STATUS_NO_MORE_FILES;
      if (status != nt::STATUS_SUCCESS) return status;
      filled_ = std::min<std::size_t>(outcome.Information, capacity);
    }
    if (!whole()) return nt::STATUS_DATA_ERROR;
    const nt::FILE_ID_FULL_DIR_INFORMATION entry = raw();
    if (!is_dots(raw_name(entry))) return nt::STATUS_SUCCESS;
    at_ = entry.NextEntryOffset == 0 ? filled_ : at_ + entry.NextEntryOffset;
  }
}

nt::NTSTATUS Listing::go_to(std::uint64_t cookie) {
  if (cookie != 0 && cookie == cookie_) return nt::STATUS_SUCCESS;
  at_ = filled_ = 0;
  restart_ = true;
  cookie_ = 0;
  // A cookie past the end means the end.
  for (Entry entry; cookie_ < cookie; advance()) {
    const nt::NTSTATUS status = peek(entry);
    if (status != nt::STATUS_SUCCESS) return status == nt::STATUS_NO_MORE_FILES ? nt::STATUS_SUCCESS : status;
  }
  return nt::STATUS_SUCCESS;
}

nt::NTSTATUS Listing::peek(Entry& entry) {
  entry.next = cookie_ + 1;
  if (cookie_ < dots) {
    nt::FILE_ALL_INFORMATION all;
    if (const nt::NTSTATUS status = look(directory_, all); !nt::NT_SUCCESS(status)) return status;
    // The parent's inode stays hidden: a guest cannot reach it from here.
    entry.inode = static_cast<std::uint64_t>(all.InternalInformation.IndexNumber);
    entry.type = Filetype::Directory;
    entry.name = cookie_ == 0 ? "." : "..";
    return nt::STATUS_SUCCESS;
  }
  if (const nt::NTSTATUS status = fill(); status != nt::STATUS_SUCCESS) return status;
  const nt::FILE_ID_FULL_DIR_INFORMATION found = raw();
  entry.inode = found.FileId;
  entry.type = filetype({found.FileAttributes, found.EaSize});
  entry.name = to_utf8(raw_name(found));
  return nt::STATUS_SUCCESS;
}

void Listing::advance() {
  if (cookie_++ < dots) return;
  const nt::FILE_ID_FULL_DIR_INFORMATION entry = raw();
  at_ = entry.NextEntryOffset == 0 ? filled_ : at_ + entry.NextEntryOffset;
}

}  // namespace wasi_common
