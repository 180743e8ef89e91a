// Knows the system calls that only Linux has, or has so.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "fd.h"
#include "platform.h"

namespace wasi_common::platform {

static_assert(sizeof(long) == 8, "an offset is one argument");
ssize_t read(int fd, void* into, std::size_t size) { return ::syscall(SYS_read, fd, into, size); }
ssize_t write(int fd, const void* from, std::size_t size) { return ::syscall(SYS_write, fd, from, size); }
ssize_t pread(int fd, void* into, std::size_t size, off_t place) { return ::syscall(SYS_pread64, fd, into, size, place); }
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t place) { return ::syscall(SYS_pwrite64, fd, from, size, place); }
int openat(int dir, const char* path, int flags, mode_t mode) {
  return static_cast<int>(::syscall(SYS_openat, dir, path, flags, mode));
}
int close(int fd) { return static_cast<int>(::syscall(SYS_close, fd)); }

// Not posix_fallocate(3), which writes zeros itself where the file system cannot.
int reserve(int fd, off_t offset, off_t length) { return ::fallocate(fd, 0, offset, length); }

int advise(int fd, off_t offset, off_t length, std::uint32_t advice) {
  constexpr int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  errno = ::posix_fadvise(fd, offset, length, advices[advice]);
  return errno == 0 ? 0 : -1;
}

int sync_data(int fd) { return ::fdatasync(fd); }

int wait(pollfd* entries, std::size_t count, const timespec* timeout) { return ::ppoll(entries, count, timeout, nullptr); }

// RWF_NOWAIT of preadv2(2): musl has neither its name nor the calls. Pipes without a name know it since Linux 6.4, terminals
// and FIFOs do not: https://man7.org/linux/man-pages/man2/readv.2.html
constexpr int no_wait = 8;
ssize_t now(long call, int fd, const iovec* vectors, int count) {
  const ssize_t moved = ::syscall(call, fd, vectors, count, -1L, -1L, no_wait);
  // Older kernels do not know the call (ENOSYS before 4.6), and filters for system calls refuse those that they do not know.
  if (moved == -1 && (errno == ENOSYS || errno == EPERM)) errno = EOPNOTSUPP;
  return moved;
}
ssize_t read_now(int fd, const iovec* vectors, int count) { return now(SYS_preadv2, fd, vectors, count); }
ssize_t write_now(int fd, const iovec* vectors, int count) { return now(SYS_pwritev2, fd, vectors, count); }

// By a link that leads to the file itself, wherever its name is: pipes have none, and a container has another /dev.
int reopen(int fd, int flags) {
  const int shared = ::fcntl(fd, F_GETFL);
  if (shared == -1) return -1;
  char name[32];
  std::snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
  // A pipe that keeps packets apart (O_DIRECT) is not opened anew: https://man7.org/linux/man-pages/man2/pipe.2.html
  Descriptor opened(::open(name, flags | (shared & O_DIRECT)));
  // Names like /dev/tty and /dev/console lead to whichever terminal it is by now. Only terminals have such a number.
  unsigned before = 0, after = 0;
  if (opened.open() && ::ioctl(fd, TIOCGDEV, &before) == 0 && (::ioctl(opened.get(), TIOCGDEV, &after) != 0 || before != after))
    return -1;
  return opened.release();
}

bool is_master(int fd) {
  unsigned number;
  return ::ioctl(fd, TIOCGPTN, &number) == 0;
}

int stream_socket(int family) { return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

int accept(int socket, bool nonblock) {
  return ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0));
}

void keep_quiet(int) {}
const int send_flags = MSG_NOSIGNAL;

Times times(const struct stat& status) { return {status.st_atim, status.st_mtim, status.st_ctim}; }

bool refuses_directory(int) { return false; }  // it is EISDIR at once

}  // namespace wasi_common::platform
