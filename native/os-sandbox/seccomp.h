// Knows how a process gives up system calls for good.
#pragma once

namespace wasi_common::os_sandbox {

// Refuses all but what calls.h lists to this process and all that it becomes. One program may still be executed, once: that which
// the descriptor `program` stands for, by execveat. False where there is no filter to be had, with errno.
bool give_up_calls(int program);

}  // namespace wasi_common::os_sandbox
