// Opens the embedder's directories and adopts its descriptors, with the ambient authority of the
// process: outside any sandbox.
#include <fcntl.h>

#include "filestat.h"
#include "host.h"

namespace wasi_common {

Answer Host::open_ambient(const std::string& path) {
  // Rejects a NUL: it would truncate the path, and open another directory than the one named.
  if (path.find('\0') != std::string::npos) return state_.guest.failed_embedder("open", EINVAL, &path);
  // O_PATH will not do, because the directory must be listed and synced (open(2), O_PATH).
  Descriptor fd(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!fd.open()) return state_.guest.failed_embedder("open", errno, &path);
  struct stat status;
  if (::fstat(fd.get(), &status) != 0) return state_.guest.failed_embedder("fstat", errno, &path);
  File file;
  file.type = Filetype::Directory;
  file.root = true;
  file.device = status.st_dev;
  file.inode = status.st_ino;
  file.fd = fd.release();
  // Probes the kernel now, so that resolver() has a result.
  state_.resolver.ask_kernel(file.fd);
  return state_.files.place(std::move(file));
}

Answer Host::adopt_ambient(int fd) {
  struct stat status;
  if (::fstat(fd, &status) != 0) return state_.guest.failed_embedder("fstat", errno);
  const int flags = ::fcntl(fd, F_GETFL);
  if (flags == -1) return state_.guest.failed_embedder("fcntl", errno);
  File file;
  file.fd = fd;
  file.type = filetype(status, fd);
  file.adopted = true;
  file.mutex = std::make_unique<std::timed_mutex>();
  file.socket = S_ISSOCK(status.st_mode);
  if (file.type == Filetype::CharacterDevice && ::isatty(fd)) {
    ReopenedTerminal terminal(fd, status, flags & O_ACCMODE);
    if (state_.reserve.check(terminal.descriptor()) == 0) file.terminal = std::move(terminal);
  }
  file.reads = (flags & O_ACCMODE) != O_WRONLY;
  file.writes = (flags & O_ACCMODE) != O_RDONLY;
  std::uint32_t known = flags & O_APPEND ? std::uint32_t{fdflags::append} : 0;
  // O_SYNC contains the bit of O_DSYNC on Linux.
  if ((flags & O_SYNC) == O_SYNC)
    known |= fdflags::sync;
  else if (flags & O_DSYNC)
    known |= fdflags::dsync;
  file.flags = known;
  if (file.socket) platform::keep_quiet(fd);
  return state_.files.place(std::move(file));
}

}  // namespace wasi_common
