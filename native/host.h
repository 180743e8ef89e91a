// The calls that one guest may make to the host: a method for every method of `Sys` in
// lib/sys/sys.ts, which describes them. Each platform's folder implements all of it; its state.h
// lists the parts of a Host.
#pragma once
#include <memory>
#include <string>
#include <utility>

#include "block.h"
#include "state.h"
#include "wasi.h"

namespace wasi_common {

class Host {
 public:
  // `walk_only` disables the kernel's own path resolution beneath a directory. Each thread of a
  // guest has its own Host; they share one table.
  Host(Block* block, bool walk_only, std::shared_ptr<Table> table) : state_(block, walk_only, std::move(table)) {}

  const std::shared_ptr<Table>& table() { return state_.files.shared(); }

  // Binds guest memory. The caller keeps it alive until it binds another.
  void bind(std::uint8_t* memory, std::uint64_t size) { state_.guest.bind(memory, size); }
  const Failure& failure() const { return state_.guest.failure(); }
  // The resolver's name: "openat2" or "walk".
  const char* resolver() { return state_.resolver.name(); }

  // The embedder's calls, with the ambient authority of the process: no sandbox restricts them, and
  // no guest can reach them. They return `unexpected` for every error, so that failure() has all
  // its details.
  //
  // Opens a directory to preopen, by any path of the host.
  Answer open_ambient(const std::string& path);
  // Adopts an open descriptor of the host.
  Answer adopt_ambient(int fd);
  // Listens on a numeric address.
  Answer listen_ambient(const std::string& address, std::uint16_t port);
  // The address on which a socket listens: empty, with port 0, unless it is an internet socket.
  Answer listening(Handle socket, std::string& address, std::uint16_t& port);

  Answer close(Handle file);
  Answer readv(Handle file, std::uint32_t spans);
  Answer preadv(Handle file, std::uint32_t spans, std::uint64_t offset);
  Answer writev(Handle file, std::uint32_t spans);
  Answer write_text(Handle file, std::uint32_t length);
  Answer pwritev(Handle file, std::uint32_t spans, std::uint64_t offset);
  Answer seek(Handle file, std::int64_t offset, std::uint32_t whence);
  Answer identify(Handle file);
  Answer filestat(Handle file);
  Answer set_size(Handle file, std::uint64_t size);
  Answer set_times(Handle file, std::uint32_t flags);
  Answer allocate(Handle file, std::uint64_t offset, std::uint64_t length);
  Answer advise(Handle file, std::uint64_t offset, std::uint64_t length, std::uint32_t advice);
  Answer sync(Handle file);
  Answer datasync(Handle file);
  Answer set_flags(Handle file, std::uint32_t flags);
  // Continues at block.cookie.
  Answer readdir(Handle dir, std::uint32_t at, std::uint32_t length);

  Answer open(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t oflags,
              std::uint32_t fdflags, std::uint32_t access);
  Answer filestat_at(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow);
  Answer set_times_at(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, std::uint32_t flags);
  Answer mkdir(Handle dir, std::uint32_t at, std::uint32_t length);
  Answer rmdir(Handle dir, std::uint32_t at, std::uint32_t length);
  Answer unlink(Handle dir, std::uint32_t at, std::uint32_t length);
  Answer readlink(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t into, std::uint32_t capacity);
  Answer symlink(std::uint32_t target, std::uint32_t target_length, Handle dir, std::uint32_t at, std::uint32_t length);
  Answer link(Handle dir, std::uint32_t at, std::uint32_t length, std::uint32_t follow, Handle dir2, std::uint32_t at2,
              std::uint32_t length2);
  Answer rename(Handle dir, std::uint32_t at, std::uint32_t length, Handle dir2, std::uint32_t at2, std::uint32_t length2);

  Answer accept(Handle socket, std::uint32_t flags);
  Answer recv(Handle socket, std::uint32_t spans, std::uint32_t flags);
  Answer send(Handle socket, std::uint32_t spans, std::uint32_t flags);
  Answer shutdown(Handle socket, std::uint32_t how);

  Answer poll(std::uint32_t count, double timeout);
  Answer now(std::uint32_t clock);
  Answer resolution(std::uint32_t clock);

 private:
  State state_;
};

}  // namespace wasi_common
