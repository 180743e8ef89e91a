// Knows the calls on sockets. What is no socket, the kernel tells by itself.
#include <fcntl.h>
#include <sys/socket.h>

#include "host.h"
#include "transfer.h"

namespace wasi_common {

Answer Host::accept(std::uint32_t handle, std::uint32_t flags) {
  const File* file = state_.file(handle);
  if (file == nullptr) return refuse(Errno::BadF);
  if (flags & ~std::uint32_t{fdflags::nonblock}) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  Descriptor fd(transfer(*file, POLLIN, [&] { return platform::accept(file->fd, flags != 0); }));
  if (!fd.open()) return state_.failed("accept", errno);
  platform::keep_quiet(fd.get());
  File connection;
  connection.type = file->type;
  connection.socket = true;
  connection.flags = flags;
  connection.fd = fd.release();
  return state_.place(std::move(connection));
}

Answer Host::recv(std::uint32_t handle, std::uint32_t spans, std::uint32_t flags) {
  const File* file = state_.file(handle);
  if (file == nullptr) return refuse(Errno::BadF);
  if (flags > riflags::all) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  msghdr message{};
  const int host = (flags & riflags::peek ? MSG_PEEK : 0) | (flags & riflags::waitall ? MSG_WAITALL : 0) |
                   (file->asked_nonblock() ? MSG_DONTWAIT : 0);
  const ssize_t size = transfer(*file, POLLIN, [&] {
    message = {};
    message.msg_iov = vectors.begin();
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.count());
    return ::recvmsg(file->fd, &message, host);
  });
  if (size < 0) return state_.failed("recvmsg", errno);
  state_.block().second = message.msg_flags & MSG_TRUNC ? roflags_data_truncated : 0;
  return size;
}

Answer Host::send(std::uint32_t handle, std::uint32_t spans, std::uint32_t flags) {
  const File* file = state_.file(handle);
  if (file == nullptr) return refuse(Errno::BadF);
  if (flags != 0) return refuse(Errno::Inval);
  if (!file->socket) return refuse(Errno::NotSock);
  Vectors vectors;
  if (const Answer refused = vectors.gather(state_, spans); refused != 0) return refused;
  msghdr message{};
  message.msg_iov = vectors.begin();
  message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(vectors.count());
  const int host = platform::send_flags | (file->asked_nonblock() ? MSG_DONTWAIT : 0);
  const ssize_t size = transfer(*file, POLLOUT, [&] { return ::sendmsg(file->fd, &message, host); });
  return size >= 0 ? size : state_.failed("sendmsg", errno);
}

Answer Host::shutdown(std::uint32_t handle, std::uint32_t how) {
  constexpr int hows[] = {-1, SHUT_RD, SHUT_WR, SHUT_RDWR};
  const File* file = state_.file(handle);
  if (file == nullptr) return refuse(Errno::BadF);
  if (how == 0 || how > (sdflags::rd | sdflags::wr)) return refuse(Errno::Inval);
  return ::shutdown(file->fd, hows[how]) == 0 ? 0 : state_.failed("shutdown", errno);
}

}  // namespace wasi_common
