// Knows how bytes move between an open file and guest memory.
#include "transfer.h"

#include <climits>

#include "host.h"

namespace wasi_common {

Answer Vectors::gather(State& state, std::uint32_t count, std::uint64_t limit) {
  if (count > max_spans) return refuse(Errno::Inval);
  // macOS wants one vector at least.
  vectors_[0] = {state.memory(0, 0), 0};
  count_ = 1;
  int used = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Span span = state.block().spans[i];
    std::uint8_t* const base = state.memory(span.offset, span.length);
    if (base == nullptr) return refuse(Errno::Fault);
    const std::uint64_t length = span.length < limit ? span.length : limit;
    if (length == 0) continue;
    vectors_[used++] = {base, length};
    limit -= length;
  }
  if (used > 0) count_ = used;
  return 0;
}

namespace {

// A pipe or terminal that is ready takes this much without waiting; more might.
std::uint64_t write_limit(const File& file) {
  const bool may_wait = file.adopted && file.asked_nonblock() && file.type != Filetype::RegularFile;
  return may_wait ? PIPE_BUF : max_transfer;
}

}  // namespace

Answer Host::readv(Handle handle, std::uint32_t spans) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  if (file->socket) return recv(handle, spans, 0);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  return transfer(state_, *file, POLLIN, "readv", [&] { return ::readv(file->fd, vectors.begin(), vectors.count()); });
}

Answer Host::preadv(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (file->is_directory()) return refuse(Errno::IsDir);
  if (offset > INT64_MAX) return refuse(Errno::Inval);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  // What could make it wait has no offsets, and says so at once.
  const ssize_t size = retry([&] { return ::preadv(file->fd, vectors.begin(), vectors.count(), static_cast<off_t>(offset)); });
  return size >= 0 ? size : state_.failed("preadv", errno);
}

Answer Host::writev(Handle handle, std::uint32_t spans) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  // A pipe without a reader raises SIGPIPE, which Node ignores from its start; a socket can be told not to.
  if (file->socket) return send(handle, spans, 0);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans, write_limit(*file)); refused != 0) return refused;
  return transfer(state_, *file, POLLOUT, "writev", [&] { return ::writev(file->fd, vectors.begin(), vectors.count()); });
}

Answer Host::pwritev(Handle handle, std::uint32_t spans, std::uint64_t offset) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (offset > INT64_MAX) return refuse(Errno::Inval);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  const ssize_t size = retry([&] { return ::pwritev(file->fd, vectors.begin(), vectors.count(), static_cast<off_t>(offset)); });
  return size >= 0 ? size : state_.failed("pwritev", errno);
}

}  // namespace wasi_common
