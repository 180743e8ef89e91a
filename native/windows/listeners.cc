// Creates listening sockets for a guest, with the ambient authority of the process, and reports
// their addresses.
#include <cstring>

#include "address.h"
#include "host.h"
#include "sockets.h"
#include "win.h"

namespace wasi_common {
namespace {

bool set(SOCKET socket, int level, int option) {
  const int yes = 1;
  return ::setsockopt(socket, level, option, reinterpret_cast<const char*>(&yes), sizeof(yes)) == 0;
}

// Node has called WSAStartup for itself; another host may not have.
void start() {
  WSADATA about;
  static const int started = ::WSAStartup(MAKEWORD(2, 2), &about);
  (void)started;
}

}  // namespace

void keep_to_ourselves(nt::HANDLE socket) {
  u_long yes = 1;
  ::ioctlsocket(reinterpret_cast<SOCKET>(socket), FIONBIO, &yes);
  ::SetHandleInformation(socket, HANDLE_FLAG_INHERIT, 0);
}

bool listens(nt::HANDLE socket) {
  int listening = 0;
  int size = sizeof(listening);
  return ::getsockopt(reinterpret_cast<SOCKET>(socket), SOL_SOCKET, SO_ACCEPTCONN, reinterpret_cast<char*>(&listening), &size) ==
             0 &&
         listening != 0;
}

Answer Host::listen_ambient(const std::string& text, std::uint16_t port) {
  start();
  Address address;
  const auto failed = [&](const char* call) { return state_.guest.failed_embedder(call, ::WSAGetLastError()); };
  const socklen_t size = read_address(text, port, address);
  if (size == 0) return state_.guest.failed_embedder("bind", WSAEINVAL);
  const SOCKET socket =
      ::WSASocketW(address.any.sa_family, SOCK_STREAM, 0, nullptr, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (socket == INVALID_SOCKET) return failed("socket");
  Object owned(reinterpret_cast<nt::HANDLE>(socket), true);
  keep_to_ourselves(owned.get());
  // Without SO_EXCLUSIVEADDRUSE any program could take over the port. A port in TIME_WAIT is free
  // all the same.
  // @see
  // https://learn.microsoft.com/windows/win32/winsock/using-so-reuseaddr-and-so-exclusiveaddruse
  if (!set(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE)) return failed("setsockopt");
  // Listens on the named address only: [::] would accept IPv4, too.
  if (address.any.sa_family == AF_INET6 && !set(socket, IPPROTO_IPV6, IPV6_V6ONLY)) return failed("setsockopt");
  // Accepted connections inherit it. A guest has no call to set it, and without it small replies
  // are delayed.
  if (!set(socket, IPPROTO_TCP, TCP_NODELAY)) return failed("setsockopt");
  if (::bind(socket, &address.any, size) != 0) return failed("bind");
  if (::listen(socket, SOMAXCONN) != 0) return failed("listen");
  File file;
  file.type = Filetype::SocketStream;
  file.kind = Kind::socket;
  file.reads = file.writes = true;
  file.object = owned.release();
  return state_.files.place(std::move(file));
}

Answer Host::listening(Handle handle, std::string& text, std::uint16_t& port) {
  const Pin file = state_.files.pin(handle);
  if (!file) return state_.guest.failed_embedder("getsockname", WSAEBADF);
  if (!file->is_socket()) return state_.guest.failed_embedder("getsockname", WSAENOTSOCK);
  if (file->type != Filetype::SocketStream || !listens(file->object)) return state_.guest.failed_embedder("accept", WSAEINVAL);
  Address address;
  std::memset(&address, 0, sizeof(address));
  int size = sizeof(address);
  if (::getsockname(reinterpret_cast<SOCKET>(file->object), &address.any, &size) != 0)
    return state_.guest.failed_embedder("getsockname", ::WSAGetLastError());
  write_address(address, text, port);
  return 0;
}

}  // namespace wasi_common
