// Keeps the launcher beside the program, to end the program and to report its end.
#pragma once

namespace wasi_common::os_sandbox {

// Goes on in a child process, which dies with this one, and is true there. This one stays and does not return: it kills the child
// when the other side of `control` is closed, or on SIGTERM; and ends as the child ended. False with errno where there is no
// child.
//
// The host cannot always do that by itself: once it has given up its user identity it may neither kill the process nor does the
// signal of its own death arrive. This process keeps the identity that the child has, and the host always can close a descriptor.
bool stay_beside(int control);

}  // namespace wasi_common::os_sandbox
