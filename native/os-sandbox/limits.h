// Knows what of the kernel's shared supplies a process may take at most.
#pragma once

namespace wasi_common::os_sandbox {

// Opens a program at the highest descriptor number that this process may have, and lowers the limit to that number: once it is
// closed no descriptor can have it again. Null if all went well, or the call that failed, with errno.
const char* open_program(const char* path, int& program);

// Bounds what is counted by user or by machine, for good; and makes this process the first to go where memory runs out. Null if
// all went well, or the call that failed, with errno.
const char* bound_supplies();

}  // namespace wasi_common::os_sandbox
