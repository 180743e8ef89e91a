// Opens a terminal or pipe of the host a second time, so that calls on it return at once.
#pragma once
#include <sys/stat.h>

#include "fd.h"

namespace wasi_common {

// A terminal opened a second time. The first description is shared with the host and with the shell that started it, so its
// blocking mode is not ours to change, and poll(2) says only that a terminal has room, not for how much.
class ReopenedTerminal {
 public:
  ReopenedTerminal() = default;
  // Opens what `fd` is open on, with `flags` of open(2) for the access. Closed where the host does not allow it, and for the
  // master of a pseudoterminal, whose name opens another one.
  ReopenedTerminal(int fd, const struct stat& status, int access);

  // The second descriptor; -1 where there is none, or where the host has put another file in the place of `fd`.
  int instead_of(int fd) const;
  const Descriptor& descriptor() const { return reopened_; }

 private:
  Descriptor reopened_;
  dev_t device_ = 0, number_ = 0;
  ino_t inode_ = 0;
};

// The same of a pipe, for one call: a writer that stayed open would keep the pipe's reader from its end. Where there is none,
// errno is EBADF if `fd` does not allow that access.
Descriptor reopen_pipe(int fd, int access);

}  // namespace wasi_common
