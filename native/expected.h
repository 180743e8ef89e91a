// The host errors that a guest may see, and their WASI numbers.
#pragma once
#include "wasi.h"

namespace wasi_common {

// The WASI number of a host error. Success marks an unexpected error, which the guest sees as IO.
Errno expected(int host_error);

}  // namespace wasi_common
