// Knows the host's own directories as the tree that resolve.h walks.
#include <fcntl.h>

#include "state.h"

namespace wasi_common {
namespace {

class Descriptors final : public Tree {
 public:
  explicit Descriptors(State& state) : state_(state) {}

  Answer enter(Directory in, const char* name) override {
    Descriptor fd(retry(
        [&] { return ::openat(static_cast<int>(in), name, platform::search_flags | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }));
    if (!fd.open()) return state_.failed("openat", errno, name);
    if (const Answer refused = state_.check_reserve(fd); refused != 0) return refused;
    return fd.release();
  }
  Answer read_link(Directory in, const char* name, char* into, std::size_t capacity) override {
    const ssize_t size = ::readlinkat(static_cast<int>(in), name, into, capacity);
    return size >= 0 ? size : state_.failed("readlinkat", errno, name);
  }
  void leave(Directory directory) override { Descriptor{static_cast<int>(directory)}; }

 private:
  State& state_;
};

}  // namespace

Answer State::resolve_by_walk(int dir, const Path& path, unsigned how, OwnedParent& resolved) {
  Descriptors descriptors(*this);
  return resolve(descriptors, dir, path.bytes, path.length, how, resolved);
}

}  // namespace wasi_common
