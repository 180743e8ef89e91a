// Keeps the sandbox launcher running next to the program, to terminate it and to report its exit.
#pragma once

namespace wasi_common::os_sandbox {

// Forks. Returns true in the child, which dies with its parent. The parent never returns: it kills
// the child on SIGTERM, or when the peer of `control` closes. It exits as the child exited. Returns
// false, with errno, if fork(2) fails.
//
// The host cannot always kill the program itself. After a host has dropped its user identity,
// kill(2) fails with EPERM, and the program receives no parent-death signal from it. This process
// keeps the child's identity, and the host can always close a descriptor.
bool stay_beside(int control);

}  // namespace wasi_common::os_sandbox
