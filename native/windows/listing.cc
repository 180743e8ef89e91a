// Knows what the system says of a directory's entries.
#include "listing.h"

#include <algorithm>
#include <cstring>

#include "disk.h"
#include "text.h"

namespace wasi_common {
namespace {

// `.` and `..` come first, and are ours: the root of a volume has neither.
constexpr std::uint64_t dots = 2;

bool is_dots(const std::u16string& name) { return name == u"." || name == u".."; }

}  // namespace

nt::Listed Listing::raw() const {
  nt::Listed entry;
  std::memcpy(&entry, buffer_ + at_, std::min(sizeof(entry), capacity - at_));
  return entry;
}

std::u16string Listing::raw_name(const nt::Listed& raw) const {
  std::u16string name(raw.name_bytes / 2, u'\0');
  std::memcpy(name.data(), buffer_ + at_ + name_at, 2 * name.size());
  return name;
}

// A driver, or a server far away, may have written it.
bool Listing::whole() const {
  const std::size_t left = filled_ - at_;
  if (left < name_at) return false;
  const nt::Listed entry = raw();
  const std::size_t size = name_at + entry.name_bytes;
  return size <= left && (entry.next == 0 || (entry.next >= size && entry.next < left));
}

// At an entry that is none of the dots, or at the end.
nt::Status Listing::fill() {
  for (;;) {
    if (at_ == filled_) {
      nt::Outcome outcome{};
      const nt::Status status = nt::calls.query_directory_file(directory_, nullptr, nullptr, nullptr, &outcome, buffer_, capacity,
                                                               nt::about::listed, 0, nullptr, restart_);
      restart_ = false;
      at_ = filled_ = 0;
      // A directory that was removed meanwhile is at its end, as is an empty one.
      const bool gone = status == nt::no_such_file || status == nt::delete_pending || status == nt::file_deleted;
      if (gone) return nt::no_more_files;
      if (status != nt::success) return status;
      filled_ = std::min<std::size_t>(outcome.information, capacity);
    }
    if (!whole()) return nt::data_error;
    const nt::Listed entry = raw();
    if (!is_dots(raw_name(entry))) return nt::success;
    at_ = entry.next == 0 ? filled_ : at_ + entry.next;
  }
}

nt::Status Listing::go_to(std::uint64_t cookie) {
  if (cookie != 0 && cookie == cookie_) return nt::success;
  at_ = filled_ = 0;
  restart_ = true;
  cookie_ = 0;
  // A cookie beyond the end is the end.
  for (Entry entry; cookie_ < cookie; advance()) {
    const nt::Status status = peek(entry);
    if (status != nt::success) return status == nt::no_more_files ? nt::success : status;
  }
  return nt::success;
}

nt::Status Listing::peek(Entry& entry) {
  entry.next = cookie_ + 1;
  if (cookie_ < dots) {
    nt::All all;
    if (const nt::Status status = look(directory_, all); !nt::succeeded(status)) return status;
    // What is above is nobody's business, and cannot be reached from here.
    entry.inode = static_cast<std::uint64_t>(all.index);
    entry.type = Filetype::Directory;
    entry.name = cookie_ == 0 ? "." : "..";
    return nt::success;
  }
  if (const nt::Status status = fill(); status != nt::success) return status;
  const nt::Listed found = raw();
  entry.inode = found.inode;
  entry.type = filetype({found.attributes, found.tag});
  entry.name = to_utf8(raw_name(found));
  return nt::success;
}

void Listing::advance() {
  if (cookie_++ < dots) return;
  const nt::Listed entry = raw();
  at_ = entry.next == 0 ? filled_ : at_ + entry.next;
}

}  // namespace wasi_common
