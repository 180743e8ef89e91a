// Knows the host's own directories as the tree that resolve.h walks.
#include <fcntl.h>

#include "resolver.h"

namespace wasi_common {
namespace {

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

}  // namespace

Answer Resolver::parent_by_walk(int dir, const Path& path, unsigned how, OwnedParent& resolved) {
  Descriptors descriptors(guest_, reserve_);
  return resolve(descriptors, dir, path.bytes, path.length, how, resolved);
}

}  // namespace wasi_common
