// Detects openat2(2), and resolves a path with it, also up to its last name. A symlink there is
// followed in two steps.
#include "kernel.h"

#include <fcntl.h>

#include <atomic>
#include <cstring>

namespace wasi_common {
namespace {

// The result of probing the kernel, once per process.
enum Known : int { not_asked_yet, yes, no };
std::atomic<int> kernel_resolves{not_asked_yet};

// The last name of a path.
struct Last {
  std::size_t begin;
  std::size_t size;
  bool slash;  // a slash follows the name
  bool dot;
  bool up;

  Last(const char* path, std::size_t length) {
    std::size_t end = length;
    while (end > 0 && path[end - 1] == '/') --end;
    begin = end;
    while (begin > 0 && path[begin - 1] != '/') --begin;
    size = end - begin;
    slash = end < length;
    dot = size == 1 && path[begin] == '.';
    up = size == 2 && path[begin] == '.' && path[begin + 1] == '.';
  }
};

}  // namespace

bool Kernel::resolves(int dir) {
  if (never_) return false;
  int known = kernel_resolves.load(std::memory_order_relaxed);
  if (known == not_asked_yet) {
    // Seccomp filters of containers fail with EPERM or ENOSYS, old kernels with ENOSYS: the process
    // never tries again. Out of descriptors or memory, it tries again later. After one success
    // every error is a genuine one.
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

bool Kernel::is_known_to_resolve() const { return !never_ && kernel_resolves.load(std::memory_order_relaxed) == yes; }

Answer Kernel::open(int dir, const char* path, int flags, mode_t mode, Descriptor& fd, bool& walk) {
  if (flags & (O_CREAT | O_TRUNC)) {
    if (const Answer refused = reserve_.check_next(dir); refused != 0) return refused;
  }
  fd = Descriptor(platform::open_beneath(dir, path, flags, mode));
  if (fd.open()) return reserve_.check(fd);
  // openat2(2) fails with EXDEV for a path that escapes, and with EAGAIN after a racing rename.
  walk = errno == EAGAIN;
  if (walk) return 0;
  return errno == EXDEV ? refuse(Errno::NotCapable) : guest_.failed("openat2", errno, path);
}

// The kernel decides about a path whose symlinks were read here: only it counts those on the way
// and in the last place together.
Answer Kernel::judge(int dir, const char* path, bool& walk) {
  Descriptor found;
  return open(dir, path, platform::search_flags | O_CLOEXEC, 0, found, walk);
}

// The kernel cannot follow a symlink in the last place without opening its target. So this function
// reads the symlink, and replaces the name in `text` by the target. The kernel then resolves `text`
// again from `dir`.
//
// Containment: the kernel checks every component again, so `parent` is beneath `dir`, whatever the
// symlink contains and whichever process changes it meanwhile. Calls on the name in `parent` never
// follow a symlink.
Answer Kernel::parent(int dir, const Path& path, unsigned how, Resolved& resolved, bool& walk) {
  char text[max_path + 1];
  std::size_t length = path.length;
  std::memcpy(text, path.bytes, length + 1);
  for (int links = 0; links <= max_links; ++links) {
    const Last last(text, length);
    // Opens the whole path if it ends in a directory to enter, else the part before the last name.
    const bool whole = last.dot || last.up || (last.slash && (how & enter));
    Descriptor parent;
    if (whole || last.begin > 0) {
      const char first = text[last.begin];
      if (!whole) text[last.begin] = '\0';
      const Answer opened = open(dir, text, platform::search_flags | O_DIRECTORY | O_CLOEXEC, 0, parent, walk);
      if (walk) return opened;
      if (opened != 0) {
        const Answer refused = links > 0 ? judge(dir, path.bytes, walk) : opened;
        return refused != 0 || walk ? refused : opened;
      }
      text[last.begin] = first;
    }
    const auto give = [&]() -> Answer {
      if (links > 0) {
        const Answer refused = judge(dir, path.bytes, walk);
        if (refused != 0 || walk) return refused;
      }
      resolved.owned = parent.open();
      resolved.directory = resolved.owned ? parent.release() : dir;
      return 0;
    };
    if (whole) {
      std::memcpy(resolved.name, ".", 2);
      resolved.up = last.up;
      return give();
    }
    if (last.size >= sizeof(resolved.name)) return refuse(Errno::NameTooLong);
    std::memcpy(resolved.name, text + last.begin, last.size);
    resolved.name[last.size] = '\0';
    resolved.must_be_directory = last.slash;
    if (last.slash || !(how & follow)) return give();

    const std::size_t capacity = sizeof(text) - last.begin;
    const ssize_t size = ::readlinkat(parent.open() ? parent.get() : dir, resolved.name, text + last.begin, capacity);
    if (size < 0) {
      // A name that is no symlink, or does not exist yet, stays as it is.
      return errno == EINVAL || errno == ENOENT ? give() : guest_.failed("readlinkat", errno, path.bytes);
    }
    if (text[last.begin] == '/') return refuse(Errno::NotCapable);
    length = last.begin + static_cast<std::size_t>(size);
    // Linux limits the path and each target (PATH_MAX), but not their sum. The kernel rejects so
    // long a path; the walk accepts it.
    walk = length == sizeof(text);
    if (walk) return 0;
    text[length] = '\0';
  }
  return refuse(Errno::Loop);
}

}  // namespace wasi_common
