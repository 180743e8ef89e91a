// Reopens terminals for writing only.
#pragma once

namespace wasi_common::os_sandbox {

// Reopens the terminals at standard output and error for writing only. A shell passes on one
// description that can also be read, and that shares the blocking mode with the host. Best effort,
// because the terminal may belong to another user. The filter refuses reads on these descriptors in
// any case.
void open_terminals_to_write();

}  // namespace wasi_common::os_sandbox
