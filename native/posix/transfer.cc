// Moves bytes between an open file and guest memory.
#include "transfer.h"

#include <algorithm>

#include "host.h"
#include "stream.h"

namespace wasi_common {

Answer Vectors::gather(State& state, std::uint32_t count, std::uint64_t limit, std::uint64_t skipped) {
  if (count > max_spans) return refuse(Errno::Inval);
  // macOS requires at least one vector.
  vectors_[0] = {state.guest.memory(0, 0), 0};
  count_ = 1;
  int used = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Span span = state.guest.block().spans[i];
    std::uint8_t* const base = state.guest.memory(span.offset, span.length);
    if (base == nullptr) return refuse(Errno::Fault);
    const std::uint64_t passed = std::min<std::uint64_t>(skipped, span.length);
    const std::uint64_t length = std::min(span.length - passed, limit);
    skipped -= passed;
    cut_ = cut_ || length < span.length - passed;
    if (length == 0) continue;
    vectors_[used++] = {base + passed, length};
    limit -= length;
  }
  if (used > 0) count_ = used;
  return 0;
}

Answer Host::readv(Handle handle, std::uint32_t spans) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  if (file->socket) return recv(handle, spans, 0);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  if (file->waits) return move_some(state_, *file, vectors, Direction::in);
  return transfer(state_, *file, POLLIN, "readv", [&] { return vectors.read(file->fd); });
}

Answer Host::preadv(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  const off_t place = place_of(offset);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans, limit_at(place)); refused != 0) return refused;
  // A file that could block has no offsets, and fails at once.
  const ssize_t size = retry([&] { return vectors.read_at(file->fd, place); });
  return size >= 0 ? size : state_.guest.failed("preadv", errno);
}

Answer Host::writev(Handle handle, std::uint32_t spans) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  // A pipe without a reader raises SIGPIPE, which Node ignores from its start. For a socket, the
  // call can suppress it.
  if (file->socket) return send(handle, spans, 0);
  if (file->waits) return write_all(state_, *file, spans);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  return transfer(state_, *file, POLLOUT, "writev", [&] { return vectors.write(file->fd); });
}

Answer Host::write_text(Handle handle, std::uint32_t length) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (length > sizeof(Block::text)) return refuse(Errno::Inval);
  Vectors vectors(state_.guest.block().text, length);
  if (file->waits) return move_some(state_, *file, vectors, Direction::out);
  return transfer(state_, *file, POLLOUT, "write", [&] { return vectors.write(file->fd); });
}

Answer Host::pwritev(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  // Linux appends here, too, whatever the offset (pwrite(2), BUGS).
  const off_t place = (file->flags.get() & fdflags::append) != 0 ? 0 : place_of(offset);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans, limit_at(place)); refused != 0) return refused;
  const ssize_t size = retry([&] { return vectors.write_at(file->fd, place); });
  if (size == 0 && place == max_place && vectors.cut()) return refuse(Errno::Fbig);
  return size >= 0 ? size : state_.guest.failed("pwritev", errno);
}

}  // namespace wasi_common
