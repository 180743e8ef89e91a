// The resolver of macOS: the kernel has no counterpart of openat2(2), so every path is walked.
#include <fcntl.h>

#include "fd.h"
#include "platform.h"

namespace wasi_common::platform {

const int search_flags = O_RDONLY;

bool resolves_beneath(int) { return false; }

int open_beneath(int, const char*, int, mode_t) {
  errno = EAGAIN;
  return -1;
}

}  // namespace wasi_common::platform
