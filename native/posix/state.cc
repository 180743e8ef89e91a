// Describes a file to the guest.
#include "state.h"

#include <fcntl.h>
#include <sys/socket.h>

namespace wasi_common {
namespace {

bool is_terminal(const File& file) { return file.type == Filetype::CharacterDevice && ::isatty(file.fd); }

}  // namespace

State::State(Block* block, bool walk_only, std::shared_ptr<Table> table)
    : Base(block, std::move(table)), walk_only_(walk_only), first_reserved_(first_reserved()), latest_(first_reserved_) {}

Answer State::check_reserve(const Descriptor& fd) {
  latest_ = fd.get();
  return latest_ < first_reserved_ ? 0 : refuse(Errno::Mfile);
}

Answer State::check_next(int any) {
  // Spares two system calls as long as the reserve is far away. If the host opens half of all descriptors between two calls of
  // the guest, the second is refused too late, and refused all the same.
  if (latest_ < first_reserved_ / 2) return 0;
  const Descriptor next(::fcntl(any, F_DUPFD_CLOEXEC, 0));
  return next.open() ? check_reserve(next) : failed("fcntl", errno);
}

Answer State::fetch_type(File& file) {
  if (file.type_fetched) return 0;
  struct stat status;
  if (::fstat(file.fd, &status) != 0) return failed("fstat", errno);
  file.type = filetype(status, file.fd);
  file.type_fetched = true;
  return 0;
}

void State::describe(const File& file) {
  block_->opened.type = file.type_fetched ? static_cast<std::uint32_t>(file.type) : type_not_fetched;
  block_->opened.flags = file.flags.get();
  block_->opened.terminal = is_terminal(file);
}

Answer State::place(File&& file) {
  file.waits = file.adopted && !file.socket && (is_terminal(file) || file.type == Filetype::SocketStream);
  describe(file);
  return static_cast<Answer>(table()->place(std::move(file)));
}

Filetype filetype(const struct stat& status, int fd) {
  switch (status.st_mode & S_IFMT) {
    case S_IFREG: return Filetype::RegularFile;
    case S_IFDIR: return Filetype::Directory;
    case S_IFLNK: return Filetype::SymbolicLink;
    case S_IFCHR: return Filetype::CharacterDevice;
    case S_IFBLK: return Filetype::BlockDevice;
    case S_IFIFO: return Filetype::SocketStream;  // preview 1 has no type for it; node:wasi says the same
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
