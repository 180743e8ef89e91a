// Resolves a guest's paths by the kernel, beneath the directories that the guest names: with openat2(2).
#pragma once
#include <sys/types.h>

#include "fd.h"
#include "guest-view.h"
#include "reserve.h"
#include "resolved.h"

namespace wasi_common {

// The calls answer 0 or the error, or set `walk` where the path must be walked instead.
class Kernel {
 public:
  Kernel(GuestView& guest, Reserve& reserve, bool never) : guest_(guest), reserve_(reserve), never_(never) {}

  // Says if it resolves paths beneath a directory, and asks the kernel through `dir` if that is not known yet.
  bool resolves(int dir);
  // The same, as far as it is known.
  bool is_known_to_resolve() const;

  // Opens a path with open(2)'s flags.
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
