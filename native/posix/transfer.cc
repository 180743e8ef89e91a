// Knows how bytes move between an open file and guest memory.
#include "transfer.h"

#include <algorithm>
#include <climits>

#include "host.h"

namespace wasi_common {

Answer Vectors::gather(State& state, std::uint32_t count, std::uint64_t limit, std::uint64_t skipped) {
  if (count > max_spans) return refuse(Errno::Inval);
  // macOS wants one vector at least.
  vectors_[0] = {state.memory(0, 0), 0};
  count_ = 1;
  int used = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Span span = state.block().spans[i];
    std::uint8_t* const base = state.memory(span.offset, span.length);
    if (base == nullptr) return refuse(Errno::Fault);
    const std::uint64_t passed = std::min<std::uint64_t>(skipped, span.length);
    const std::uint64_t length = std::min(span.length - passed, limit);
    skipped -= passed;
    if (length == 0) continue;
    vectors_[used++] = {base + passed, length};
    limit -= length;
  }
  if (used > 0) count_ = used;
  return 0;
}

namespace {

// Writes to a pipe or terminal of the host, whose mode is not ours to change, without ever waiting in the kernel. The
// guest that did not ask for NONBLOCK gets all of it written, in pieces that block.progress counts from call to call.
Answer write_in_pieces(State& state, const File& file, std::uint32_t spans) {
  constexpr int most = 256;  // then others get a chance to end this thread
  const bool asked = file.asked_nonblock();
  std::uint32_t& progress = state.block().progress;
  for (int piece = 0; piece < most; ++piece) {
    Vectors vectors;
    if (const Answer refused = vectors.gather(state, spans, max_transfer, progress); refused != 0) return refused;
    if (vectors.empty() && progress > 0) return progress;
    ssize_t written = retry([&] { return platform::write_now(file.fd, vectors.begin(), vectors.count()); });
    if (written == -1 && errno == EOPNOTSUPP) {
      const Turn turn(file, asked ? 0 : patience);
      if (!turn || !ready(file.fd, POLLOUT, asked ? 0 : patience)) return asked ? refuse(Errno::Again) : pending;
      // What is ready takes so much without waiting; more might have to.
      if (const Answer refused = vectors.gather(state, spans, PIPE_BUF, progress); refused != 0) return refused;
      written = retry([&] { return vectors.write(file.fd); });
    }
    if (written == -1) {
      if (errno != EAGAIN) return progress > 0 ? progress : state.failed("writev", errno);
      if (asked) return refuse(Errno::Again);
      if (!ready(file.fd, POLLOUT, patience)) return pending;
      continue;
    }
    progress += static_cast<std::uint32_t>(written);
    if (asked || written == 0) return progress;
  }
  return pending;
}

}  // namespace

Answer Host::readv(Handle handle, std::uint32_t spans) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  if (file->socket) return recv(handle, spans, 0);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  return transfer(state_, *file, POLLIN, "readv", [&] { return vectors.read(file->fd); });
}

Answer Host::preadv(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  if (offset > INT64_MAX) return refuse(Errno::Inval);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  // What could make it wait has no offsets, and says so at once.
  const ssize_t size = retry([&] { return vectors.read_at(file->fd, static_cast<off_t>(offset)); });
  return size >= 0 ? size : state_.failed("preadv", errno);
}

Answer Host::writev(Handle handle, std::uint32_t spans) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  // A pipe without a reader raises SIGPIPE, which Node ignores from its start; a socket can be told not to.
  if (file->socket) return send(handle, spans, 0);
  if (file->waits) return write_in_pieces(state_, *file, spans);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  return transfer(state_, *file, POLLOUT, "writev", [&] { return vectors.write(file->fd); });
}

Answer Host::write_text(Handle handle, std::uint32_t length) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (length > sizeof(Block::text)) return refuse(Errno::Inval);
  // What is ready takes so much without waiting.
  const std::size_t piece = std::min<std::size_t>(length, PIPE_BUF);
  return transfer(state_, *file, POLLOUT, "write", [&] { return platform::write(file->fd, state_.block().text, piece); });
}

Answer Host::pwritev(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (offset > INT64_MAX) return refuse(Errno::Inval);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  const ssize_t size = retry([&] { return vectors.write_at(file->fd, static_cast<off_t>(offset)); });
  return size >= 0 ? size : state_.failed("pwritev", errno);
}

}  // namespace wasi_common
