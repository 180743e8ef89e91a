// Knows all that one guest may ask of the host: a method for every method of `Sys` in lib/sys/sys.ts, where they are
// described. A platform's folder implements it wholly; its state.h says what a Host consists of there.
#pragma once
#include <string>

#include "block.h"
#include "state.h"
#include "wasi.h"

namespace wasi_common {

class Host {
 public:
  // `walk_only` keeps the host from using the kernel's own resolution of paths beneath a directory.
  Host(Block* block, bool walk_only) : state_(block, walk_only) {}

  // Where guest memory lies. Whoever binds it keeps it alive until it binds another.
  void bind(std::uint8_t* memory, std::uint64_t size) { state_.bind(memory, size); }
  const Failure& failure() const { return state_.failure(); }
  // How paths are resolved: "openat2" or "walk".
  const char* resolver() { return state_.resolver(); }

  // The embedder's calls answer `unexpected` for every error, so that failure() tells all about it.
  Answer preopen(const std::string& path);
  Answer adopt(int fd);

  Answer close(std::uint32_t file);
  Answer readv(std::uint32_t file, std::uint32_t spans);
  Answer preadv(std::uint32_t file, std::uint32_t spans, std::uint64_t offset);
  Answer writev(std::uint32_t file, std::uint32_t spans);
  Answer pwritev(std::uint32_t file, std::uint32_t spans, std::uint64_t offset);
  Answer seek(std::uint32_t file, std::int64_t offset, std::uint32_t whence);
  Answer filestat(std::uint32_t file);
  Answer set_size(std::uint32_t file, std::uint64_t size);
  Answer set_times(std::uint32_t file, std::uint32_t flags);
  Answer allocate(std::uint32_t file, std::uint64_t offset, std::uint64_t length);
  Answer advise(std::uint32_t file, std::uint64_t offset, std::uint64_t length, std::uint32_t advice);
  Answer sync(std::uint32_t file);
  Answer datasync(std::uint32_t file);
  Answer set_flags(std::uint32_t file, std::uint32_t flags);
  // Where to go on stands in block.cookie.
  Answer readdir(std::uint32_t dir, std::uint32_t at, std::uint32_t length);

  Answer open(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t oflags,
              std::uint32_t fdflags, std::uint32_t access);
  Answer filestat_at(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow);
  Answer set_times_at(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t flags);
  Answer mkdir(std::uint32_t dir, std::uint32_t at, std::uint32_t length);
  Answer rmdir(std::uint32_t dir, std::uint32_t at, std::uint32_t length);
  Answer unlink(std::uint32_t dir, std::uint32_t at, std::uint32_t length);
  Answer readlink(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t into, std::uint32_t room);
  Answer symlink(std::uint32_t target, std::uint32_t target_length, std::uint32_t dir, std::uint32_t at, std::uint32_t length);
  Answer link(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t dir2,
              std::uint32_t at2, std::uint32_t length2);
  Answer rename(std::uint32_t dir, std::uint32_t at, std::uint32_t length, std::uint32_t dir2, std::uint32_t at2,
                std::uint32_t length2);

  Answer accept(std::uint32_t socket, std::uint32_t flags);
  Answer recv(std::uint32_t socket, std::uint32_t spans, std::uint32_t flags);
  Answer send(std::uint32_t socket, std::uint32_t spans, std::uint32_t flags);
  Answer shutdown(std::uint32_t socket, std::uint32_t how);

  Answer poll(std::uint32_t count, double timeout);
  Answer now(std::uint32_t clock);
  Answer resolution(std::uint32_t clock);

 private:
  State state_;
};

}  // namespace wasi_common
