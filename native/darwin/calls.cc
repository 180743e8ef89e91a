// The system calls that only macOS has, or that behave differently there.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <climits>

#include "fd.h"
#include "platform.h"

namespace wasi_common::platform {

int reserve(int fd, off_t offset, off_t length) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return -1;
  const off_t end = offset + length;
  if (end <= status.st_size) {
    // Updates the times as on Linux, where the call counts as a change. The times of another user's
    // file stay.
    timespec times[2]{};
    times[0].tv_nsec = UTIME_OMIT;
    times[1].tv_nsec = UTIME_NOW;
    return ::futimens(fd, times) == 0 || errno == EPERM ? 0 : -1;
  }
  fstore_t store{F_ALLOCATEALL, F_PEOFPOSMODE, 0, end - status.st_size, 0};
  if (::fcntl(fd, F_PREALLOCATE, &store) == -1) return -1;
  return ::ftruncate(fd, end);
}

// Only "will need" has a counterpart in fcntl(2): F_RDADVISE. A host may ignore the other advice.
int advise(int fd, off_t offset, off_t length, std::uint32_t advice) {
  constexpr std::uint32_t will_need = 3;
  struct stat status;
  if (::fstat(fd, &status) != 0) return -1;
  if (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)) {
    errno = ESPIPE;
    return -1;
  }
  if (advice != will_need || !S_ISREG(status.st_mode)) return 0;
  radvisory range{offset, static_cast<int>(std::min<off_t>(length, INT_MAX))};
  return ::fcntl(fd, F_RDADVISE, &range) == -1 ? -1 : 0;
}

// fdatasync() is in macOS's library, but its headers do not declare it and no man page specifies
// it.
int sync_data(int fd) { return ::fsync(fd); }

int look(pollfd* entries, std::size_t count) { return ::poll(entries, static_cast<nfds_t>(count), 0); }

// Rounds up to milliseconds, the resolution of poll(2). A wait longer than its counter is split
// into several.
int wait(pollfd* entries, std::size_t count, const timespec* timeout) {
  if (timeout == nullptr) return ::poll(entries, static_cast<nfds_t>(count), -1);
  constexpr long long most = INT_MAX;
  long long left = timeout->tv_sec > most ? LLONG_MAX : timeout->tv_sec * 1000LL + (timeout->tv_nsec + 999999) / 1000000;
  for (;;) {
    const long long now = std::min(left, most);
    const int found = ::poll(entries, static_cast<nfds_t>(count), static_cast<int>(now));
    left -= now;
    if (found != 0 || left == 0) return found;
  }
}

ssize_t read_now(int, const iovec*, int) {
  errno = EOPNOTSUPP;
  return -1;
}
ssize_t write_now(int, const iovec*, int) {
  errno = EOPNOTSUPP;
  return -1;
}

// Opens by ttyname(3), which only terminals have. Opening /dev/fd/N returns the same description.
int reopen(int fd, int flags) {
  char name[PATH_MAX];
  errno = ::ttyname_r(fd, name, sizeof(name));
  return errno == 0 ? ::open(name, flags) : -1;
}

bool is_master(int fd) {
  char slave[128];
  return ::ioctl(fd, TIOCPTYGNAME, slave) == 0;
}

ssize_t read(int fd, void* into, std::size_t size) { return ::read(fd, into, size); }
ssize_t write(int fd, const void* from, std::size_t size) { return ::write(fd, from, size); }
ssize_t pread(int fd, void* into, std::size_t size, off_t place) { return ::pread(fd, into, size, place); }
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t place) { return ::pwrite(fd, from, size, place); }
int openat(int dir, const char* path, int flags, mode_t mode) { return ::openat(dir, path, flags, mode); }
int close(int fd) { return ::close(fd); }

int stream_socket(int family) {
  Descriptor fd(::socket(family, SOCK_STREAM, 0));
  if (!fd.open()) return -1;
  if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) return -1;
  return fd.release();
}

int accept(int socket, bool nonblock) {
  Descriptor fd(::accept(socket, nullptr, nullptr));
  if (!fd.open()) return -1;
  // An accepted socket inherits the listener's O_NONBLOCK on BSD systems (accept(2)), so it is set
  // or cleared explicitly.
  if (::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(fd.get(), F_SETFL, nonblock ? O_NONBLOCK : 0) != 0) return -1;
  return fd.release();
}

void keep_quiet(int socket) {
  const int yes = 1;
  // A socket that refuses this option is already disconnected, and raises no signal.
  (void)::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &yes, sizeof(yes));
}
const int send_flags = 0;

Times times(const struct stat& status) { return {status.st_atimespec, status.st_mtimespec, status.st_ctimespec}; }

bool refuses_directory(int error) { return error == EPERM; }

}  // namespace wasi_common::platform
