// Translates stat(2) records to filestats, and times back.
#include "filestat.h"

#include <fcntl.h>
#include <sys/socket.h>

#include "platform.h"

namespace wasi_common {

Filetype filetype(const struct stat& status, int fd) {
  switch (status.st_mode & S_IFMT) {
    case S_IFREG: return Filetype::RegularFile;
    case S_IFDIR: return Filetype::Directory;
    case S_IFLNK: return Filetype::SymbolicLink;
    case S_IFCHR: return Filetype::CharacterDevice;
    case S_IFBLK: return Filetype::BlockDevice;
    case S_IFIFO: return Filetype::SocketStream;  // preview 1 has no type for a FIFO; node:wasi returns the same
    case S_IFSOCK: {
      int type = 0;
      socklen_t size = sizeof(type);
      const bool datagram = fd >= 0 && ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
      return datagram ? Filetype::SocketDgram : Filetype::SocketStream;
    }
    default: return Filetype::Unknown;
  }
}

std::uint64_t nanoseconds(const timespec& time) {
  if (time.tv_sec < 0) return 0;
  std::uint64_t sum = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(time.tv_sec), std::uint64_t{1000000000}, &sum) ||
      __builtin_add_overflow(sum, static_cast<std::uint64_t>(time.tv_nsec), &sum))
    return UINT64_MAX;
  return sum;
}

void write_filestat(const struct stat& status, Filetype type, Filestat& record) {
  const platform::Times times = platform::times(status);
  record = {};
  record.device = static_cast<std::uint64_t>(status.st_dev);
  record.inode = status.st_ino;
  record.type = type;
  record.links = status.st_nlink;
  record.size = static_cast<std::uint64_t>(status.st_size);
  record.accessed = nanoseconds(times.accessed);
  record.modified = nanoseconds(times.modified);
  record.changed = nanoseconds(times.changed);
}

Answer times_to_set(const Block& block, std::uint32_t flags, timespec (&times)[2]) {
  constexpr std::uint64_t second = 1000000000;
  if (flags > fstflags::all) return refuse(Errno::Inval);
  for (int i = 0; i < 2; ++i, flags >>= 2) {
    const bool given = (flags & fstflags::atim) != 0;
    const bool now = (flags & fstflags::atim_now) != 0;
    if (given && now) return refuse(Errno::Inval);
    times[i] = {0, given ? 0 : now ? UTIME_NOW : UTIME_OMIT};
    if (!given) continue;
    times[i].tv_sec = static_cast<time_t>(block.times[i] / second);
    times[i].tv_nsec = static_cast<long>(block.times[i] % second);
    if (times[i].tv_sec < 0 || static_cast<std::uint64_t>(times[i].tv_sec) != block.times[i] / second)
      return refuse(Errno::Overflow);
  }
  return 0;
}

}  // namespace wasi_common
