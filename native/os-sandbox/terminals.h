// Knows how a terminal is only written to.
#pragma once

namespace wasi_common::os_sandbox {

// Opens the terminals at standard output and error anew, for writing only: the description that a shell hands on is for reading
// too, and has the mode of the host's. Best effort, since a terminal may belong to another user than the one who writes to it;
// the filter refuses reading by these descriptors in any case.
void open_terminals_to_write();

}  // namespace wasi_common::os_sandbox
