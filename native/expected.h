// Knows which host errors a guest may see, and under which WASI number.
#pragma once
#include "wasi.h"

namespace wasi_common {

// The WASI number of a host error; Success for one that nobody expects, which the guest must see as plain IO.
Errno expected(int host_error);

}  // namespace wasi_common
