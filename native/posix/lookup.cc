// Knows how a path is opened or looked at: by its name alone, by the kernel beneath the directory, or through its resolved
// parent.
#include <fcntl.h>

#include "resolver.h"

namespace wasi_common {

Answer Resolver::open(int dir, const Path& path, bool follow_last, int flags, bool unchanged, Descriptor& fd) {
  constexpr mode_t mode = 0666;
  const mode_t creating = flags & O_CREAT ? mode : 0;
  // The kernel is never asked to make what must not be made: it opens names, and the walk finds the one that O_CREAT would make.
  const bool keeps = unchanged && (flags & O_CREAT);
  const int allowed = keeps ? flags & ~O_CREAT : flags;
  const auto open_name = [&](int in, const char* name) -> Answer {
    if (allowed & (O_CREAT | O_TRUNC)) {
      if (const Answer refused = reserve_.check_next(in); refused != 0) return refused;
    }
    fd = Descriptor(retry([&] { return platform::openat(in, name, allowed | O_NOFOLLOW, creating); }));
    if (!fd.open() && keeps && errno == ENOENT) return refuse(Errno::Rofs);
    return fd.open() ? reserve_.check(fd) : guest_.failed("openat", errno, path.bytes);
  };
  if (path.is_single_component()) {
    const Answer answer = open_name(dir, path.bytes);
    // NOTDIR is what Linux says for a link when a directory is wanted.
    const bool may_be_link = answer == refuse(Errno::Loop) || answer == refuse(Errno::Mlink) || answer == refuse(Errno::NotDir);
    if (!follow_last || !may_be_link) return answer;
  }
  if (!keeps && beneath(dir)) {
    bool walk = false;
    const Answer answer = open_beneath(dir, path.bytes, flags | (follow_last ? 0 : O_NOFOLLOW), creating, fd, walk);
    if (!walk) return answer;
  }
  // O_EXCL never follows a link in the last place, whatever was asked.
  const bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  OwnedParent resolved;
  const unsigned how = (follow_last && !exclusive ? follow : keep) | (flags & O_CREAT ? keep : enter);
  if (const Answer refused = parent_by_walk(dir, path, how, resolved); refused != 0) return refused;
  // open(2) creates no directories, and says so before it looks.
  if (resolved.must_be_directory) return refuse(Errno::IsDir);
  return open_name(resolved.fd(), resolved.name);
}

Answer Resolver::status(int dir, const Path& path, bool follow_last, struct stat& status) {
  if (path.is_single_component()) {
    if (::fstatat(dir, path.bytes, &status, AT_SYMLINK_NOFOLLOW) != 0) return guest_.failed("fstatat", errno, path.bytes);
    if (!follow_last || !S_ISLNK(status.st_mode)) return 0;
  }
  if (beneath(dir)) {
    const int flags = platform::search_flags | O_CLOEXEC | (follow_last ? 0 : O_NOFOLLOW);
    bool walk = false;
    Descriptor fd;
    const Answer answer = open_beneath(dir, path.bytes, flags, 0, fd, walk);
    if (answer == 0 && !walk) return ::fstat(fd.get(), &status) == 0 ? 0 : guest_.failed("fstat", errno, path.bytes);
    if (!walk) return answer;
  }
  OwnedParent resolved;
  if (const Answer refused = parent_by_walk(dir, path, (follow_last ? follow : keep) | enter, resolved); refused != 0)
    return refused;
  return ::fstatat(resolved.fd(), resolved.name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0
                                                                                    : guest_.failed("fstatat", errno, path.bytes);
}

}  // namespace wasi_common
