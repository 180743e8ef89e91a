// Knows the calls on sockets. What is no socket, the kernel tells by itself.
#include <fcntl.h>
#include <sys/socket.h>

#include "host.h"
#include "transfer.h"

namespace wasi_common {
namespace {

bool listens(int socket) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

}  // namespace

Answer Host::accept(Handle handle, std::uint32_t flags) {
  const Pin file = state_.file(handle);
  if (!file) return refuse(Errno::BadF);
  if (flags & ~std::uint32_t{fdflags::nonblock}) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  if (!listens(file->fd)) return refuse(Errno::Inval);
  // An adopted one may be blocking.
  const bool asked = file->asked_nonblock();
  const Turn turn(*file, asked ? 0 : patience);
  if (!turn || !ready(file->fd, POLLIN, asked ? 0 : patience)) return asked ? refuse(Errno::Again) : pending;
  const Answer accepted = transfer(state_, *file, POLLIN, "accept", [&] { return platform::accept(file->fd, flags != 0); });
  if (accepted < 0) return accepted;
  Descriptor fd(static_cast<int>(accepted));
  if (const Answer refused = state_.spare(fd); refused != 0) return refused;
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
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  msghdr message{};
  // Waiting for all of it is the kernel's business; any other waiting is ours.
  const bool whole = (flags & riflags::waitall) != 0 && !file->asked_nonblock();
  const int host = (flags & riflags::peek ? MSG_PEEK : 0) | (whole ? MSG_WAITALL : MSG_DONTWAIT);
  const Answer size = transfer(state_, *file, POLLIN, "recvmsg", [&] {
    message = {};
    message.msg_iov = vectors.begin();
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.count());
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
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  msghdr message{};
  message.msg_iov = vectors.begin();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.count());
  const int host = platform::send_flags | MSG_DONTWAIT;
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
