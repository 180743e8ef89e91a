// Knows the calls on sockets. What is no socket, the kernel tells by itself.
#include <sys/socket.h>

#include "host.h"
#include "transfer.h"

namespace wasi_common {

namespace {

// A message of all these vectors.
msghdr message_of(Vectors& vectors) {
  msghdr message{};
  message.msg_iov = vectors.begin();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.count());
  return message;
}

// Whether a call shall wait until all is done, as on a socket that blocks.
bool waits_for_all(const File& file) { return file.type == Filetype::SocketStream && !file.asked_nonblock(); }

// Sends all of it, or receives until there is no more room or no more comes. The kernel would do that on a socket that
// blocks, but nobody could end its waiting: so block.progress counts from call to call.
template <class Call>
Answer move_all(State& state, const File& file, std::uint32_t spans, short event, const char* name, Call call) {
  std::uint32_t& progress = state.block().progress;
  Vectors vectors;
  if (const Answer refused = vectors.gather(state, spans, at_once, progress); refused != 0) return refused;
  const std::uint64_t offered = vectors.size();
  if (offered == 0 && (progress > 0 || event == POLLIN)) return progress;
  msghdr message = message_of(vectors);
  const ssize_t size = retry([&] { return call(&message); });
  if (size == -1) {
    if (errno != EAGAIN && errno != EWOULDBLOCK) return progress > 0 ? progress : state.failed(name, errno);
    ready(file.fd, event, patience);
    return pending;
  }
  progress += static_cast<std::uint32_t>(size);
  const bool last = static_cast<std::uint64_t>(size) == offered && offered < at_once;
  return last || size == 0 ? progress : pending;
}

}  // namespace

Answer Host::accept(Handle handle, std::uint32_t flags) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags & ~std::uint32_t{fdflags::nonblock}) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  if (!listens(file->fd)) return refuse(Errno::Inval);
  if (const Answer refused = state_.check_next(file->fd); refused != 0) return refused;
  // An adopted one may be blocking.
  const int milliseconds = file->asked_nonblock() ? 0 : patience;
  const Answer not_yet = file->asked_nonblock() ? refuse(Errno::Again) : pending;
  const Turn turn(*file, milliseconds);
  if (!turn || !ready(file->fd, POLLIN, turn.waited() ? 0 : milliseconds)) return not_yet;
  Descriptor fd(retry([&] { return platform::accept(file->fd, flags != 0); }));
  if (!fd.open()) return errno == EAGAIN || errno == EWOULDBLOCK ? not_yet : state_.failed("accept", errno);
  if (const Answer refused = state_.check_reserve(fd); refused != 0) return refused;
  platform::keep_quiet(fd.get());
  File connection;
  connection.type = file->type;
  connection.socket = true;
  connection.flags = flags;
  connection.fd = fd.release();
  return state_.place(std::move(connection));
}

Answer Host::recv(Handle handle, std::uint32_t spans, std::uint32_t flags) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags > riflags::all) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  // A peek, a datagram, and who asked not to wait, may have less than all, as POSIX has it.
  if (flags == riflags::waitall && waits_for_all(*file)) {
    state_.block().second = 0;
    return move_all(state_, *file, spans, POLLIN, "recvmsg",
                    [&](msghdr* message) { return ::recvmsg(file->fd, message, MSG_DONTWAIT); });
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
  state_.block().second = message.msg_flags & MSG_TRUNC ? roflags_data_truncated : 0;
  return size;
}

Answer Host::send(Handle handle, std::uint32_t spans, std::uint32_t flags) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags != 0) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  const int host = platform::send_flags | MSG_DONTWAIT;
  if (waits_for_all(*file))
    return move_all(state_, *file, spans, POLLOUT, "sendmsg",
                    [&](msghdr* message) { return ::sendmsg(file->fd, message, host); });
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  msghdr message = message_of(vectors);
  return transfer(state_, *file, POLLOUT, "sendmsg", [&] { return ::sendmsg(file->fd, &message, host); });
}

Answer Host::shutdown(Handle handle, std::uint32_t how) {
  constexpr int hows[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (how == 0 || how > (sdflags::rd | sdflags::wr)) return refuse(Errno::Inval);
  return ::shutdown(file->fd, hows[how]) == 0 ? 0 : state_.failed("shutdown", errno);
}

}  // namespace wasi_common
