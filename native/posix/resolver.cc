// The ladder by which every path is resolved: a single component as it is, else in the kernel, else
// by the walk.
#include "resolver.h"

#include <fcntl.h>

#include <utility>

namespace wasi_common {
namespace {

// The host's directories as the tree that resolve.h walks.
class Descriptors final : public Tree {
 public:
  Descriptors(GuestView& guest, Reserve& reserve) : guest_(guest), reserve_(reserve) {}

  Answer enter(Directory in, const char* name) override {
    Descriptor fd(retry(
        [&] { return ::openat(static_cast<int>(in), name, platform::search_flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
    if (!fd.open()) return guest_.failed("openat", errno, name);
    if (const Answer refused = reserve_.check(fd); refused != 0) return refused;
    return fd.release();
  }
  Answer read_link(Directory in, const char* name, char* into, std::size_t capacity) override {
    const ssize_t size = ::readlinkat(static_cast<int>(in), name, into, capacity);
    return size >= 0 ? size : guest_.failed("readlinkat", errno, name);
  }
  void leave(Directory directory) override { Descriptor{static_cast<int>(directory)}; }

 private:
  GuestView& guest_;
  Reserve& reserve_;
};

bool is_link(int dir, const char* name) {
  char none;
  return ::readlinkat(dir, name, &none, 1) >= 0;
}

constexpr int parent_only = -1;

}  // namespace

// The requested result for a path. The parent of its last name is always acceptable. If the kernel
// resolves the path, it may open the whole path instead.
struct Resolver::Request {
  unsigned how;             // as in resolve.h
  int flags = parent_only;  // open(2)'s flags, for opening in the kernel
  mode_t mode = 0;
  bool walk_only = false;  // never resolve in the kernel
};

// The second and third rung: the kernel resolves the path, or the walk. `resolved` gets a
// descriptor, or the last name and its parent.
Answer Resolver::resolve(int dir, const Path& path, const Request& request, Resolved& resolved) {
  if (!request.walk_only && kernel_.resolves(dir)) {
    bool walk = false;
    const Answer answer = request.flags == parent_only
                              ? kernel_.parent(dir, path, request.how, resolved, walk)
                              : kernel_.open(dir, path.bytes, request.flags, request.mode, resolved.opened, walk);
    if (!walk) return answer;
  }
  Descriptors descriptors(guest_, reserve_);
  return wasi_common::resolve(descriptors, dir, path.bytes, path.length, request.how, resolved);
}

// Calls `act(dir, name, must_be_directory, is_link)`, which acts on the last name and never follows
// a symlink; or `take(opened)`, if the kernel has opened the whole path. The first rung is inlined,
// because most calls end there: a single component needs no resolving, unless it is a symlink to
// follow. Acting on it finds that out, at no cost if it is none. Only then is the path resolved.
template <class Act, class Take>
[[gnu::always_inline]] inline Answer Resolver::act_on_last(int dir, const Path& path, bool follow_last, const Request& request,
                                                           Act act, Take take) {
  bool is_link = false;
  if (path.is_single_component() && !(follow_last && links_.expect(dir, path))) {
    const Answer answer = act(dir, path.bytes, false, is_link);
    if (!is_link || !follow_last) return answer;
  }
  Resolved resolved;
  if (const Answer refused = resolve(dir, path, request, resolved); refused != 0) return refused;
  if (is_link) links_.keep(dir, path);
  return resolved.opened.open() ? take(resolved.opened) : act(resolved.fd(), resolved.last, resolved.must_be_directory, is_link);
}

Answer Resolver::parent(int dir, const Path& path, unsigned how, Resolved& resolved) {
  if (!path.is_single_component() || ((how & follow) != 0 && is_link(dir, path.bytes)))
    return resolve(dir, path, Request{how}, resolved);
  if (path.length >= sizeof(resolved.name)) return refuse(Errno::NameTooLong);
  resolved.directory = dir;
  resolved.last = path.bytes;
  return 0;
}

Answer Resolver::open(int dir, const Path& path, bool follow_last, int flags, bool unchanged, Descriptor& fd) {
  // O_EXCL never follows a symlink in the last place, regardless of the lookup flags.
  const bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
  follow_last = follow_last && !exclusive;
  Request request{(follow_last ? follow : keep) | (flags & O_CREAT ? keep : enter)};
  request.flags = flags | (follow_last ? 0 : O_NOFOLLOW);
  request.mode = flags & O_CREAT ? 0666 : 0;
  // The kernel must not create what `unchanged` forbids. It only opens existing names, and the walk
  // finds the name that O_CREAT would create.
  request.walk_only = unchanged && (flags & O_CREAT);
  const int allowed = request.walk_only ? flags & ~O_CREAT : flags;
  const auto act = [&](int parent, const char* name, bool must_be_directory, bool& is_link)
                       __attribute__((always_inline)) -> Answer {
    // open(2) creates no directories, and fails before it looks.
    if (must_be_directory) return refuse(Errno::IsDir);
    if (allowed & (O_CREAT | O_TRUNC)) {
      if (const Answer refused = reserve_.check_next(parent); refused != 0) return refused;
    }
    fd = Descriptor(retry([&] { return platform::openat(parent, name, allowed | O_NOFOLLOW, request.mode); }));
    if (fd.open()) return reserve_.check(fd);
    if (request.walk_only && errno == ENOENT) return refuse(Errno::Rofs);
    const Answer refused = guest_.failed("openat", errno, path.bytes);
    // Linux returns NOTDIR for a symlink opened with O_DIRECTORY.
    is_link = refused == refuse(Errno::Loop) || refused == refuse(Errno::Mlink) || refused == refuse(Errno::NotDir);
    return refused;
  };
  return act_on_last(dir, path, follow_last, request, act, [&](Descriptor& opened) -> Answer {
    fd = std::move(opened);
    return 0;
  });
}

Answer Resolver::status(int dir, const Path& path, bool follow_last, struct stat& status) {
  Request request{(follow_last ? follow : keep) | enter};
  request.flags = platform::search_flags | O_CLOEXEC | (follow_last ? 0 : O_NOFOLLOW);
  const auto act = [&](int parent, const char* name, bool, bool& is_link) -> Answer {
    if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return guest_.failed("fstatat", errno, path.bytes);
    is_link = S_ISLNK(status.st_mode);
    return 0;
  };
  return act_on_last(dir, path, follow_last, request, act, [&](Descriptor& opened) -> Answer {
    return ::fstat(opened.get(), &status) == 0 ? 0 : guest_.failed("fstat", errno, path.bytes);
  });
}

}  // namespace wasi_common
