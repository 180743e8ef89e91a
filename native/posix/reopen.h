// Reopens a terminal or pipe of the host, so that calls on it return at once.
#pragma once
#include <sys/stat.h>

#include "fd.h"

namespace wasi_common {

// A second description of a terminal. The host shares the first one with the shell that started it,
// so its blocking mode must not change. poll(2) reports that a terminal has space, but not how
// much.
class ReopenedTerminal {
 public:
  ReopenedTerminal() = default;
  // Opens the file that `fd` is open on, with the access mode `flags` of open(2). Closed if the
  // host does not allow it, and for the master of a pseudoterminal, whose name opens another one.
  ReopenedTerminal(int fd, const struct stat& status, int access);

  // The second descriptor; -1 if there is none, or if the host has replaced the file at `fd`.
  int instead_of(int fd) const;
  const Descriptor& descriptor() const { return reopened_; }

 private:
  Descriptor reopened_;
  dev_t device_ = 0, number_ = 0;
  ino_t inode_ = 0;
};

// Reopens a pipe for one call: a writer that stayed open would keep the pipe's reader from end of
// file. On failure, errno is EBADF if `fd` does not allow that access.
Descriptor reopen_pipe(int fd, int access);

}  // namespace wasi_common
