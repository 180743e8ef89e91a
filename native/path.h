// Knows a guest's path.
#pragma once
#include <cstring>

#include "resolve.h"

namespace wasi_common {

// Copied from guest memory.
struct Path {
  std::size_t length = 0;
  char bytes[max_path + 1];

  // A single name which is neither "." nor "..": nothing to resolve.
  bool is_single_component() const {
    if (std::memchr(bytes, '/', length) != nullptr) return false;
    return !(bytes[0] == '.' && (length == 1 || (length == 2 && bytes[1] == '.')));
  }
};

}  // namespace wasi_common
