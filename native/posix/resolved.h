// A resolved path: the last name in its parent, or a descriptor of the whole path's target.
#pragma once
#include "fd.h"
#include "resolve.h"

namespace wasi_common {

// Closes its directory on destruction.
struct Resolved : ResolvedParent {
  Resolved() = default;
  Resolved(const Resolved&) = delete;
  Resolved& operator=(const Resolved&) = delete;
  ~Resolved() {
    if (owned) Descriptor{fd()};
  }

  // The parent. It may be a descriptor of the guest's, which stays open.
  int fd() const { return static_cast<int>(directory); }

  const char* last = name;  // the last name: `name`, or the path itself if that is a single component
  Descriptor opened;        // open if the whole path was opened: then there is no parent
};

}  // namespace wasi_common
