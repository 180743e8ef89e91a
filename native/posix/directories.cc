// Lists a directory into guest memory.
#include <dirent.h>
#include <fcntl.h>

#include <cstring>

#include "dirents.h"
#include "filestat.h"
#include "host.h"

namespace wasi_common {
namespace {

Filetype entry_type(unsigned char type) {
  switch (type) {
    case DT_REG: return Filetype::RegularFile;
    case DT_DIR: return Filetype::Directory;
    case DT_LNK: return Filetype::SymbolicLink;
    case DT_CHR: return Filetype::CharacterDevice;
    case DT_BLK: return Filetype::BlockDevice;
    case DT_FIFO:
    case DT_SOCK: return Filetype::SocketStream;
    default: return Filetype::Unknown;
  }
}

bool is_root(State& state, const struct stat& status) {
  return state.files.shared()->any(
      [&](const File& file) { return file.root && file.device == status.st_dev && file.inode == status.st_ino; });
}

bool is_parent(const platform::Entry& entry) { return entry.length == 2 && std::memcmp(entry.name, "..", 2) == 0; }

// The inode of `..`. No handle may reveal anything above a preopen, not even that of a directory
// moved out of it. So a parent has its own inode only if it is in a preopened directory. Otherwise
// `..` gets the inode of the directory itself.
std::uint64_t parent_inode(State& state, int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return 0;
  const std::uint64_t own = status.st_ino;
  if (is_root(state, status)) return own;
  // Opened, so that the parent examined is the one climbed from.
  const Descriptor parent(::openat(fd, "..", platform::search_flags | O_DIRECTORY | O_CLOEXEC));
  if (!parent.open() || state.reserve.check(parent) != 0 || ::fstat(parent.get(), &status) != 0) return own;
  const std::uint64_t named = status.st_ino;
  char up[2048] = "..";
  for (std::size_t size = 2; !is_root(state, status); size += 3) {
    const struct stat child = status;
    if (size + 4 > sizeof(up) || ::fstatat(parent.get(), up, &status, 0) != 0) return own;
    // The root of the host is its own parent.
    if (status.st_ino == child.st_ino && status.st_dev == child.st_dev) return own;
    std::memcpy(up + size, "/..", 4);
  }
  return named;
}

Filetype asked_type(int fd, const char* name) {
  struct stat status;
  return ::fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? filetype(status, -1) : Filetype::Unknown;
}

}  // namespace

Answer Host::readdir(Handle handle, std::uint32_t at, std::uint32_t length) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (const Answer failed = state_.files.fetch_type(*file); failed != 0) return failed;
  if (!file->is_directory()) return refuse(Errno::NotDir);
  std::uint8_t* const buffer = state_.guest.memory(at, length);
  if (buffer == nullptr) return refuse(Errno::Fault);
  const auto locked = state_.files.shared()->listings();
  platform::Listing* const listing = state_.files.shared()->listing(handle, *file);
  if (listing == nullptr || platform::go_to(*listing, state_.guest.block().cookie) != 0)
    return state_.guest.failed("readdir", errno);

  Dirents dirents(buffer, length);
  while (!dirents.full()) {
    platform::Entry entry;
    const int found = platform::peek(*listing, entry);
    if (found == 0) break;
    // Entries already written are lost for this call only: the next one starts from the same
    // cookie.
    if (found < 0) return state_.guest.failed("readdir", errno);
    Dirent record{};
    record.next = entry.next;
    record.inode = is_parent(entry) ? parent_inode(state_, file->fd) : entry.inode;
    record.name_length = static_cast<std::uint32_t>(entry.length);
    record.type = entry.type != DT_UNKNOWN ? entry_type(entry.type) : asked_type(file->fd, entry.name);
    if (!dirents.put(record, entry.name)) break;
    platform::advance(*listing);
  }
  return dirents.written();
}

}  // namespace wasi_common
