// The system calls that only Linux has, or that behave differently there.
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "fd.h"
#include "platform.h"
#include "system-call.h"

namespace wasi_common::platform {

static_assert(sizeof(long) == 8, "an offset is one argument");
ssize_t read(int fd, void* into, std::size_t size) { return system_call(SYS_read, fd, into, size); }
ssize_t write(int fd, const void* from, std::size_t size) { return system_call(SYS_write, fd, from, size); }
ssize_t pread(int fd, void* into, std::size_t size, off_t place) { return system_call(SYS_pread64, fd, into, size, place); }
ssize_t pwrite(int fd, const void* from, std::size_t size, off_t place) {
  return system_call(SYS_pwrite64, fd, from, size, place);
}
int openat(int dir, const char* path, int flags, mode_t mode) {
  return static_cast<int>(system_call(SYS_openat, dir, path, flags, mode));
}
int close(int fd) { return static_cast<int>(system_call(SYS_close, fd)); }

// posix_fallocate(3) will not do: it falls back to writing zeros if the file system lacks support
// (NOTES).
int reserve(int fd, off_t offset, off_t length) { return ::fallocate(fd, 0, offset, length); }

int advise(int fd, off_t offset, off_t length, std::uint32_t advice) {
  constexpr int advices[] = {POSIX_FADV_NORMAL,   POSIX_FADV_SEQUENTIAL, POSIX_FADV_RANDOM,
                             POSIX_FADV_WILLNEED, POSIX_FADV_DONTNEED,   POSIX_FADV_NOREUSE};
  errno = ::posix_fadvise(fd, offset, length, advices[advice]);
  return errno == 0 ? 0 : -1;
}

int sync_data(int fd) { return ::fdatasync(fd); }

int wait(pollfd* entries, std::size_t count, const timespec* timeout) { return ::ppoll(entries, count, timeout, nullptr); }

int look(pollfd* entries, std::size_t count) {
#ifdef SYS_poll
  return static_cast<int>(system_call(SYS_poll, entries, count, 0));
#else
  const timespec none{};
  return static_cast<int>(::ppoll(entries, count, &none, nullptr));
#endif
}

// RWF_NOWAIT of preadv2(2). Older versions of musl define neither it nor the calls. Anonymous pipes
// support it since Linux 6.4, terminals and FIFOs do not:
// https://man7.org/linux/man-pages/man2/readv.2.html
constexpr int no_wait = 8;
ssize_t now(long call, int fd, const iovec* vectors, int count) {
  const ssize_t moved = ::syscall(call, fd, vectors, count, -1L, -1L, no_wait);
  // Kernels before 4.6 lack the call (ENOSYS), and seccomp filters refuse calls that they do not
  // know (EPERM).
  if (moved == -1 && (errno == ENOSYS || errno == EPERM)) errno = EOPNOTSUPP;
  return moved;
}
ssize_t read_now(int fd, const iovec* vectors, int count) { return now(SYS_preadv2, fd, vectors, count); }
ssize_t write_now(int fd, const iovec* vectors, int count) { return now(SYS_pwritev2, fd, vectors, count); }

// Opens /proc/self/fd/N, which leads to the file itself (proc_pid_fd(5)). Pipes have no other name,
// and a container has another /dev.
int reopen(int fd, int flags) {
  const int shared = ::fcntl(fd, F_GETFL);
  if (shared == -1) return -1;
  char name[32];
  std::snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
  // O_DIRECT makes this fail for a packet pipe (EINVAL), because a second description would not
  // keep its packets apart: https://man7.org/linux/man-pages/man2/pipe.2.html
  Descriptor opened(::open(name, flags | (shared & O_DIRECT)));
  // /dev/tty and /dev/console lead to the current terminal, which may be another one by now. Only
  // terminals have this number.
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

bool refuses_directory(int) { return false; }  // Linux returns EISDIR at once

}  // namespace wasi_common::platform
