// Creates listening sockets for a guest, with the ambient authority of the process, and reports
// their addresses.
#include <netinet/tcp.h>

#include <cstring>

#include "address.h"
#include "host.h"

namespace wasi_common {
namespace {

bool set(int socket, int level, int option) {
  const int yes = 1;
  return ::setsockopt(socket, level, option, &yes, sizeof(yes)) == 0;
}

}  // namespace

Answer Host::listen_ambient(const std::string& text, std::uint16_t port) {
  Address address;
  const socklen_t size = read_address(text, port, address);
  if (size == 0) return state_.guest.failed_embedder("bind", EINVAL);
  Descriptor fd(platform::stream_socket(address.any.sa_family));
  if (!fd.open()) return state_.guest.failed_embedder("socket", errno);
  // A restarted server can reuse its port while old connections are in TIME_WAIT.
  if (!set(fd.get(), SOL_SOCKET, SO_REUSEADDR)) return state_.guest.failed_embedder("setsockopt", errno);
  // Listens on the named address only: [::] would accept IPv4, too (ipv6(7), IPV6_V6ONLY).
  if (address.any.sa_family == AF_INET6 && !set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY))
    return state_.guest.failed_embedder("setsockopt", errno);
  // Accepted connections inherit it. A guest has no call to set it, and without it small replies
  // are delayed by 40 ms.
  if (!set(fd.get(), IPPROTO_TCP, TCP_NODELAY)) return state_.guest.failed_embedder("setsockopt", errno);
  if (::bind(fd.get(), &address.any, size) != 0) return state_.guest.failed_embedder("bind", errno);
  if (::listen(fd.get(), SOMAXCONN) != 0) return state_.guest.failed_embedder("listen", errno);
  File file;
  file.type = Filetype::SocketStream;
  file.socket = true;
  file.fd = fd.release();
  return state_.files.place(std::move(file));
}

Answer Host::listening(Handle handle, std::string& text, std::uint16_t& port) {
  const Pin file = state_.files.pin(handle);
  if (!file) return state_.guest.failed_embedder("getsockname", EBADF);
  if (!file->socket) return state_.guest.failed_embedder("getsockname", ENOTSOCK);
  if (file->type != Filetype::SocketStream || !listens(file->fd)) return state_.guest.failed_embedder("accept", EINVAL);
  Address address;
  std::memset(&address, 0, sizeof(address));
  socklen_t size = sizeof(address);
  if (::getsockname(file->fd, &address.any, &size) != 0) return state_.guest.failed_embedder("getsockname", errno);
  write_address(address, text, port);
  return 0;
}

bool listens(int socket) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

}  // namespace wasi_common
