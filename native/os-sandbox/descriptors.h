// Closes descriptors by number.
#pragma once

namespace wasi_common::os_sandbox {

// Closes all descriptors from `first` on: those that the parent opened without close-on-exec.
void close_from(unsigned first);
// Closes all descriptors except this one.
void close_all_but(int kept);

}  // namespace wasi_common::os_sandbox
