// Knows the calls that make, move and remove names. The last name is never followed. A slash behind it is judged here, as
// the kernel would judge it, and never handed to the kernel, which might follow a link for it.
#include <fcntl.h>

#include <cstdio>

#include "host.h"

namespace wasi_common {
namespace {

// What the kernel says for `name/` where it wants to make something that is no directory.
Answer refuse_slash(State& state, const Held& lease) {
  struct stat status;
  if (::fstatat(lease.fd(), lease.name, &status, AT_SYMLINK_NOFOLLOW) == 0) return refuse(Errno::Exist);
  return state.failed("fstatat", errno, lease.name);
}

}  // namespace

Answer Host::mkdir(std::uint32_t dir, std::uint32_t at, std::uint32_t length) {
  Path path;
  Held lease;
  int parent = -1;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (const Answer refused = state_.lease(parent, path, keep, lease); refused != 0) return refused;
  return ::mkdirat(lease.fd(), lease.name, 0777) == 0 ? 0 : state_.failed("mkdirat", errno, path.bytes);
}

Answer Host::rmdir(std::uint32_t dir, std::uint32_t at, std::uint32_t length) {
  Path path;
  Held lease;
  int parent = -1;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (const Answer refused = state_.lease(parent, path, keep, lease); refused != 0) return refused;
  if (lease.up) return refuse(Errno::NotEmpty);
  return ::unlinkat(lease.fd(), lease.name, AT_REMOVEDIR) == 0 ? 0 : state_.failed("unlinkat", errno, path.bytes);
}

Answer Host::unlink(std::uint32_t dir, std::uint32_t at, std::uint32_t length) {
  Path path;
  Held lease;
  struct stat status;
  int parent = -1;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (const Answer refused = state_.lease(parent, path, keep, lease); refused != 0) return refused;
  if (lease.must_be_directory) {
    if (::fstatat(lease.fd(), lease.name, &status, AT_SYMLINK_NOFOLLOW) != 0) return state_.failed("fstatat", errno, path.bytes);
    return refuse(S_ISDIR(status.st_mode) ? Errno::IsDir : Errno::NotDir);
  }
  if (::unlinkat(lease.fd(), lease.name, 0) == 0) return 0;
  const int error = errno;
  const bool directory = platform::refuses_directory(error) &&
                         ::fstatat(lease.fd(), lease.name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
  return directory ? refuse(Errno::IsDir) : state_.failed("unlinkat", error, path.bytes);
}

Answer Host::symlink(std::uint32_t target, std::uint32_t target_length, std::uint32_t dir, std::uint32_t at,
                     std::uint32_t length) {
  Path path;
  Path aim;
  Held lease;
  int parent = -1;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (const Answer refused = state_.path(target, target_length, aim); refused != 0) return refused;
  if (aim.bytes[0] == '/') return refuse(Errno::NotCapable);
  if (const Answer refused = state_.lease(parent, path, keep, lease); refused != 0) return refused;
  if (lease.must_be_directory) return refuse_slash(state_, lease);
  return ::symlinkat(aim.bytes, lease.fd(), lease.name) == 0 ? 0 : state_.failed("symlinkat", errno, path.bytes);
}

Answer Host::link(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t dir2,
                  std::uint32_t at2, std::uint32_t length2) {
  Path path;
  Path path2;
  Held from;
  Held to;
  int parent = -1;
  int parent2 = -1;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (const Answer refused = state_.directory_and_path(dir2, at2, length2, parent2, path2); refused != 0) return refused;
  const unsigned how = (follow != 0 ? How::follow : keep) | enter;
  if (const Answer refused = state_.lease(parent, path, how, from); refused != 0) return refused;
  if (const Answer refused = state_.lease(parent2, path2, keep, to); refused != 0) return refused;
  if (to.must_be_directory) return refuse_slash(state_, to);
  const int result = ::linkat(from.fd(), from.name, to.fd(), to.name, 0);
  return result == 0 ? 0 : state_.failed("linkat", errno, path.bytes);
}

Answer Host::rename(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t dir2, std::uint32_t at2,
                    std::uint32_t length2) {
  Path path;
  Path path2;
  Held from;
  Held to;
  int parent = -1;
  int parent2 = -1;
  if (const Answer refused = state_.directory_and_path(dir, at, length, parent, path); refused != 0) return refused;
  if (const Answer refused = state_.directory_and_path(dir2, at2, length2, parent2, path2); refused != 0) return refused;
  if (const Answer refused = state_.lease(parent, path, keep, from); refused != 0) return refused;
  if (const Answer refused = state_.lease(parent2, path2, keep, to); refused != 0) return refused;
  if (from.must_be_directory || to.must_be_directory) {
    struct stat status;
    if (::fstatat(from.fd(), from.name, &status, AT_SYMLINK_NOFOLLOW) != 0) return state_.failed("fstatat", errno, path.bytes);
    if (!S_ISDIR(status.st_mode)) return refuse(Errno::NotDir);
  }
  const int result = ::renameat(from.fd(), from.name, to.fd(), to.name);
  return result == 0 ? 0 : state_.failed("renameat", errno, path.bytes);
}

}  // namespace wasi_common
