// Reopens terminals for writing only.
#include "terminals.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>

namespace wasi_common::os_sandbox {
namespace {

bool is_same(int a, int b) {
  struct stat first;
  struct stat second;
  return ::fstat(a, &first) == 0 && ::fstat(b, &second) == 0 && first.st_dev == second.st_dev && first.st_ino == second.st_ino &&
         first.st_rdev == second.st_rdev;
}

}  // namespace

void open_terminals_to_write() {
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    if (::isatty(stream) == 0) continue;
    char path[32];
    std::snprintf(path, sizeof(path), "/proc/self/fd/%d", stream);
    const int fd = ::open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) continue;
    if (is_same(fd, stream)) ::dup2(fd, stream);
    ::close(fd);
  }
}

}  // namespace wasi_common::os_sandbox
