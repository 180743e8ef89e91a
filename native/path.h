// A guest's path, copied out of guest memory.
#pragma once
#include <cstring>

#include "resolve.h"

namespace wasi_common {

// The copy of a path that another thread of the guest cannot change.
struct Path {
  std::size_t length = 0;
  char bytes[max_path + 1];

  // True for a single component other than "." and "..", which needs no resolving.
  bool is_single_component() const {
    if (std::memchr(bytes, '/', length) != nullptr) return false;
    return !(bytes[0] == '.' && (length == 1 || (length == 2 && bytes[1] == '.')));
  }
};

}  // namespace wasi_common
