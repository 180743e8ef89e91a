// A resolved path: the last name in its parent, or a descriptor of what the whole path leads to.
#pragma once
#include "fd.h"
#include "resolve.h"

namespace wasi_common {

// Leaves its directory when it goes.
struct Resolved : ResolvedParent {
  Resolved() = default;
  Resolved(const Resolved&) = delete;
  Resolved& operator=(const Resolved&) = delete;
  ~Resolved() {
    if (owned) Descriptor{fd()};
  }

  // The parent. It may be one that the guest has open, which stays open.
  int fd() const { return static_cast<int>(directory); }

  const char* last = name;  // the last name: `name`, or the path itself where that is a single name
  Descriptor opened;        // where it is open, there is no parent
};

}  // namespace wasi_common
