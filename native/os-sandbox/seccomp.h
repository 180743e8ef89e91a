// Gives up system calls for good.
#pragma once

namespace wasi_common::os_sandbox {

// Refuses this process and its descendants every call that calls.h does not list. One program may
// still be executed, once: execveat(2) of the descriptor `program`. Returns false, with errno, if
// no filter can be installed.
bool give_up_calls(int program);

}  // namespace wasi_common::os_sandbox
