// The calls that take a path, except those that create, move or remove names.
#include <fcntl.h>

#include <algorithm>

#include "filestat.h"
#include "host.h"

namespace wasi_common {
namespace {

// open(2)'s flags by the bits of a set, worked out when this is compiled.
template <std::size_t size>
struct FlagsOf {
  int flags[size] = {};
  template <std::size_t bits>
  constexpr explicit FlagsOf(const int (&of_bit)[bits]) {
    static_assert(size == std::size_t{1} << bits);
    for (std::size_t set = 0; set < size; ++set)
      for (std::size_t bit = 0; bit < bits; ++bit)
        if (set >> bit & 1) flags[set] |= of_bit[bit];
  }
};
constexpr int of_oflag[] = {O_CREAT, O_DIRECTORY, O_EXCL, O_TRUNC};
constexpr int of_fdflag[] = {O_APPEND, O_DSYNC, 0, O_SYNC, O_SYNC};
constexpr FlagsOf<oflags::all + 1> of_oflags(of_oflag);
constexpr FlagsOf<fdflags::all + 1> of_fdflags(of_fdflag);
static_assert(of_oflags.flags[oflags::creat | oflags::trunc] == (O_CREAT | O_TRUNC) && of_oflags.flags[oflags::excl] == O_EXCL);
static_assert(of_oflags.flags[oflags::directory] == O_DIRECTORY && of_fdflags.flags[fdflags::append] == O_APPEND);
static_assert(of_fdflags.flags[fdflags::dsync] == O_DSYNC && of_fdflags.flags[fdflags::sync] == O_SYNC);
static_assert(of_fdflags.flags[fdflags::rsync] == O_SYNC && of_fdflags.flags[fdflags::nonblock] == 0);

// The flags are sets of known bits.
int host_flags(std::uint32_t oflags, std::uint32_t fdflags, std::uint32_t access) {
  constexpr int accesses[] = {O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR};
  // A FIFO must not wait for its other end, nor a terminal become the host's controlling one
  // (open(2)). O_NONBLOCK stays set: see transfer().
  return O_CLOEXEC | O_NOCTTY | O_NONBLOCK | accesses[access & want_both] | of_oflags.flags[oflags] | of_fdflags.flags[fdflags];
}

}  // namespace

Answer Host::open(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t oflags,
                  std::uint32_t fdflags, std::uint32_t access) {
  constexpr std::uint32_t creating_directory = oflags::creat | oflags::directory;
  Path path;
  Answer refused;
  const Pin parent = state_.directory_and_path(dir, at, length, path, refused);
  if (refused != 0) return refused;
  if (oflags > oflags::all || fdflags > fdflags::all || access > (want_both | want_unchanged)) return refuse(Errno::Inval);
  if ((oflags & creating_directory) == creating_directory) return refuse(Errno::Inval);

  Descriptor fd;
  const int flags = host_flags(oflags, fdflags, access);
  refused = state_.resolver.open(parent->fd, path, follow != 0, flags, (access & want_unchanged) != 0, fd);
  if (refused != 0) return refused;
  Opened file;
  file.fd = fd.get();
  file.type_fetched = (flags & O_DIRECTORY) != 0;
  if (file.type_fetched) file.type = Filetype::Directory;
  file.flags = fdflags;
  file.reads = (flags & O_ACCMODE) != O_WRONLY;
  file.writes = (flags & O_ACCMODE) != O_RDONLY;
  // Other threads must see its final state, so its type is fetched first.
  if (state_.files.shared()->shared()) {
    if (const Answer failed = state_.files.fetch_type(file); failed != 0) return failed;
  }
  fd.release();
  return state_.files.place_opened(file);
}

Answer Host::filestat_at(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow) {
  Path path;
  Answer refused;
  const Pin parent = state_.directory_and_path(dir, at, length, path, refused);
  if (refused != 0) return refused;
  struct stat status;
  refused = state_.resolver.status(parent->fd, path, follow != 0, status);
  if (refused != 0) return refused;
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
  Answer refused;
  const Pin parent = state_.directory_and_path(dir, at, length, path, refused);
  if (refused != 0) return refused;
  timespec times[2];
  refused = times_to_set(state_.guest.block(), flags, times);
  if (refused != 0) return refused;
  Resolved resolved;
  const unsigned how = (follow != 0 ? How::follow : keep) | enter;
  refused = state_.resolver.parent(parent->fd, path, how, resolved);
  if (refused != 0) return refused;
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
  Answer refused;
  const Pin parent = state_.directory_and_path(dir, at, length, path, refused);
  if (refused != 0) return refused;
  std::uint8_t* const place = state_.guest.memory(into, capacity);
  if (place == nullptr) return refuse(Errno::Fault);
  Resolved resolved;
  refused = state_.resolver.parent(parent->fd, path, enter, resolved);
  if (refused != 0) return refused;
  // readlink(2) fails with EINVAL for an empty buffer, and takes the size as an int.
  char none[1];
  char* const buffer = capacity == 0 ? none : reinterpret_cast<char*>(place);
  const std::size_t size = capacity == 0 ? 1 : std::min<std::size_t>(capacity, max_path + 1);
  const ssize_t filled = ::readlinkat(resolved.fd(), resolved.last, buffer, size);
  if (filled < 0) return state_.guest.failed("readlinkat", errno, path.bytes);
  return capacity == 0 ? 0 : filled;
}

}  // namespace wasi_common
