// Knows how a socket of the host comes to listen for a guest, and how it is told where one does.
#include <cstring>

#include "host.h"
#include "sockets.h"
#include "win.h"

namespace wasi_common {
namespace {

// What bind() takes and getsockname() gives. The system's structs lie in one another's place.
union Address {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
  sockaddr_storage room;
};

// The size of a numeric address, or 0 for what is none.
int parse(const std::string& text, std::uint16_t port, Address& address) {
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

bool set(SOCKET socket, int level, int option) {
  const int yes = 1;
  return ::setsockopt(socket, level, option, reinterpret_cast<const char*>(&yes), sizeof(yes)) == 0;
}

// Node has done so for itself; a host that is not Node may not have.
void start() {
  WSADATA about;
  static const int started = ::WSAStartup(MAKEWORD(2, 2), &about);
  (void)started;
}

}  // namespace

void keep_to_ourselves(nt::Object socket) {
  u_long yes = 1;
  ::ioctlsocket(reinterpret_cast<SOCKET>(socket), FIONBIO, &yes);
  ::SetHandleInformation(socket, HANDLE_FLAG_INHERIT, 0);
}

bool listens(nt::Object socket) {
  int listening = 0;
  int size = sizeof(listening);
  return ::getsockopt(reinterpret_cast<SOCKET>(socket), SOL_SOCKET, SO_ACCEPTCONN, reinterpret_cast<char*>(&listening), &size) ==
             0 &&
         listening != 0;
}

Answer Host::listen(const std::string& text, std::uint16_t port) {
  start();
  Address address;
  const auto failed = [&](const char* call) { return state_.failed_embedder(call, ::WSAGetLastError()); };
  const int size = parse(text, port, address);
  if (size == 0) return state_.failed_embedder("bind", WSAEINVAL);
  const SOCKET socket =
      ::WSASocketW(address.any.sa_family, SOCK_STREAM, 0, nullptr, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (socket == INVALID_SOCKET) return failed("socket");
  Object owned(reinterpret_cast<nt::Object>(socket), true);
  keep_to_ourselves(owned.get());
  // Without it any program could take the port away. A port whose last connections are forgotten is free all the same.
  if (!set(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE)) return failed("setsockopt");
  // The address that was named, and no other: [::] would serve IPv4 too.
  if (address.any.sa_family == AF_INET6 && !set(socket, IPPROTO_IPV6, IPV6_V6ONLY)) return failed("setsockopt");
  // Connections have it from their listener. A guest has no call to ask for it, and small answers would wait without.
  if (!set(socket, IPPROTO_TCP, TCP_NODELAY)) return failed("setsockopt");
  if (::bind(socket, &address.any, size) != 0) return failed("bind");
  if (::listen(socket, SOMAXCONN) != 0) return failed("listen");
  File file;
  file.type = Filetype::SocketStream;
  file.kind = Kind::socket;
  file.reads = file.writes = true;
  file.object = owned.release();
  return state_.place(std::move(file));
}

Answer Host::listening(Handle handle, std::string& text, std::uint16_t& port) {
  const Pin file = state_.file(handle);
  if (!file) return state_.failed_embedder("getsockname", WSAEBADF);
  if (!file->is_socket()) return state_.failed_embedder("getsockname", WSAENOTSOCK);
  if (file->type != Filetype::SocketStream || !listens(file->object)) return state_.failed_embedder("accept", WSAEINVAL);
  Address address;
  std::memset(&address, 0, sizeof(address));
  int size = sizeof(address);
  if (::getsockname(reinterpret_cast<SOCKET>(file->object), &address.any, &size) != 0)
    return state_.failed_embedder("getsockname", ::WSAGetLastError());
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

}  // namespace wasi_common
