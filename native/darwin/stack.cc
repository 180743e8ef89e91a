// The main thread of macOS has the stack that it was started with.
#include "../stack.h"

namespace wasi_common {

bool enlarge_stack(std::size_t) { return false; }

}  // namespace wasi_common
