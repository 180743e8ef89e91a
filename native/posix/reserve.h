// The descriptors reserved for the host.
#pragma once

namespace wasi_common {

// The lowest number that no guest may have. The kernel gives the lowest that is free, so as long as a guest has none from there
// on, the host can open as many as there are numbers left: 64, or half of a limit below 128.
int first_reserved();

}  // namespace wasi_common
