// The stack of the main thread.
#pragma once
#include <cstddef>

namespace wasi_common {

// Gives code that the caller calls so many bytes of stack, and lets V8 use them. Returns false, and
// changes nothing, where the thread, the kernel or V8 has no way to.
bool enlarge_stack(std::size_t bytes);

}  // namespace wasi_common
