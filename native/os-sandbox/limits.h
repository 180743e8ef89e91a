// Bounds the shared kernel resources that a process may use.
#pragma once

namespace wasi_common::os_sandbox {

// Opens a program at the highest descriptor number this process may have, and lowers the limit to
// that number. Once closed, no descriptor can have that number again. Returns null, or the call
// that failed, with errno.
const char* open_program(const char* path, int& program);

// Bounds for good the resources that the kernel counts per user or per machine. Also makes this
// process the first victim of the OOM killer. Returns null, or the call that failed, with errno.
const char* bound_supplies();

}  // namespace wasi_common::os_sandbox
