// The names by which the host reopens a terminal or pipe.
#include "reopen.h"

#include <fcntl.h>
#include <termios.h>

namespace wasi_common {
namespace {

constexpr int at_once = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// Opens /dev/tty if it is the terminal of `fd`: tcgetsid(3) fails for a terminal that does not
// control this process. That name also works after su(1), when the terminal belongs to another
// user.
Descriptor controlling(int fd, int access) {
  if (::tcgetsid(fd) == -1) return Descriptor();
  Descriptor reopened(retry([&] { return ::open("/dev/tty", access | at_once); }));
  // In a hand-made /dev, that name may be a regular file.
  if (reopened.open() && ::tcgetsid(reopened.get()) == -1) reopened.reset();
  return reopened;
}

Descriptor reopen(int fd, const struct stat& status, int access) {
  Descriptor reopened(retry([&] { return platform::reopen(fd, access | at_once); }));
  struct stat found;
  if (reopened.open() && (::fstat(reopened.get(), &found) != 0 || found.st_dev != status.st_dev ||
                          found.st_ino != status.st_ino || found.st_rdev != status.st_rdev))
    reopened.reset();
  return reopened;
}

}  // namespace

ReopenedTerminal::ReopenedTerminal(int fd, const struct stat& status, int access)
    : device_(status.st_dev), number_(status.st_rdev), inode_(status.st_ino) {
  if (platform::is_master(fd)) return;
  reopened_ = controlling(fd, access);
  if (!reopened_.open()) reopened_ = reopen(fd, status, access);
}

int ReopenedTerminal::instead_of(int fd) const {
  if (!reopened_.open()) return -1;
  struct stat now;
  const bool same = ::fstat(fd, &now) == 0 && now.st_dev == device_ && now.st_ino == inode_ && now.st_rdev == number_;
  return same ? reopened_.get() : -1;
}

Descriptor reopen_pipe(int fd, int access) {
  struct stat status;
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags == -1 || ::fstat(fd, &status) != 0) return Descriptor();
  // The second descriptor allows no more than the first one.
  const int held = flags & O_ACCMODE;
  errno = held == access || held == O_RDWR ? EOPNOTSUPP : EBADF;
  return errno != EBADF && S_ISFIFO(status.st_mode) ? reopen(fd, status, access) : Descriptor();
}

}  // namespace wasi_common
