// Knows how descriptors are closed by number.
#pragma once

namespace wasi_common::os_sandbox {

// Closes all from `first` on: those that the parent has open, and forgot to close on exec.
void close_from(unsigned first);
// Closes all but this one.
void close_all_but(int kept);

}  // namespace wasi_common::os_sandbox
