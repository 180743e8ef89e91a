// Knows who makes a lease of a guest's path: nobody, for a single name; the kernel, where it can; else the walk.
#include <fcntl.h>

#include <atomic>
#include <cstring>

#include "state.h"

namespace wasi_common {
namespace {

// Whether the kernel resolves beneath a directory: asked once a process and remembered.
enum Known : int { nobody_asked, yes, no };
std::atomic<int> kernel_resolves{nobody_asked};

bool is_link(int dir, const char* name) {
  char none;
  return ::readlinkat(dir, name, &none, 1) >= 0;
}

void name_dot(Lease& lease) { std::memcpy(lease.name, ".", 2); }

}  // namespace

bool State::beneath(int dir) {
  if (walk_only_) return false;
  int known = kernel_resolves.load(std::memory_order_relaxed);
  if (known == nobody_asked) {
    // Containers answer EPERM or ENOSYS, old kernels ENOSYS: such an error means never again. For want of descriptors or
    // memory the question is put again later. After a success every error is a true one.
    if (platform::resolves_beneath(dir))
      known = yes;
    else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
      return false;
    else
      known = no;
    kernel_resolves.store(known, std::memory_order_relaxed);
  }
  return known == yes;
}

const char* State::resolver() {
  return !walk_only_ && kernel_resolves.load(std::memory_order_relaxed) == yes ? "openat2" : "walk";
}

Answer State::directory_and_path(Handle handle, std::uint32_t at, std::uint32_t length, Pin& dir, Path& path) {
  dir = file(handle);
  if (!dir) return refuse(Errno::BadF);
  if (const Answer failed = learn(*dir); failed != 0) return failed;
  return path_in(*dir, at, length, path);
}

Answer State::lease(int dir, const Path& path, unsigned how, Held& lease) {
  // A single name needs no resolving, unless it is a link that shall be followed.
  if (path.plain() && (!(how & follow) || !is_link(dir, path.bytes))) {
    if (path.length >= sizeof(lease.name)) return refuse(Errno::NameTooLong);
    lease.directory = dir;
    std::memcpy(lease.name, path.bytes, path.length + 1);
    return 0;
  }
  if (beneath(dir)) {
    bool walk = false;
    const Answer answer = lease_by_kernel(dir, path, how, lease, walk);
    if (!walk) return answer;
  }
  return lease_by_walk(dir, path, how, lease);
}

Answer State::open_beneath(int dir, const char* path, int flags, mode_t mode, Descriptor& fd, bool& walk) {
  fd = Descriptor(platform::open_beneath(dir, path, flags, mode));
  if (fd.open()) return check_reserve(fd);
  // The kernel says EXDEV for what leads out, and EAGAIN when something was moved while it looked.
  walk = errno == EAGAIN;
  if (walk) return 0;
  return errno == EXDEV ? refuse(Errno::NotCapable) : failed("openat2", errno, path);
}

// The kernel goes to the directory that holds the last name. `walk` when it could not tell, or when the last name is a
// link to follow, which it cannot follow without opening what is there.
Answer State::lease_by_kernel(int dir, const Path& path, unsigned how, Held& lease, bool& walk) {
  std::size_t end = path.length;
  while (path.bytes[end - 1] == '/') --end;
  std::size_t begin = end;
  while (begin > 0 && path.bytes[begin - 1] != '/') --begin;
  const char* const name = path.bytes + begin;
  const std::size_t size = end - begin;
  const bool slash = end < path.length;
  const bool dot = size == 1 && name[0] == '.';
  const bool up = size == 2 && name[0] == '.' && name[1] == '.';

  // To the whole path where the last name is a directory to go into, to what is before the last name otherwise.
  const bool whole = dot || up || (slash && (how & enter));
  char before[max_path + 1];
  std::memcpy(before, path.bytes, begin);
  before[begin] = '\0';
  if (whole || begin > 0) {
    Descriptor fd;
    const int flags = platform::search_flags | O_DIRECTORY | O_CLOEXEC;
    const Answer opened = open_beneath(dir, whole ? path.bytes : before, flags, 0, fd, walk);
    if (opened != 0 || walk) return opened;
    lease.directory = fd.release();
    lease.owned = true;
  } else {
    lease.directory = dir;
  }
  if (whole) {
    name_dot(lease);
    lease.up = up;
    return 0;
  }
  if (size >= sizeof(lease.name)) return refuse(Errno::NameTooLong);
  std::memcpy(lease.name, name, size);
  lease.name[size] = '\0';
  lease.must_be_directory = slash;
  if (!slash && (how & follow) && is_link(lease.fd(), lease.name)) {
    if (lease.owned) Descriptor{lease.fd()};
    lease.owned = false;
    walk = true;
  }
  return 0;
}

}  // namespace wasi_common
