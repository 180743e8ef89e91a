// A socket address, in the system's form and as text. The platform defines its types.
#pragma once
#include <cstdint>
#include <string>

#include "inet.h"

namespace wasi_common {

// An address for bind(2) and getsockname(2). The system's structs share this storage.
union Address {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
  sockaddr_storage storage;
};

// Parses a numeric address. Returns its size, or 0 for an invalid one.
socklen_t read_address(const std::string& text, std::uint16_t port, Address& address);
// Formats an address. Other address families yield empty text and port 0.
void write_address(const Address& address, std::string& text, std::uint16_t& port);

}  // namespace wasi_common
