// The main thread of Windows has the stack that node.exe asks for.
#include "../stack.h"

namespace wasi_common {

bool enlarge_stack(std::size_t) { return false; }

}  // namespace wasi_common
