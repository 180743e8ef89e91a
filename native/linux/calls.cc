// Knows the system calls that only Linux has, or has so.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

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

// RWF_NOWAIT, which musl's headers do not have, nor its library the call.
constexpr int write_only_what_finds_room = 8;
ssize_t write_now(int fd, const iovec* vectors, int count) {
  // Pipes can since Linux 6.4. Older kernels do not know the call (ENOSYS before 4.6, or in a container).
  const ssize_t written = ::syscall(SYS_pwritev2, fd, vectors, count, -1L, -1L, write_only_what_finds_room);
  if (written == -1 && errno == ENOSYS) errno = EOPNOTSUPP;
  return written;
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
