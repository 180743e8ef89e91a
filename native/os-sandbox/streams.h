// Keeps the standard streams one-way, appended to, and with the host's settings.
#pragma once
#include "filter.h"

namespace wasi_common::os_sandbox {

// Adds the rules of all calls on descriptors that calls.h does not allow outright.
void of_descriptors(Filter& filter);

}  // namespace wasi_common::os_sandbox
