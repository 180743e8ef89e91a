// Parses and formats IPv4 and IPv6 addresses.
#include "address.h"

#include <cstring>

namespace wasi_common {

socklen_t read_address(const std::string& text, std::uint16_t port, Address& address) {
  // Rejects a NUL, which would truncate the text.
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

void write_address(const Address& address, std::string& text, std::uint16_t& port) {
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
}

}  // namespace wasi_common
