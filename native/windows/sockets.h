// Knows what sockets of ours have in common.
#pragma once
#include "nt.h"

namespace wasi_common {

// Says if connections can be accepted from it.
bool listens(nt::HANDLE socket);
// Non-blocking, and of no process that this one starts.
void keep_to_ourselves(nt::HANDLE socket);

}  // namespace wasi_common
