// Resolves a guest's paths in the kernel with openat2(2), beneath the directories that the guest
// names.
#pragma once
#include <sys/types.h>

#include "fd.h"
#include "guest-view.h"
#include "reserve.h"
#include "resolved.h"

namespace wasi_common {

// Calls return 0 or the error, or set `walk` if the path must be walked instead.
class Kernel {
 public:
  Kernel(GuestView& guest, Reserve& reserve, bool never) : guest_(guest), reserve_(reserve), never_(never) {}

  // True if the kernel resolves paths beneath a directory. Probes it through `dir` unless that is
  // known.
  bool resolves(int dir);
  // The same, without probing.
  bool is_known_to_resolve() const;

  // Opens a path with the flags of open(2).
  Answer open(int dir, const char* path, int flags, mode_t mode, Descriptor& fd, bool& walk);
  // Resolves a path up to its last name. `how` as in resolve.h.
  Answer parent(int dir, const Path& path, unsigned how, Resolved& resolved, bool& walk);

 private:
  Answer judge(int dir, const char* path, bool& walk);

  GuestView& guest_;
  Reserve& reserve_;
  bool never_;
};

}  // namespace wasi_common
