// Operations that all sockets of the addon share.
#pragma once
#include "nt.h"

namespace wasi_common {

// True if the socket accepts connections.
bool listens(nt::HANDLE socket);
// Makes a socket non-blocking, and not inheritable by child processes.
void keep_to_ourselves(nt::HANDLE socket);

}  // namespace wasi_common
