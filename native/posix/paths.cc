// The calls that take a path, except those that create, move or remove names.
#include <fcntl.h>

#include <algorithm>

#include "filestat.h"
#include "host.h"

namespace wasi_common {
namespace {

int host_flags(std::uint32_t oflags, std::uint32_t fdflags, std::uint32_t access) {
  constexpr int accesses[] = {O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR};
  // A FIFO must not wait for its other end, nor a terminal become the host's controlling one
  // (open(2)). O_NONBLOCK stays set: see transfer().
  int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  flags |= accesses[access & want_both];
  if (oflags & oflags::directory) flags |= O_DIRECTORY;
  if (oflags & oflags::creat) flags |= O_CREAT;
  if (oflags & oflags::excl) flags |= O_EXCL;
  if (oflags & oflags::trunc) flags |= O_TRUNC;
  if (fdflags & fdflags::append) flags |= O_APPEND;
  if (fdflags & fdflags::dsync) flags |= O_DSYNC;
  if (fdflags & (fdflags::sync | fdflags::rsync)) flags |= O_SYNC;
  return flags;
}

}  // namespace

Answer Host::open(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t oflags,
                  std::uint32_t fdflags, std::uint32_t access) {
  constexpr std::uint32_t creating_directory = oflags::creat | oflags::directory;
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (oflags > 15 || fdflags > fdflags::all || access > (want_both | want_unchanged)) return refuse(Errno::Inval);
  if ((oflags & creating_directory) == creating_directory) return refuse(Errno::Inval);

  File file;
  Descriptor fd;
  const int flags = host_flags(oflags, fdflags, access);
  if (const Answer refused = state_.resolver.open(parent->fd, path, follow != 0, flags, (access & want_unchanged) != 0, fd);
      refused != 0)
    return refused;
  file.fd = fd.get();
  if (flags & O_DIRECTORY)
    file.type = Filetype::Directory;
  else
    file.type_fetched = false;
  // Other threads must see its final state, so its type is fetched first.
  if (state_.files.shared()->shared()) {
    if (const Answer failed = state_.files.fetch_type(file); failed != 0) return failed;
  }
  file.flags = fdflags;
  file.reads = (flags & O_ACCMODE) != O_WRONLY;
  file.writes = (flags & O_ACCMODE) != O_RDONLY;
  fd.release();
  return state_.files.place(std::move(file));
}

Answer Host::filestat_at(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow) {
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  struct stat status;
  if (const Answer refused = state_.resolver.status(parent->fd, path, follow != 0, status); refused != 0) return refused;
  write_filestat(status, filetype(status, -1), state_.guest.block().record);
  return 0;
}

namespace {

// Sets times through a descriptor. The OS sandbox refuses utimensat(2) with a path, which Landlock
// does not check. It allows a descriptor, which Landlock checked at open. False except for files
// and directories: opening a device or FIFO has side effects beyond setting its times.
bool set_times_of_opened(const Resolved& resolved, const timespec (&times)[2]) {
  struct stat status;
  const auto fits = [&] { return S_ISREG(status.st_mode) || S_ISDIR(status.st_mode); };
  if (::fstatat(resolved.fd(), resolved.last, &status, AT_SYMLINK_NOFOLLOW) != 0 || !fits()) return false;
  for (const int access : {O_RDONLY, O_WRONLY}) {
    const int flags = access | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    const Descriptor fd(retry([&] { return platform::openat(resolved.fd(), resolved.last, flags, 0); }));
    // Another file may have replaced it.
    if (fd.open()) return ::fstat(fd.get(), &status) == 0 && fits() && ::futimens(fd.get(), times) == 0;
    if (errno != EACCES) return false;
  }
  return false;
}

}  // namespace

Answer Host::set_times_at(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t flags) {
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  timespec times[2];
  if (const Answer refused = times_to_set(state_.guest.block(), flags, times); refused != 0) return refused;
  Resolved resolved;
  const unsigned how = (follow != 0 ? How::follow : keep) | enter;
  if (const Answer refused = state_.resolver.parent(parent->fd, path, how, resolved); refused != 0) return refused;
  // The kernel does not look the path up if no time is set:
  // https://man7.org/linux/man-pages/man2/utimensat.2.html#NOTES
  if (flags == 0) {
    struct stat status;
    return ::fstatat(resolved.fd(), resolved.last, &status, AT_SYMLINK_NOFOLLOW) == 0
               ? 0
               : state_.guest.failed("fstatat", errno, path.bytes);
  }
  if (::utimensat(resolved.fd(), resolved.last, times, AT_SYMLINK_NOFOLLOW) == 0) return 0;
  const int error = errno;
  if (error == EPERM && set_times_of_opened(resolved, times)) return 0;
  return state_.guest.failed("utimensat", error, path.bytes);
}

Answer Host::readlink(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t into, std::uint32_t capacity) {
  Path path;
  Pin parent;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  std::uint8_t* const place = state_.guest.memory(into, capacity);
  if (place == nullptr) return refuse(Errno::Fault);
  Resolved resolved;
  if (const Answer refused = state_.resolver.parent(parent->fd, path, enter, resolved); refused != 0) return refused;
  // readlink(2) fails with EINVAL for an empty buffer, and takes the size as an int.
  char none[1];
  char* const buffer = capacity == 0 ? none : reinterpret_cast<char*>(place);
  const std::size_t size = capacity == 0 ? 1 : std::min<std::size_t>(capacity, max_path + 1);
  const ssize_t filled = ::readlinkat(resolved.fd(), resolved.last, buffer, size);
  if (filled < 0) return state_.guest.failed("readlinkat", errno, path.bytes);
  return capacity == 0 ? 0 : filled;
}

}  // namespace wasi_common
