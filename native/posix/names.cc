// The calls that create, move and remove names. They never follow the last name. A slash after it
// is checked here by the kernel's rules. The kernel never sees the slash, because it might follow a
// symlink.
#include <fcntl.h>

#include <cerrno>
#include <cstdio>

#include "host.h"

namespace wasi_common {
namespace {

// A name from the guest: its path, and the capability to act on its last name. Unusable if the path
// was refused.
struct Named {
  Path path;
  Resolved resolved;
  Answer refused;
  Pin parent;

  Named(State& state, Handle dir, std::uint32_t at, std::uint32_t length, unsigned how = keep)
      : parent(state.directory_and_path(dir, at, length, path, refused)) {
    if (refused == 0) refused = state.resolver.parent(parent->fd, path, how, resolved);
  }
  int fd() const { return resolved.fd(); }
  const char* last() const { return resolved.last; }
  // True if the path ended in `.` or `..`.
  bool dots() const { return resolved.last[0] == '.' && resolved.last[1] == '\0'; }
  // Returns 0, or errno.
  int status(struct stat& status) const { return ::fstatat(fd(), last(), &status, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno; }
};

// The kernel's error for `name/` if the call creates anything except a directory.
Answer refuse_slash(State& state, const Named& name) {
  struct stat status;
  const int error = name.status(status);
  return error == 0 ? refuse(Errno::Exist) : state.guest.failed("fstatat", error, name.path.bytes);
}

}  // namespace

Answer Host::mkdir(Handle dir, std::uint32_t at, std::uint32_t length) {
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  return ::mkdirat(name.fd(), name.last(), 0777) == 0 ? 0 : state_.guest.failed("mkdirat", errno, name.path.bytes);
}

Answer Host::rmdir(Handle dir, std::uint32_t at, std::uint32_t length) {
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  if (name.resolved.up) return refuse(Errno::NotEmpty);
  return ::unlinkat(name.fd(), name.last(), AT_REMOVEDIR) == 0 ? 0 : state_.guest.failed("unlinkat", errno, name.path.bytes);
}

Answer Host::unlink(Handle dir, std::uint32_t at, std::uint32_t length) {
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  struct stat status;
  if (name.resolved.must_be_directory) {
    if (const int error = name.status(status); error != 0) return state_.guest.failed("fstatat", error, name.path.bytes);
    return refuse(S_ISDIR(status.st_mode) ? Errno::IsDir : Errno::NotDir);
  }
  if (::unlinkat(name.fd(), name.last(), 0) == 0) return 0;
  const int error = errno;
  const bool directory = platform::refuses_directory(error) && name.status(status) == 0 && S_ISDIR(status.st_mode);
  return directory ? refuse(Errno::IsDir) : state_.guest.failed("unlinkat", error, name.path.bytes);
}

Answer Host::symlink(std::uint32_t target, std::uint32_t target_length, Handle dir, std::uint32_t at, std::uint32_t length) {
  Path aim;
  if (const Answer refused = state_.guest.path(target, target_length, aim); refused != 0) return refused;
  if (aim.bytes[0] == '/') return refuse(Errno::NotCapable);
  const Named name(state_, dir, at, length);
  if (name.refused != 0) return name.refused;
  if (name.resolved.must_be_directory) return refuse_slash(state_, name);
  return ::symlinkat(aim.bytes, name.fd(), name.last()) == 0 ? 0 : state_.guest.failed("symlinkat", errno, name.path.bytes);
}

Answer Host::link(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, Handle dir2, std::uint32_t at2,
                  std::uint32_t length2) {
  const Named from(state_, dir, at, length, (follow != 0 ? How::follow : keep) | enter);
  if (from.refused != 0) return from.refused;
  const Named to(state_, dir2, at2, length2);
  if (to.refused != 0 || to.resolved.must_be_directory) {
    // The source of a hard link is resolved first, so its error takes precedence.
    struct stat status;
    if (const int error = from.status(status); error != 0) return state_.guest.failed("fstatat", error, from.path.bytes);
    return to.refused != 0 ? to.refused : refuse_slash(state_, to);
  }
  if (::linkat(from.fd(), from.last(), to.fd(), to.last(), 0) == 0) return 0;
  const int error = errno;
  // Landlock refuses a directory with EXDEV before the file system can refuse it with EPERM.
  struct stat status;
  if (error == EXDEV && from.status(status) == 0 && S_ISDIR(status.st_mode)) return refuse(Errno::Perm);
  return state_.guest.failed("linkat", error, from.path.bytes);
}

Answer Host::rename(Handle dir, std::uint32_t at, std::uint32_t length, Handle dir2, std::uint32_t at2, std::uint32_t length2) {
  const Named from(state_, dir, at, length);
  if (from.refused != 0) return from.refused;
  const Named to(state_, dir2, at2, length2);
  if (to.refused != 0) return to.refused;
  if (from.dots() || to.dots()) return refuse(Errno::Busy);
  if (from.resolved.must_be_directory || to.resolved.must_be_directory) {
    struct stat status;
    if (const int error = from.status(status); error != 0) return state_.guest.failed("fstatat", error, from.path.bytes);
    // The kernel looks the other name up before it compares the types: it may be too long.
    struct stat taken;
    if (const int error = to.status(taken); error != 0 && error != ENOENT)
      return state_.guest.failed("fstatat", error, to.path.bytes);
    if (!S_ISDIR(status.st_mode)) return refuse(Errno::NotDir);
  }
  const int result = ::renameat(from.fd(), from.last(), to.fd(), to.last());
  return result == 0 ? 0 : state_.guest.failed("renameat", errno, from.path.bytes);
}

}  // namespace wasi_common
