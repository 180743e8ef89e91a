// The calls on sockets. The kernel reports ENOTSOCK for other files.
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "host.h"
#include "transfer.h"

namespace wasi_common {

namespace {

// Builds one message of all these vectors.
msghdr message_of(Vectors& vectors) {
  msghdr message{};
  message.msg_iov = vectors.begin();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.count());
  return message;
}

// Sends these vectors as one message, or as much of a stream as fits. The OS sandbox refuses
// sendmsg(2), because it can pass descriptors (unix(7), SCM_RIGHTS).
ssize_t send_together(const File& file, Vectors& vectors) {
  const int flags = platform::send_flags | MSG_DONTWAIT;
  const iovec* const from = vectors.begin();
  if (vectors.count() == 1) return ::send(file.fd, from->iov_base, from->iov_len, flags);
  // More than sockets accept at once.
  constexpr std::size_t most_of_a_stream = std::size_t{1} << 18;
  constexpr std::size_t most_of_a_message = std::size_t{1} << 24;
  const bool stream = file.type == Filetype::SocketStream;
  std::size_t total = 0;
  for (int i = 0; i < vectors.count(); ++i) total += from[i].iov_len;
  if (!stream && total > most_of_a_message) {
    errno = EMSGSIZE;
    return -1;
  }
  const std::size_t size = stream ? std::min(total, most_of_a_stream) : total;
  const std::unique_ptr<std::uint8_t[]> message(new (std::nothrow) std::uint8_t[size]);
  if (!message) {
    errno = ENOBUFS;
    return -1;
  }
  std::size_t at = 0;
  for (int i = 0; at < size; ++i) {
    const std::size_t length = std::min(from[i].iov_len, size - at);
    std::memcpy(message.get() + at, from[i].iov_base, length);
    at += length;
  }
  return ::send(file.fd, message.get(), size, flags);
}

// True if a call waits until it has moved all bytes, as on a blocking socket.
bool waits_for_all(const File& file) { return file.type == Filetype::SocketStream && !file.asked_nonblock(); }

// Sends all bytes, or receives until the buffer is full or the stream ends. The kernel would do
// that on a blocking socket, but such a call could not be terminated. So block.progress counts from
// call to call.
template <class Call>
Answer move_all(State& state, const File& file, std::uint32_t spans, short event, const char* name, Call call) {
  std::uint32_t& progress = state.guest.block().progress;
  Vectors vectors;
  if (const Answer refused = vectors.gather(state, spans, at_once, progress); refused != 0) return refused;
  const std::uint64_t offered = vectors.size();
  if (offered == 0 && (progress > 0 || event == POLLIN)) return progress;
  const ssize_t size = retry([&] { return call(vectors); });
  if (size == -1) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) return progress > 0 ? progress : state.guest.failed(name, errno);
    ready(file.fd, event, patience);
    return pending;
  }
  progress += static_cast<std::uint32_t>(size);
  const bool last = static_cast<std::uint64_t>(size) == offered && offered < at_once;
  return last || size == 0 ? progress : pending;
}

}  // namespace

Answer Host::accept(Handle handle, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags & ~std::uint32_t{fdflags::nonblock}) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  if (!listens(file->fd)) return refuse(Errno::Inval);
  if (const Answer refused = state_.reserve.check_next(file->fd); refused != 0) return refused;
  // An adopted socket may be blocking.
  const int milliseconds = file->asked_nonblock() ? 0 : patience;
  const Answer not_yet = file->asked_nonblock() ? refuse(Errno::Again) : pending;
  const TimedLock lock(*file, milliseconds);
  if (!lock || !ready(file->fd, POLLIN, lock.waited() ? 0 : milliseconds)) return not_yet;
  Descriptor fd(retry([&] { return platform::accept(file->fd, flags != 0); }));
  if (!fd.open()) return errno == EAGAIN || errno == EWOULDBLOCK ? not_yet : state_.guest.failed("accept", errno);
  if (const Answer refused = state_.reserve.check(fd); refused != 0) return refused;
  platform::keep_quiet(fd.get());
  File connection;
  connection.type = file->type;
  connection.socket = true;
  connection.flags = flags;
  connection.fd = fd.release();
  return state_.files.place(std::move(connection));
}

Answer Host::recv(Handle handle, std::uint32_t spans, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags > riflags::all) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  // A peek, a datagram and a non-blocking read may return fewer bytes, as in POSIX (recv(2),
  // MSG_WAITALL).
  if (flags == riflags::waitall && waits_for_all(*file)) {
    state_.guest.block().second = 0;
    return move_all(state_, *file, spans, POLLIN, "recvmsg", [&](Vectors& vectors) {
      msghdr message = message_of(vectors);
      return ::recvmsg(file->fd, &message, MSG_DONTWAIT);
    });
  }
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  msghdr message{};
  const int host = (flags & riflags::peek ? MSG_PEEK : 0) | MSG_DONTWAIT;
  const Answer size = transfer(state_, *file, POLLIN, "recvmsg", [&] {
    message = message_of(vectors);
    return ::recvmsg(file->fd, &message, host);
  });
  if (size < 0) return size;
  state_.guest.block().second = message.msg_flags & MSG_TRUNC ? roflags_data_truncated : 0;
  return size;
}

Answer Host::send(Handle handle, std::uint32_t spans, std::uint32_t flags) {
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags != 0) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  const auto now = [&](Vectors& vectors) { return send_together(*file, vectors); };
  if (waits_for_all(*file)) return move_all(state_, *file, spans, POLLOUT, "send", now);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  return transfer(state_, *file, POLLOUT, "send", [&] { return now(vectors); });
}

Answer Host::shutdown(Handle handle, std::uint32_t how) {
  constexpr int hows[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
  const Pin file = state_.files.pin(handle);
  if (!file) return refuse(Errno::BadF);
  if (how == 0 || how > (sdflags::rd | sdflags::wr)) return refuse(Errno::Inval);
  return ::shutdown(file->fd, hows[how]) == 0 ? 0 : state_.guest.failed("shutdown", errno);
}

}  // namespace wasi_common
