// Filter rules for the standard streams: one direction each, append-only outputs, and the host's
// settings unchanged.
#pragma once
#include "filter.h"

namespace wasi_common::os_sandbox {

// Adds the rules of all calls on descriptors that calls.h does not allow unconditionally.
void of_descriptors(Filter& filter);

}  // namespace wasi_common::os_sandbox
