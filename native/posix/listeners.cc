// Knows how a socket of the host comes to listen for a guest, and how it is told where one does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>

#include "host.h"

namespace wasi_common {
namespace {

// What bind(2) takes and getsockname(2) gives. The kernel's structs lie in one another's place.
union Address {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
  sockaddr_storage room;
};

// The size of a numeric address, or 0 for what is none.
socklen_t parse(const std::string& text, std::uint16_t port, Address& address) {
  // What lies behind a NUL would be cut off.
  if (text.find('\0') != std::string::npos) return 0;
  std::memset(&address, 0, sizeof(address));
  if (::inet_pton(AF_INET, text.c_str(), &address.four.sin_addr) == 1) {
    address.four.sin_family = AF_INET;
    address.four.sin_port = htons(port);
    return sizeof(address.four);
  }
  if (::inet_pton(AF_INET6, text.c_str(), &address.six.sin6_addr) == 1) {
    address.six.sin6_family = AF_INET6;
    address.six.sin6_port = htons(port);
    return sizeof(address.six);
  }
  return 0;
}

bool set(int socket, int level, int option) {
  const int yes = 1;
  return ::setsockopt(socket, level, option, &yes, sizeof(yes)) == 0;
}

}  // namespace

Answer Host::listen(const std::string& text, std::uint16_t port) {
  Address address;
  const socklen_t size = parse(text, port, address);
  if (size == 0) return state_.failed_embedder("bind", EINVAL);
  Descriptor fd(platform::stream_socket(address.any.sa_family));
  if (!fd.open()) return state_.failed_embedder("socket", errno);
  // A server that is started again finds its port, though connections of the last one are still being forgotten.
  if (!set(fd.get(), SOL_SOCKET, SO_REUSEADDR)) return state_.failed_embedder("setsockopt", errno);
  // The address that was named, and no other: [::] would serve IPv4 too.
  if (address.any.sa_family == AF_INET6 && !set(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY))
    return state_.failed_embedder("setsockopt", errno);
  // Connections have it from their listener. A guest has no call to ask for it, and small answers would wait 40 ms without.
  if (!set(fd.get(), IPPROTO_TCP, TCP_NODELAY)) return state_.failed_embedder("setsockopt", errno);
  if (::bind(fd.get(), &address.any, size) != 0) return state_.failed_embedder("bind", errno);
  if (::listen(fd.get(), SOMAXCONN) != 0) return state_.failed_embedder("listen", errno);
  File file;
  file.type = Filetype::SocketStream;
  file.socket = true;
  file.fd = fd.release();
  return state_.place(std::move(file));
}

Answer Host::listening(Handle handle, std::string& text, std::uint16_t& port) {
  const Pin file = state_.file(handle);
  if (!file) return state_.failed_embedder("getsockname", EBADF);
  if (!file->socket) return state_.failed_embedder("getsockname", ENOTSOCK);
  if (file->type != Filetype::SocketStream || !listens(file->fd)) return state_.failed_embedder("accept", EINVAL);
  Address address;
  std::memset(&address, 0, sizeof(address));
  socklen_t size = sizeof(address);
  if (::getsockname(file->fd, &address.any, &size) != 0) return state_.failed_embedder("getsockname", errno);
  char name[INET6_ADDRSTRLEN] = "";
  port = 0;
  if (address.any.sa_family == AF_INET) {
    ::inet_ntop(AF_INET, &address.four.sin_addr, name, sizeof(name));
    port = ntohs(address.four.sin_port);
  } else if (address.any.sa_family == AF_INET6) {
    ::inet_ntop(AF_INET6, &address.six.sin6_addr, name, sizeof(name));
    port = ntohs(address.six.sin6_port);
  }
  text = name;
  return 0;
}

bool listens(int socket) {
  int listening = 0;
  socklen_t size = sizeof(listening);
  return ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening != 0;
}

}  // namespace wasi_common
