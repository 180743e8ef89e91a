// Knows a socket's address as the system has it, and as text. Its types are the platform's.
#pragma once
#include <cstdint>
#include <string>

#include "inet.h"

namespace wasi_common {

// An address as bind() takes it and getsockname() returns it. The system's structs share this storage.
union Address {
  sockaddr any;
  sockaddr_in four;
  sockaddr_in6 six;
  sockaddr_storage storage;
};

// The size of a numeric address, or 0 for what is none.
socklen_t read_address(const std::string& text, std::uint16_t port, Address& address);
// Nothing, and no port, for what is of another family.
void write_address(const Address& address, std::string& text, std::uint16_t& port);

}  // namespace wasi_common
